import numpy as np
import pytest

from ccml.segments.callers.concentration import concentration
from ccml.segments.callers.gamma_poisson import CallCounts


def top(result, share):
    return next(row for row in result["top"] if row["top"] == share)


def test_alike_customers_are_as_concentrated_as_chance_makes_them():
    calls = np.random.default_rng(1).poisson(1.2, 20_000)
    result = concentration(CallCounts.of(calls, np.full(20_000, 90.0)), seed=1)
    row = top(result, 0.14)
    assert row["share"] == pytest.approx(row["by_chance"], abs=0.01)
    assert result["gini"] == pytest.approx(result["gini_by_chance"], abs=0.01)


def test_uneven_customers_are_more_concentrated_than_chance():
    rng = np.random.default_rng(2)
    calls = rng.poisson(rng.gamma(0.3, 4, 5_000))
    result = concentration(CallCounts.of(calls, np.full(5_000, 90.0)), seed=1)
    row = top(result, 0.14)
    assert row["low"] < row["share"] < row["high"]
    assert row["low"] > row["by_chance"] + 0.2


def test_where_only_callers_are_known_chance_has_only_callers():
    calls = np.random.default_rng(3).poisson(0.7, 30_000)
    calls = calls[calls > 0]
    counts = CallCounts.of(calls, np.full(len(calls), 90.0), is_truncated=True)
    result = concentration(counts, seed=1)
    assert result["gini"] == pytest.approx(result["gini_by_chance"], abs=0.01)


def test_short_exposures_alone_make_calls_uneven():
    days = np.repeat([5.0, 90.0], 10_000)
    calls = np.random.default_rng(4).poisson(0.02 * days)
    result = concentration(CallCounts.of(calls, days), seed=1)
    assert result["gini"] == pytest.approx(result["gini_by_chance"], abs=0.01)


def test_the_curve_runs_from_nothing_to_all():
    result = concentration(CallCounts.of([5, 1, 0], [90.0] * 3), seed=1)
    first, last = result["lorenz"][0], result["lorenz"][-1]
    assert set(first.values()) == {0.0}
    assert last["share_of_calls"] == last["by_chance"] == pytest.approx(1)
