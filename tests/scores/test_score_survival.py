"""The table of when it happens: everybody who is scored, by the champion's own model."""

import numpy as np
import pandas as pd
import pytest
from conftest_scores import NEW, feature_frame, fitted

from ccml.predictors.models import BoosterModel
from ccml.predictors.survival.hazard import FOLDER, PERIOD, HazardModel
from ccml.scores.survival import score_survival
from ccml.tracking.package import file_hashes
from ccml.tracking.registry import Champion, ChampionMark

TOLD = ["probability_30d", "probability_60d", "expected_days_90d"]


@pytest.fixture
def hazard():
    """A model in which more calls and later periods mean more risk."""
    import lightgbm as lgb

    frame = feature_frame()
    encoder = fitted(frame).encoder
    rng = np.random.default_rng(5)
    X = pd.concat(
        [encoder.transform(frame).assign(**{PERIOD: float(k)}) for k in range(3)]
    )
    odds = X["calls_30d"] - 3 + 0.2 * X[PERIOD]
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-odds))) * 1.0
    options = {"objective": "binary", "verbose": -1, "num_leaves": 4, "num_threads": 1}
    data = lgb.Dataset(X.rename(columns={PERIOD: "period_no"}), y)
    text = lgb.train(options, data, 10).model_to_string()
    return HazardModel(
        "churn", encoder, BoosterModel.from_text(text), 30, 3, (30, 60), (0.9, 0.8, 0.7)
    )


@pytest.fixture
def crowned(tmp_path, monkeypatch):
    def make(hazard=None):
        folder = tmp_path / "champion"
        fitted(feature_frame()).save(folder)
        if hazard:
            hazard.save(folder / FOLDER)
        mark = ChampionMark("3", file_hashes(folder))
        monkeypatch.setattr("ccml.scores.survival.champion_mark", lambda *_: mark)
        monkeypatch.setattr(
            "ccml.scores.survival.verified", lambda *_: Champion("3", folder)
        )
        return mark

    return make


def test_everybody_scored_gets_a_chance_by_horizon(project, crowned, hazard):
    crowned(hazard)
    means = score_survival(project, "churn")["churn"]
    found = project.store.frame("survival__churn").sort_values("customer_id")
    expected = hazard.table(feature_frame())
    assert set(found.columns) == {
        "customer_id", "predictor", "cutoff_at", "model_version", *TOLD,
    }  # fmt: skip
    assert found["customer_id"].tolist() == feature_frame()["customer_id"].tolist()
    np.testing.assert_allclose(found[TOLD], expected[TOLD], rtol=1e-12)
    assert set(found["cutoff_at"]) == {NEW}
    assert means == pytest.approx(expected.mean().to_dict())
    assert set(found["model_version"]) == {"3"}


def test_the_files_are_among_those_whose_hash_is_recorded(crowned, hazard):
    recorded = set(crowned(hazard).hashes)
    assert {"survival/hazard.json", "survival/hazard.lgb"} < recorded


def test_a_champion_without_the_model_tells_nothing(project, crowned):
    crowned()
    assert score_survival(project, "churn") == {}
    assert project.store.manifest("survival__churn") is None
