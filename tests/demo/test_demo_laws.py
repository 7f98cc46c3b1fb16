"""The formulas alone: directions, limits, curves."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from ccml.demo import curves
from ccml.demo.arrays import pick, pick_by_row, stream
from ccml.demo.campaigns import sleeping_dog_probability
from ccml.demo.clock import DAY, DAYS, HOUR, MONTH_STARTS, to_epoch, weekday
from ccml.demo.hazards import (
    CallEnd,
    Standing,
    call_again_probability,
    churn_hazard,
    near_contract_end,
)

ONE = np.ones(1)
YES = np.array([True])
NO = np.array([False])
CALM = Standing(
    profile=-9 * ONE,
    tenure_days=900 * ONE,
    contract_days=180 * ONE,
    late_days=0 * ONE,
    price_rise=0 * ONE,
    complaint=0 * ONE,
    trouble=0 * ONE,
    boost=0 * ONE,
)
GOOD = CallEnd(
    reason=np.array([0]),
    disposition=np.array([1]),
    answered=YES,
    ivr_only=NO,
    transferred=NO,
    wait_s=0 * ONE,
    chain=0 * ONE,
    heat=0 * ONE,
)


@pytest.mark.parametrize(
    "change",
    [
        {"tenure_days": 30 * ONE},
        {"contract_days": 360 * ONE},
        {"late_days": 10 * ONE},
        {"price_rise": ONE},
        {"complaint": ONE},
        {"trouble": 2 * ONE},
        {"boost": ONE},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_reason_to_leave_raises_the_hazard(change: dict[str, object]) -> None:
    assert churn_hazard(replace(CALM, **change)) > 1.2 * churn_hazard(CALM)


def test_half_a_chance_of_a_complaint_is_half_its_effect() -> None:
    low, half, high = (
        churn_hazard(replace(CALM, complaint=share * ONE)) for share in (0, 0.5, 1)
    )
    assert half == pytest.approx((low + high) / 2)


def test_the_hazard_has_an_upper_limit() -> None:
    assert churn_hazard(replace(CALM, boost=50 * ONE)) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "change",
    [
        {"disposition": np.array([2])},
        {"disposition": np.array([3])},
        {"transferred": YES},
        {"wait_s": 300 * ONE},
        {"chain": 2 * ONE},
        {"heat": 3 * ONE},
        {"answered": NO, "disposition": np.array([0])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_failure_makes_a_repeat_call_more_likely(
    change: dict[str, object],
) -> None:
    again = call_again_probability(replace(GOOD, **change))
    assert again > call_again_probability(GOOD)
    assert again < 1


def test_contained_calls_seldom_come_back() -> None:
    contained = replace(GOOD, answered=NO, ivr_only=YES, disposition=np.array([0]))
    lost = replace(GOOD, answered=NO, disposition=np.array([0]))
    assert call_again_probability(contained) < 0.3 * call_again_probability(lost)


def test_contract_years_end_every_365_days_but_not_at_the_start() -> None:
    days = np.array([0.0, 20, 180, 340, 365, 390, 400, 720])
    assert near_contract_end(days).tolist() == [
        False, False, False, True, True, True, False, True,
    ]  # fmt: skip


def test_sleeping_dogs_are_long_standing_quiet_and_flat() -> None:
    long, flat = np.array([2_000.0]), np.array([4])
    most = sleeping_dog_probability(long, 0 * ONE, flat)
    assert most > 1.8 * sleeping_dog_probability(100 * ONE, 0 * ONE, flat)
    assert most > 1.5 * sleeping_dog_probability(long, 2 * ONE, flat)
    assert most > 1.5 * sleeping_dog_probability(long, 0 * ONE, np.array([0]))


@pytest.mark.parametrize(("seconds", "share"), curves.PATIENCE_SURVIVAL.items())
def test_patience_follows_the_measured_survival(seconds: int, share: float) -> None:
    drawn = curves.patience(np.random.default_rng(0), 200_000)
    assert (drawn > seconds).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("kind", curves.SERVICE_LOG_MEAN_SD)
def test_service_times_are_lognormal_as_measured(kind: str) -> None:
    mean, sd = curves.SERVICE_LOG_MEAN_SD[kind]
    size = 50_000
    drawn = curves.service_seconds(
        np.random.default_rng(0), np.full(size, mean), np.full(size, sd)
    )
    inner = drawn[(drawn > 10) & (drawn < 3_600)]
    assert np.log(inner).mean() == pytest.approx(mean, abs=0.06)
    assert np.log(inner).std() == pytest.approx(sd, abs=0.06)
    assert drawn.min() >= 10
    assert drawn.max() <= 3_600


def test_more_wait_when_the_centre_is_busy() -> None:
    rng = np.random.default_rng(0)
    at = np.full(50_000, 15.5 * HOUR)
    night = np.full(50_000, 3.5 * HOUR)
    flat = np.ones(50_000)
    assert curves.offered_wait(rng, at, flat).mean() > 50
    assert curves.offered_wait(rng, night, flat).mean() < 10


@pytest.mark.parametrize(
    ("local_hours", "utc"),
    [
        (0.0, datetime(2024, 12, 31, 23, tzinfo=UTC)),
        (12.0, datetime(2025, 1, 1, 11, tzinfo=UTC)),
        (24 * 180 + 12.0, datetime(2025, 6, 30, 10, tzinfo=UTC)),
    ],
)
def test_local_time_becomes_utc_with_summer_time(
    local_hours: float, utc: datetime
) -> None:
    assert to_epoch(np.array([local_hours * HOUR]))[0] == int(utc.timestamp())


def test_the_period_is_eighteen_months_of_days() -> None:
    assert DAYS == 546
    assert MONTH_STARTS[0] == 0
    assert MONTH_STARTS[-1] == DAYS
    assert len(MONTH_STARTS) == 19
    assert weekday(np.array([0, 4, 5])).tolist() == [2, 6, 0]  # 1 January: Wednesday
    assert DAY == 24 * HOUR


def test_streams_are_apart_and_repeatable() -> None:
    def draw(*key: int, name: str = "life") -> float:
        return float(stream(key[0], key[1], name).random())

    assert draw(1, 0) == draw(1, 0)
    assert len({draw(1, 0), draw(1, 1), draw(2, 0), draw(1, 0, name="mess")}) == 4


def test_picks_follow_their_weights() -> None:
    rng = np.random.default_rng(0)
    share = np.bincount(pick(rng, np.array([1.0, 0.0, 3.0]), 20_000)) / 20_000
    assert share == pytest.approx([0.25, 0.0, 0.75], abs=0.02)
    table = np.array([[1.0, 0.0], [0.0, 2.0]])
    assert pick_by_row(rng, table, np.array([0, 1, 1, 0])).tolist() == [0, 1, 1, 0]
