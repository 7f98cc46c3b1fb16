"""Parts of the test that are judged on their own, on planted rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ccml.config.judgement import JudgementConfig
from ccml.errors import ConfigError
from ccml.predictors.base_rate import real_weights
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.judgement import parts
from ccml.predictors.judgement.parts import Judged, measure_part
from ccml.predictors.judgement.slice_columns import check_slice_by, slice_columns
from ccml.predictors.judgement.slices import judge_slices, worst_slice
from ccml.predictors.metrics import Scored, log_odds

REGIONS = np.array(["east", "north", "south", "west", "islands"], dtype=object)
BY_REGION = JudgementConfig(slice_by=("region",))


def rows(size: int = 3000, *, seed: int = 0, of_each: int = 1) -> TrainingSet:
    """Rows whose outcome depends on `strength` and on the region's own share."""
    rng = np.random.default_rng(seed)
    owner = np.arange(size) // of_each
    region = rng.choice(REGIONS[:4], size)
    region[:30] = "islands"
    strength = rng.normal(size=size)
    chance = 1 / (1 + np.exp(1 + (region == "east") - strength))
    return TrainingSet(
        keys=pd.DataFrame({"customer_id": owner.astype(str), "row_no": range(size)}),
        features=pd.DataFrame(
            {
                "region": region,
                "strength": strength,
                "calls": rng.poisson(0.3, size).astype(float),
                "is_online": rng.random(size) < 0.5,
                "chance": chance,
            }
        ),
        label=pd.Series((rng.random(size) < chance).astype(int)),
        slices=pd.DataFrame({"strong": strength > 0}),
    )


def judged(test: TrainingSet, probability: np.ndarray | None = None) -> Judged:
    """Score the rows by their true chances, or by others."""
    p = test.features["chance"].to_numpy() if probability is None else probability
    return Judged(test.y, Scored(log_odds(p), p), test.clusters)


def turned_round(test: TrainingSet, region: str) -> Judged:
    """Score one region upside down."""
    p = test.features["chance"].to_numpy().copy()
    inside = (test.features["region"] == region).to_numpy()
    p[inside] = p[inside].max() + p[inside].min() - p[inside]
    return judged(test, p)


def test_a_planted_broken_slice_is_the_worst_and_small_ones_are_said() -> None:
    test = rows()
    broken = turned_round(test, "south")
    slices = judge_slices(rows(seed=1), test, broken, BY_REGION, seed=1)
    assert list(slices) == [
        "strong",
        *(name for name in slices if name.startswith("region = ")),
    ]
    assert {found["of"] for found in slices.values()} == {"condition", "region"}
    south = slices["region = south"]
    assert south["roc_auc"]["high"] < 0.5 < slices["region = west"]["roc_auc"]["low"]
    assert (
        south["lift_at_10pct"]["value"] < 1 < slices["strong"]["lift_at_10pct"]["low"]
    )
    small = slices["region = islands"]
    assert (small["rows"], small["too_small"]) == (30, True)
    assert small["why_too_small"] == "30 rows, 100 are needed"
    assert small["roc_auc"]["value"] is None
    worst = worst_slice(slices)
    assert worst is not None
    assert (worst["name"], worst["clear"], worst["others"]) == (
        "region = south",
        True,
        0,
    )
    assert worst["excess"]["low"] > 0
    assert "the part's own share of positives" in worst["sentence"]


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is looked for does not come from the intervals of the measures."""
    monkeypatch.setattr(parts, "RESAMPLES", (4, 4))


@pytest.mark.usefixtures("few_resamples")
def test_true_chances_have_no_clearly_weak_part() -> None:
    clear = 0
    for seed in range(20):
        test = rows(1500, seed=seed)
        slices = judge_slices(rows(seed=99), test, judged(test), BY_REGION, seed=1)
        worst = worst_slice(slices)
        assert worst is not None
        clear += worst["clear"]
    assert clear <= 3


@pytest.mark.usefixtures("few_resamples")
def test_a_part_with_another_share_is_not_weak_when_the_share_is_said() -> None:
    """A constant that is right for each part cannot be beaten by the part's own share."""
    clear = 0
    for seed in range(20):
        test = rows(1500, seed=seed)
        rates = test.features.groupby("region")["chance"].transform("mean").to_numpy()
        found = judge_slices(
            rows(seed=99), test, judged(test, rates), BY_REGION, seed=1
        )
        worst = worst_slice({k: v for k, v in found.items() if k != "strong"})
        assert worst is not None
        clear += worst["clear"]
    assert clear <= 3


def test_a_shift_of_the_whole_test_is_no_fault_of_a_slice() -> None:
    test = rows()
    p = test.features["chance"].to_numpy()
    shifted = judged(test, 1 / (1 + np.exp(-(log_odds(p) + 1.5))))
    worst = worst_slice(judge_slices(rows(seed=1), test, shifted, BY_REGION, seed=1))
    assert worst is not None
    assert not worst["clear"]
    assert "no part of the test" in worst["sentence"]


def test_no_slice_is_large_enough_or_asked_for() -> None:
    test = replace(rows(500), slices=pd.DataFrame(index=range(500)))
    assert judge_slices(rows(), test, judged(test), JudgementConfig(), seed=1) == {}
    assert worst_slice({}) is None
    strict = JudgementConfig(slice_by=("is_online",), min_slice_positives=200)
    slices = judge_slices(rows(), test, judged(test), strict, seed=1)
    assert worst_slice(slices) is None
    assert {s["why_too_small"].partition(" ")[2] for s in slices.values()} == {
        "rows of the rarer outcome, 200 are needed"
    }


@pytest.mark.parametrize("feature", ["region", "strength", "calls", "is_online"])
def test_every_row_is_in_exactly_one_part(feature: str) -> None:
    test = rows(800)
    holes = test.features[feature].astype(object).where(np.arange(800) % 9 > 0, None)
    holes = holes.astype("float64") if feature in {"strength", "calls"} else holes
    test = replace(test, features=test.features.assign(**{feature: holes}))
    cut = slice_columns(rows(seed=1), test, feature)
    assert np.array_equal(sum(inside.astype(int) for inside in cut.values()), [1] * 800)
    assert cut[f"{feature} is missing"].sum() == 89


def test_numbers_are_cut_at_rounded_thirds_of_the_training_rows() -> None:
    learnt = rows()
    thirds = learnt.features["strength"].quantile([1 / 3, 2 / 3])
    low, high = (f"{edge:.2g}" for edge in thirds)
    assert list(slice_columns(learnt, rows(seed=5), "strength")) == [
        f"strength up to {low}",
        f"strength above {low} up to {high}",
        f"strength above {high}",
    ]
    # Most rows have no call: there is no middle third.
    assert list(slice_columns(learnt, rows(seed=5), "calls")) == [
        "calls up to 0",
        "calls above 0",
    ]
    empty = replace(learnt, features=learnt.features.assign(strength=np.nan))
    assert list(slice_columns(empty, learnt, "strength")) == ["strength is known"]


def test_values_of_few_customers_are_not_named() -> None:
    learnt = rows(3000, of_each=30)
    cut = slice_columns(learnt, learnt, "region")
    assert "region = islands" not in cut
    assert cut["region = another value"].sum() == 30
    many = learnt.features.assign(region=[f"r{i % 40}" for i in range(3000)])
    learnt = replace(rows(), features=many)
    named = slice_columns(learnt, learnt, "region")
    assert len(named) == 13


def test_a_name_that_is_no_feature_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"churn\.judge\.slice_by.*'region'"):
        check_slice_by(
            JudgementConfig(slice_by=("regoin",)), ["region", "age"], "predictors.churn"
        )


def test_oversampled_rows_are_weighed_in_every_part() -> None:
    test = rows()
    weighed = replace(judged(test), importance=real_weights(test.y, 0.25, 0.05))
    found = measure_part(weighed.take(np.arange(2000)), JudgementConfig(), seed=1)
    plain = measure_part(judged(test).take(np.arange(2000)), JudgementConfig(), seed=1)
    assert found["positives"] == plain["positives"]
    assert found["base_rate"]["value"] < plain["base_rate"]["value"] / 3


def test_large_parts_have_the_same_intervals_from_fewer_resamples() -> None:
    large = judged(rows(2_002, seed=3))
    few = measure_part(large, JudgementConfig(), seed=1)["roc_auc"]
    many = measure_part(large.take(np.arange(2_000)), JudgementConfig(), seed=1)[
        "roc_auc"
    ]
    width = many["high"] - many["low"]
    assert few["high"] - few["low"] == pytest.approx(width, rel=0.35)
    assert few["low"] < few["value"] < few["high"]
