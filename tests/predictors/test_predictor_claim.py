from dataclasses import replace

import numpy as np
import pytest

from ccml.predictors.claim import Claim
from ccml.predictors.fold_samples import FoldSamples, level_loss
from ccml.predictors.metrics import METRICS
from ccml.predictors.promise import Promises, prediction_error, promise
from ccml.predictors.resampling import Measure

RESAMPLES = 100
AT = {name: METRICS.index(name) for name in ("roc_auc", "log_loss", "ece")}


def folds(
    aucs: list[float],
    *,
    errors: float = 0.01,
    rates: tuple[float, ...] | None = None,
    rows: int = 1000,
    seed: int = 0,
) -> FoldSamples:
    """Folds that showed these AUCs, with a log loss of 0.3 and an ECE of 0.01."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros((len(aucs), 1 + RESAMPLES, len(METRICS)))
    same = np.ones(len(aucs))
    centre = {"roc_auc": np.array(aucs), "log_loss": 0.3 * same, "ece": 0.01 * same}
    for name, position in AT.items():
        noise = rng.normal(0, errors, (len(aucs), RESAMPLES))
        middle = centre[name]
        drawn[:, 0, position] = middle
        drawn[:, 1:, position] = middle[:, None] + noise
    return FoldSamples(
        drawn={"tuned": drawn},
        levelled={"tuned": drawn[1:, :, AT["log_loss"]]},
        calibrated=tuple(range(1, len(aucs))),
        rows=(rows,) * len(aucs),
        rates=rates or (0.1,) * len(aucs),
    )


def made(samples: FoldSamples, *, test_rows: int = 1000) -> Promises:
    return promise(samples, "tuned", test_rows, ordered=True)


def figure(value: float) -> Measure:
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


@pytest.mark.parametrize(
    ("count", "drift", "chance"),
    [
        (3, 0.0, 0.02),
        (3, 0.01, 0.02),
        (3, 0.02, 0.01),
        (5, 0.01, 0.03),
        (8, 0.02, 0.02),
    ],
)
def test_the_interval_holds_the_next_period_as_often_as_it_says(
    count: int, drift: float, chance: float
) -> None:
    rng = np.random.default_rng(11)
    hits, tries = 0, 400
    for _ in range(tries):
        true = rng.normal(0.75, drift, count + 1)
        shown = rng.normal(true, chance)
        drawn = np.column_stack(
            [shown[:-1], rng.normal(shown[:-1, None], chance, (count, 60))]
        )
        half = prediction_error(drawn, np.full(count, 1000.0), 1000, 0.01)
        hits += abs(shown[-1] - shown[:-1].mean()) <= half
    assert hits / tries >= 0.9


def test_the_range_of_three_folds_would_miss_half_of_the_later_periods() -> None:
    rng = np.random.default_rng(11)
    shown = rng.normal(0.75, 0.02, (2000, 4))
    past, later = shown[:, :3], shown[:, 3]
    inside = (past.min(axis=1) <= later) & (later <= past.max(axis=1))
    assert inside.mean() == pytest.approx(0.5, abs=0.05)


def test_more_folds_and_a_larger_test_allow_a_narrower_claim() -> None:
    few, many = made(folds([0.74, 0.75, 0.76])), made(folds([0.74, 0.75, 0.76] * 3))
    widths = [p.made["roc_auc"].high - p.made["roc_auc"].low for p in (few, many)]
    assert widths[1] < widths[0]
    noisy = folds([0.74, 0.75, 0.76], errors=0.02)
    small, large = made(noisy, test_rows=300), made(noisy, test_rows=30_000)
    assert large.made["roc_auc"].low > small.made["roc_auc"].low
    assert not few.declined
    # The first fold has nothing before it to be calibrated on.
    assert [few.made[name].folds for name in AT] == [3, 2, 2]
    assert few.made["ece"].low == 0


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        pytest.param(folds([0.75, 0.76]), "2 folds are fewer than the 3", id="few"),
        pytest.param(folds([0.52, 0.51, 0.53]), "better than by chance", id="chance"),
        pytest.param(
            folds([0.75, 0.76, 0.74], rates=(0.04, 0.06, 0.1)),
            "from 4.0% to 10.0%",
            id="rates",
        ),
        pytest.param(folds([0.9, 0.78, 0.88]), "from 0.78 to 0.90", id="spread"),
        pytest.param(
            folds([0.75, 0.76, 0.74], errors=0.06), "agree with any AUC", id="wide"
        ),
        pytest.param(folds([0.8, 0.76, 0.72]), "fell from fold to fold", id="fading"),
        pytest.param(folds([0.39, 0.5, 0.64]), "better than by chance", id="turning"),
    ],
)
def test_a_claim_is_declined_where_the_folds_speak_against_it(
    samples: FoldSamples, why: str
) -> None:
    assert any(why in reason for reason in made(samples).declined)


def test_folds_without_order_cannot_fade() -> None:
    samples = folds([0.8, 0.76, 0.72])
    assert not promise(samples, "tuned", 1000, ordered=False).declined


def test_a_claim_is_kept_by_the_better_side_and_missed_by_the_worse() -> None:
    promises = made(folds([0.74, 0.75, 0.76]))
    good = {"roc_auc": figure(0.75), "log_loss": figure(0.3), "ece": figure(0.01)}
    claim = Claim("time", promises, good, 0.1, 0.1, None)
    assert claim.holds
    assert claim.sentence().startswith("The claim holds: before the test, 3 folds")
    better = {"roc_auc": figure(0.9), "log_loss": figure(0.2), "ece": figure(0.0)}
    assert replace(claim, realised=better).holds
    for name, value, words in (
        ("roc_auc", 0.6, "in the test it reached 0.60"),
        ("log_loss", 0.5, "the log loss was 0.500, promised at most"),
        ("ece", 0.2, "the calibration error was 0.200"),
    ):
        worse = replace(claim, realised=good | {name: figure(value)})
        assert worse.missed
        assert not worse.holds
        assert worse.to_json()["kept"] == {**dict.fromkeys(AT, True), name: False}
        assert words in worse.sentence()
        assert "No accuracy is promised" in worse.sentence()


def test_the_claim_does_not_read_the_test() -> None:
    promises = made(folds([0.74, 0.75, 0.76]))
    good = {"roc_auc": figure(0.75), "log_loss": figure(0.3), "ece": figure(0.01)}
    claim = Claim("time", promises, good, 0.1, 0.1, None)
    bad = replace(claim, realised=good | {"roc_auc": figure(0.5)}, test_rate=0.4)
    assert bad.to_json()["promised"] == claim.to_json()["promised"]
    assert bad.to_json()["claimed"] == claim.to_json()["claimed"]
    assert bad.rate_shifted
    assert "positives went from 10.0%" in bad.sentence()


def test_a_moved_share_of_positives_costs_no_candidate_anything() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 1, 4000)
    y = (rng.random(4000) < 1 / (1 + np.exp(-odds))).astype(float)
    plain = 1 / (1 + np.exp(-odds))
    moved = 1 / (1 + np.exp(-(odds - 1.5)))
    assert level_loss(y, moved).mean() == pytest.approx(level_loss(y, plain).mean())
