"""What must never happen, shown on data made for it: skill from nothing, leaks, chance.

Each canary goes the way that a real predictor goes: training, registry, gate, command.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import searched_rows
from conftest_tracking import project, ready_store
from gate_material import later, model
from gate_material import trained as judged_on
from small_site import ccml

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import Floats, TrainingSet
from ccml.predictors.metrics import roc_auc
from ccml.predictors.resampling import Measure
from ccml.predictors.train import TrainedPredictor, train
from ccml.project import Project
from ccml.tracking.evidence import GateRows
from ccml.tracking.register import Registration
from ccml.tracking.registry import champion
from ccml.tracking.runs import log_predictor
from ccml.tracking.store import as_current, open_store

__all__ = ["project", "ready_store"]

QUICK = {"n_estimators": 30, "learning_rate": 0.1, "min_child_samples": 10}
GREEDY = {
    "n_estimators": 120,
    "num_leaves": 60,
    "min_child_samples": 2,
    "learning_rate": 0.1,
}
CUSTOMERS, WEEKS = 80, 24
Bools = npt.NDArray[np.bool_]


def quiet(_: str) -> None:
    """Drop what training says."""


def trained_on(data: TrainingSet, model: dict[str, float] = QUICK) -> TrainedPredictor:
    values = {
        "spine": "weekly",
        "label": {"table": "contracts", "horizon_days": 28},
        "model": model,
        "tune": {"trials": 0},
        "ensemble": False,
    }
    config = PredictorConfig.model_validate(values)
    return train(config, data, name="repeat", study_storage=None, progress=quiet)


def weekly(
    customers: int, weeks: int, label: Floats, **features: Floats
) -> TrainingSet:
    """Rows of customers and weeks, customer by customer."""
    week = np.tile(np.arange(weeks), customers)
    start = pd.Timestamp("2025-01-06", tz="UTC")
    return TrainingSet(
        keys=pd.DataFrame(
            {
                "customer_id": np.arange(customers).repeat(weeks).astype(str),
                "cutoff_at": start + pd.to_timedelta(7 * week, unit="D"),
            }
        ),
        features=pd.DataFrame(features),
        label=pd.Series(np.asarray(label).ravel().astype(int)),
        slices=pd.DataFrame(index=range(customers * weeks)),
        embargo=timedelta(days=35),
        label_rule="another call within 7 days",
    )


def learnable(seed: int = 0) -> TrainingSet:
    """Rows whose `calls` drive the label."""
    rng = np.random.default_rng(seed)
    rows = CUSTOMERS * WEEKS
    calls = rng.poisson(2, rows).astype(float)
    label = rng.random(rows) < 1 / (1 + np.exp(2 - 0.8 * calls))
    return weekly(CUSTOMERS, WEEKS, label, calls=calls, noise=rng.normal(size=rows))


def with_shuffled_labels(data: TrainingSet, seed: int) -> TrainingSet:
    label = np.random.default_rng(seed).permutation(data.label.to_numpy())
    return replace(data, label=pd.Series(label))


def standard_error(auc: Measure) -> float:
    low, high = auc["low"], auc["high"]
    assert low is not None
    assert high is not None
    return (high - low) / 3.92


# --- no skill from nothing


def fingerprints(customers: int = 150, weeks: int = 30) -> tuple[TrainingSet, Floats]:
    """Draw noise that recognises the customer, under labels of four weeks each week.

    Customers differ in how often it happens to them, and in nothing else that lasts. So
    whoever recognises a customer knows something of later weeks, too.

    Returns:
        The rows, and each one's true chance: nobody can rank later rows better.
    """
    rng = np.random.default_rng(0)
    rate = rng.uniform(0.06, 0.20, size=customers)
    events = rng.random((customers, weeks + 4)) < rate[:, None]
    label = np.stack(
        [events[:, w + 1 : w + 5].any(axis=1) for w in range(weeks)], axis=1
    )
    marks = rng.normal(size=(customers, 6)).repeat(weeks, axis=0)
    named = {f"mark_{i}": marks[:, i] for i in range(6)}
    week = np.tile(np.arange(weeks) + 0.0, customers)
    chance = (1 - (1 - rate) ** 4).repeat(weeks)
    return weekly(customers, weeks, label, **named, week=week), chance


@pytest.mark.slow
def test_overlapping_windows_of_noise_show_no_more_than_an_oracle_knows() -> None:
    data, chance = fingerprints()
    found = trained_on(data, GREEDY)
    tested = found.test_predictions[["customer_id", "cutoff_at"]]
    known = data.keys.assign(chance=chance, label=data.label.to_numpy())
    of_test = tested.merge(known, validate="1:1")
    assert len(of_test) == len(tested) > 500
    oracle = roc_auc(of_test["label"].to_numpy(float), of_test["chance"].to_numpy())
    assert 0.55 < oracle < 0.75
    auc = found.evaluation["baselines"]["lightgbm_default"]["roc_auc"]
    assert auc["value"] <= oracle + 2 * standard_error(auc)
    # Shuffled rows share their weeks with the rows they are judged by.
    shuffled = found.evaluation["claim"]["shuffled_estimate"]
    assert shuffled > oracle + 2 * standard_error(auc)
    assert (
        "A shuffled split would have claimed" in found.evaluation["claim"]["sentence"]
    )


def test_shuffled_labels_show_no_skill() -> None:
    found = trained_on(with_shuffled_labels(learnable(), seed=3))
    auc = found.evaluation["baselines"]["lightgbm_default"]["roc_auc"]
    assert abs(auc["value"] - 0.5) <= 3 * standard_error(auc)
    assert found.evaluation["recommended"] == "prior"


# --- what becomes champion


def register(project: Project, found: TrainedPredictor) -> Registration:
    rows = GateRows(found.test_rows, found.test_rows.features)
    return log_predictor(project, "repeat", found, {}, {}, rows)


@pytest.fixture(scope="module")
def good() -> TrainedPredictor:
    return trained_on(learnable())


def test_planted_leak_is_refused_and_the_champion_stays(
    project: Project, good: TrainedPredictor
) -> None:
    assert register(project, good).is_champion
    before = champion(project, "repeat")
    data = learnable()
    leak = data.label + np.random.default_rng(1).normal(0, 0.05, len(data))
    found = trained_on(replace(data, features=data.features.assign(cancel_code=leak)))
    done = register(project, found)
    assert (done.version, done.is_champion) == ("2", False)
    forced = ccml("promote", str(project.folder / "tiny.yaml"), "--only", "repeat")
    assert forced.code == 4
    assert "cancel_code" in forced.stderr
    assert champion(project, "repeat") == before


def test_challenger_of_shuffled_labels_never_becomes_champion(project: Project) -> None:
    rows = later()
    log_predictor(project, "repeat", judged_on(model(), rows), {}, {}, rows)
    for seed in range(2, 5):
        challenger = judged_on(model("shuffled", seed), rows)
        done = log_predictor(project, "repeat", challenger, {}, {}, rows)
        assert not done.is_champion
        assert "log loss is not better beyond noise" in done.sentence
    assert champion(project, "repeat").version == "1"


# --- the same scores and the same bytes


def test_reversed_columns_score_the_same_as_registered(
    project: Project, good: TrainedPredictor
) -> None:
    register(project, good)
    frame = good.test_rows.features
    turned = frame[frame.columns[::-1]]
    expected = good.scorer.predict(frame)
    pd.testing.assert_frame_equal(good.scorer.predict(turned), expected)
    with as_current(open_store(project)):
        import mlflow

        served = mlflow.pyfunc.load_model("models:/tiny.repeat@champion")
        found = served.predict(turned)
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "search",
    [{"trials": 3}, {"trials": 500, "time_budget_minutes": 0.01}],
    ids=["all trials", "stopped by time"],
)
def test_permuted_rows_and_a_second_run_give_the_same_files(
    search: dict[str, float], tmp_path: Path
) -> None:
    """With a search whose study is stored, so that the second run finds it closed."""
    values = searched_rows.config().model_dump(exclude_unset=True)
    tune = {"max_trees": 20, **search}
    config = PredictorConfig.model_validate(values | {"tune": tune})
    data = searched_rows.rows(800)
    mixed = data.take(np.random.default_rng(1).permutation(len(data)))
    turned = replace(mixed, features=mixed.features[mixed.features.columns[::-1]])
    studies = tmp_path / "studies.db"
    written = []
    for number, rows in enumerate((data, turned)):
        found = train(config, rows, name="churn", study_storage=studies, progress=quiet)
        for name, scorer in found.candidates.items():
            scorer.save(tmp_path / f"{number}" / name)
        files = sorted((tmp_path / f"{number}").rglob("*.*"))
        written.append({f"{f.parent.name}/{f.name}": f.read_bytes() for f in files})
    assert "tuned/model_0.lgb" in written[0]
    assert written[0] == written[1]
