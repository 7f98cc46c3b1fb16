from functools import cache
from types import SimpleNamespace
from typing import Any

import aging_rows
import numpy as np
import pytest
from scipy.special import expit

from ccml.predictors.checks.use import stale
from ccml.predictors.dataset import CUTOFF
from ccml.predictors.judgement.staleness import DAYS_PER_MONTH, staleness
from ccml.predictors.split import Split

FOLDS = 4
SPEED = 0.06


def aged(speed: float, candidate: str = "logistic", **how: int) -> dict[str, Any]:
    return both(speed, candidate, **how)[0]


@cache
def both(
    speed: float, candidate: str, *, folds: int = FOLDS, **how: int
) -> tuple[dict[str, Any], list[Any]]:
    settings = aging_rows.config(split={"folds": folds})
    data, split, seen = aging_rows.seen(aging_rows.rows(speed, **how), settings)
    found = staleness(data, split, seen, candidate, settings, settings.model)
    assert found is not None
    starts = [data.keys[CUTOFF].iloc[fold.valid].min() for fold in split.folds]
    return found, starts


def planted_age(speed: float, starts: list[Any]) -> float:
    """Return the age at which the true weights of all months before have lost a tenth.

    A model of all months knows their mean weights; its loss is taken over the truth.
    """
    first = aging_rows.rows(months=1).keys[CUTOFF].iloc[0]
    begins = [round((s - first).days / DAYS_PER_MONTH) for s in starts]
    X = aging_rows.features(4000, np.random.default_rng(9))[["a", "b"]].to_numpy()

    def loss(known_until: int, month: int) -> float:
        weights = aging_rows.direction(np.arange(known_until) * 1.0, speed).mean(axis=0)
        truth = aging_rows.direction(np.array([month * 1.0]), speed)[0]
        p, q = (expit(X @ w + aging_rows.LEVEL) for w in (truth, weights))
        return float(-(p * np.log(q) + (1 - p) * np.log(1 - q)).mean())

    def prior(month: int) -> float:
        truth = aging_rows.direction(np.array([month * 1.0]), speed)[0]
        rate = expit(X @ truth + aging_rows.LEVEL).mean()
        return float(-(rate * np.log(rate) + (1 - rate) * np.log(1 - rate)))

    gain = np.mean([prior(b) - loss(b, b) for b in begins[1:]])
    ages, lost = [0.0], [0.0]
    for step in range(1, len(begins)):
        pairs = list(zip(begins, begins[step:], strict=False))
        ages.append(float(np.mean([later - own for own, later in pairs])))
        excess = [loss(own, later) - loss(later, later) for own, later in pairs]
        lost.append(float(np.mean(excess)))
    return float(np.interp(0.1 * gain, lost, ages))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_advised_age_is_within_one_period_of_the_planted_one(seed: int) -> None:
    found, starts = both(SPEED, "logistic", seed=seed)
    period = (starts[-1] - starts[0]).days / DAYS_PER_MONTH / (FOLDS - 1)
    age = found["advised_age"]
    assert found["decays"]
    assert abs(age["value"] - planted_age(SPEED, starts)) <= period
    assert age["low"] <= age["value"]
    assert age["high"] is None or age["value"] <= age["high"]
    assert "train it again by then" in found["sentence"]


@pytest.mark.parametrize("seed", [0, 1])
def test_where_nothing_decays_it_says_so(seed: int) -> None:
    found = aged(0.0, seed=seed)
    assert not found["decays"]
    assert found["advised_age"] is None
    assert "no decay shows" in found["sentence"]


def test_fewer_rows_are_not_taken_for_age() -> None:
    found = aged(0.0, "lightgbm_default", folds=3, customers=60, seed=4)
    assert found["ages"][-1]["share_of_skill"] > 0.1
    assert found["by_rows"] is not None
    assert not found["decays"]
    assert "not their age" in found["sentence"]


def test_old_models_lose_more_and_auc_as_well() -> None:
    found = aged(SPEED, seed=0)
    excess = [point["excess_log_loss"]["value"] for point in found["ages"]]
    assert excess == sorted(excess)
    assert found["ages"][-1]["auc_lost"]["low"] > 0
    assert found["unit"] == "months"


def test_nothing_is_said_of_the_prior_groups_or_rows_without_time() -> None:
    settings = aging_rows.config()
    data, split, seen = aging_rows.seen(aging_rows.rows(), settings)

    def told(candidate: str, of: Split) -> Any:
        return staleness(data, of, seen, candidate, settings, settings.model)

    grouped = Split(**{**vars(split), "group": "customer_id"})
    shuffled = Split(**{**vars(split), "kind": "random"})
    assert told("prior", split) is None
    assert told("logistic", grouped) is None
    assert told("logistic", shuffled) is None


def test_the_finding_is_a_note_with_the_age() -> None:
    said = {"decays": True, "sentence": "After 3 months."}
    known: Any = SimpleNamespace(further={"staleness": said})
    assert stale(known) == ("note", "After 3 months.")
