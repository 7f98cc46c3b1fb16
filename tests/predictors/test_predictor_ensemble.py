from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.errors import DataError
from ccml.predictors.candidates import OutOfTime, score_folds
from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.deadline import Deadline, SearchTime, search_time, start_deadline
from ccml.predictors.ensemble import Blend, fit_ensemble, with_ensemble
from ccml.predictors.fit import ENSEMBLE, FoldData, fold_data, learning_part
from ccml.predictors.members import GROUPS, group_scores
from ccml.predictors.metrics import roc_auc
from ccml.predictors.models import EnsembleModel
from ccml.predictors.scorer import Scorer
from ccml.predictors.split import split_rows
from ccml.predictors.train import train
from ccml.predictors.tune import Tuning

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


def quiet(text: str) -> None:
    del text


def straight(rows: int = 3000, *, effect: float = 0.5, seed: int = 0) -> TrainingSet:
    """Many weak straight effects, which trees only reach in steps."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 12))
    odds = effect * X.sum(axis=1) + effect * X[:, 0] * X[:, 1] - 1
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(rows)}),
        features=pd.DataFrame(X, columns=[f"x{i:02d}" for i in range(12)]),
        label=pd.Series((rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)),
        slices=pd.DataFrame(index=range(rows)),
    )


def seen_of(
    config: PredictorConfig, data: TrainingSet
) -> tuple[OutOfTime, tuple[FoldData, ...]]:
    ready = prepare(config, data, "p")
    folds = split_rows(config, ready, "p").folds
    made = tuple(fold_data(ready, fold, 1, "p", config) for fold in folds)
    return score_folds(made, config, Tuning(config.model), quiet), made


def test_it_is_added_where_it_ranks_later_rows_better(flat_config: Config) -> None:
    config = flat_config("ordered")
    seen, folds = seen_of(config, straight())
    found, blend = with_ensemble(seen, config, Tuning(config.model))
    assert blend is not None
    assert dict(zip(GROUPS, blend.weights, strict=True))["linear"] > 0
    gained = [
        roc_auc(fold.y, found.raw[ENSEMBLE][i])
        - roc_auc(fold.y, found.raw["lightgbm_default"][i])
        for i, fold in enumerate(folds)
    ]
    assert min(gained[1:]) > 0
    off = flat_config("ordered", ensemble=False)
    assert with_ensemble(seen, off, Tuning(config.model)) == (seen, None)


def test_it_is_left_out_where_nothing_is_gained(flat_config: Config) -> None:
    config = flat_config("ordered")
    seen, _ = seen_of(config, straight(900, effect=0.0))
    assert with_ensemble(seen, config, Tuning(config.model))[1] is None


def test_the_weights_of_a_fold_know_only_the_folds_before_it(
    flat_config: Config,
) -> None:
    config = flat_config("ordered")
    seen, folds = seen_of(config, straight())
    plain, _ = with_ensemble(seen, config, Tuning(config.model))
    rng = np.random.default_rng(1)
    last = replace(
        folds[2], y=np.where(rng.random(len(folds[2].y)) < 0.1, 0, folds[2].y)
    )
    turned = replace(seen, folds=(*folds[:2], last))
    other, _ = with_ensemble(turned, config, Tuning(config.model))
    for i in range(3):
        np.testing.assert_array_equal(plain.raw[ENSEMBLE][i], other.raw[ENSEMBLE][i])


def test_its_parts_add_up_and_its_texts_are_guarded(
    flat_config: Config, flat_set: Maker, tmp_path: Path
) -> None:
    config = flat_config()
    data = prepare(config, flat_set(), "p")
    place = "predictors.churn"
    part = learning_part(data, np.arange(len(data)), 1, place, config)
    blend = Blend((0.5, 0.2, 0.2, 0.1), -0.2)
    model = fit_ensemble(part, config.model, blend)
    kinds = [member.kind for member in model.members]
    assert kinds == ["lightgbm"] * 7 + ["logistic"]
    assert model.groups == ("boosters",) * 4 + ("bushy",) * 2 + ("forest", "linear")
    assert len({getattr(m, "text", "") for m in model.members}) == 8
    scores = group_scores(part, config.model, part.X)
    np.testing.assert_allclose(model.raw(part.X), blend.apply(scores), atol=1e-9)
    scorer = Scorer("churn", part.encoder, model)
    parts = scorer.contributions(data.features)
    raw = scorer.predict(data.features)["raw_score"]
    assert np.abs(parts.sum(axis=1) - raw).max() < 1e-9
    scorer.save(tmp_path)
    again = Scorer.load(tmp_path)
    assert again == scorer
    pd.testing.assert_frame_equal(
        again.predict(data.features), scorer.predict(data.features)
    )
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["model.json", *(f"model_{i}.lgb" for i in range(7))]
    (tmp_path / "model_2.lgb").write_bytes((tmp_path / "model_1.lgb").read_bytes())
    with pytest.raises(DataError, match=r"model_2\.lgb: sha256"):
        Scorer.load(tmp_path)


def test_a_member_without_weight_is_left_out(
    flat_config: Config, flat_set: Maker
) -> None:
    config = flat_config()
    data = prepare(config, flat_set(300), "p")
    part = learning_part(data, np.arange(len(data)), 1, "p", config)
    model = fit_ensemble(part, config.model, Blend())
    assert model.weights == pytest.approx([1 / 4] * 4)
    empty = model.contributions(part.X.iloc[:0])
    assert empty.shape == (0, part.X.shape[1] + 1)


def test_a_trained_predictor_may_be_an_ensemble(flat_config: Config) -> None:
    trained = train(
        flat_config("ordered", model={"n_estimators": 40}, calibration="sigmoid"),
        straight(),
        name="churn",
        study_storage=None,
        progress=quiet,
    )
    scorer = trained.candidates[ENSEMBLE]
    assert isinstance(scorer.model, EnsembleModel)
    assert scorer.calibrator.kind != "none"
    assert ENSEMBLE in trained.evaluation["baselines"]


def test_a_deadline_leaves_the_search_what_the_fixed_work_does_not_need(
    flat_config: Config,
) -> None:
    config = flat_config("ordered", time_budget_minutes=1)
    _, folds = seen_of(config, straight(900))
    deadline = start_deadline(config)
    assert deadline is not None
    assert 0 < search_time(config, folds, deadline).seconds < 54
    alone = config.model_copy(update={"ensemble": False})
    assert search_time(config, folds, deadline).ensemble
    assert not search_time(alone, folds, deadline).ensemble
    late = Deadline(deadline.ends_at - 60, 60)
    assert not search_time(config, folds, late).ensemble
    assert search_time(config, folds, late).seconds == 0
    assert start_deadline(flat_config()) is None
    tuned = flat_config(tune={"time_budget_minutes": 2})
    assert search_time(tuned, folds, None).before(times_default=9) == 120


def test_a_winner_that_is_slower_to_fit_leaves_less_time_for_trials() -> None:
    allowed = SearchTime(seconds=100, booster_s=2)
    assert 0 < allowed.before(times_default=4) < allowed.before(times_default=1) < 100
    assert allowed.before(times_default=100) == 0
