"""Erlang A against Erlang C, against its own chain of states, and a simulation."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.errors import ConfigError
from ccml.kpis.erlang import (
    erlang_b,
    erlang_b_of_each,
    service_level_of_each,
    staffing,
)
from ccml.kpis.erlang_a import agents_needed_a, erlang_a, mean_patience_s

LOADS = st.floats(0.1, 60)
AGENTS = st.integers(1, 60)
PATIENCE = st.floats(2, 5_000)


def chain(load, agents, aht_s, patience_s, states=3_000):
    """Solve the birth-death chain of calls in the system: waits, abandoned."""
    calls = np.arange(states)
    leaves = np.minimum(calls, agents) / aht_s
    leaves = leaves + np.maximum(calls - agents, 0) / patience_s
    logs = np.concatenate([[0], np.cumsum(np.log(load / aht_s / leaves[1:]))])
    share = np.exp(logs - logs.max())
    share /= share.sum()
    queue = (share * np.maximum(calls - agents, 0)).sum()
    return share[calls >= agents].sum(), queue / patience_s / (load / aht_s)


def simulation(load, agents, aht_s, patience_s, target_s):
    """Serve calls first come, first served; those whose patience ends hang up."""
    rng, calls = np.random.default_rng(1), 400_000
    at = np.cumsum(rng.exponential(aht_s / load, calls))
    talk = rng.exponential(aht_s, calls)
    patience = rng.exponential(patience_s, calls)
    free = [0.0] * agents
    wait, lost = np.zeros(calls), np.zeros(calls, dtype=bool)
    for i in range(calls):
        offered = max(free[0] - at[i], 0.0)
        lost[i] = patience[i] < offered
        wait[i] = min(offered, patience[i])
        if not lost[i]:
            heapq.heapreplace(free, at[i] + offered + talk[i])
    return {
        "abandoned": lost.mean(),
        "answered_in_time": (~lost & (wait <= target_s)).mean(),
        "lost_in_time": (lost & (wait <= target_s)).mean(),
        "asa_s": wait[~lost].mean(),
        "queue_s": wait.mean(),
        "occupancy": talk[~lost].sum() / agents / at[-1],
        "patience_s": mean_patience_s(wait.sum(), lost.sum()),
    }


@pytest.mark.parametrize("agents", [3, 5])
def test_a_simulation_gives_the_same_within_two_percent(agents):
    seen = simulation(4, agents, 180, 150, 20)
    found = erlang_a(4, agents, 180, 150, 20)
    assert seen.pop("patience_s") == pytest.approx(150, rel=0.02)
    for name, value in seen.items():
        assert float(getattr(found, name)) == pytest.approx(value, rel=0.02), name


@settings(max_examples=50, deadline=None)
@given(load=LOADS, agents=AGENTS, patience=PATIENCE)
def test_the_chain_of_states_gives_the_same(load, agents, patience):
    waits, abandoned = chain(load, agents, 180, patience)
    found = erlang_a(load, agents, 180, patience, 20)
    assert float(found.waits) == pytest.approx(waits, rel=1e-6, abs=1e-12)
    assert float(found.abandoned) == pytest.approx(abandoned, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("agents", [11, 12, 13, 14])
def test_with_growing_patience_it_becomes_erlang_c(agents):
    c = staffing(10, agents, aht_s=180, target_s=20)
    gaps = []
    for patience in (1e3, 1e5, 1e7, np.inf):
        found = erlang_a(10, agents, 180, patience, 20)
        gaps.append(abs(float(found.service_level) - c.service_level))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-10
    assert float(found.asa_s) == pytest.approx(c.asa_s, rel=1e-8)
    assert float(found.abandoned) == 0


def test_five_thousand_agents_overflow_nothing():
    found = erlang_a(
        [10, 4_900, 5_000, 9_000, 90_000],
        5_000,
        300,
        [[1], [200], [1e6]],
        20,
    )
    for value in vars(found).values():
        assert np.isfinite(value).all()
    c = staffing(4_900, 5_000, 300, 20)
    patient = erlang_a(4_900, 5_000, 300, np.inf, 20)
    assert float(patient.waits) == pytest.approx(c.waits, rel=1e-9)


@settings(max_examples=50, deadline=None)
@given(load=LOADS, agents=AGENTS, patience=PATIENCE)
def test_shares_are_shares_and_agents_help(load, agents, patience):
    found = erlang_a(load, [agents, agents + 1], 180, patience, 20)
    level, lost = found.service_level, found.abandoned
    assert level[1] >= level[0] - 1e-9
    assert lost[1] <= lost[0] + 1e-9
    outcome = level + found.lost_in_time
    assert ((outcome <= 1 + 1e-9) & (level >= -1e-12)).all()
    assert (found.service_level_without_lost >= level - 1e-12).all()
    assert (found.occupancy <= 1 + 1e-9).all()
    # Whoever leaves was in the queue: abandoned = mean time in it / patience.
    assert found.queue_s == pytest.approx(lost * patience, rel=1e-9)


def test_without_agents_everybody_gives_up():
    found = erlang_a(1, 0, 180, 100, 20)
    assert float(found.abandoned) == 1
    assert float(found.service_level) == 0
    assert float(found.queue_s) == 100
    assert float(found.lost_in_time) == pytest.approx(1 - np.exp(-0.2))


def test_without_calls_nobody_waits():
    assert float(erlang_a(0, 2, 180, 100, 20).service_level) == pytest.approx(1)


def test_endless_patience_needs_more_agents_than_erlangs():
    with pytest.raises(ConfigError, match="never hang up"):
        erlang_a(10, [11, 10], 180, np.inf, 20)


def test_the_fewest_agents_that_reach_a_level():
    assert agents_needed_a(10, 180, np.inf, 20, service_level=0.8) == 14
    few = agents_needed_a(10, 180, 150, 20, service_level=0.8)
    levels = erlang_a(10, [few - 1, few], 180, 150, 20).service_level
    assert levels[0] < 0.8 <= levels[1]
    assert few < 14
    both = agents_needed_a(10, 180, 150, 20, service_level=0.8, abandoned=0.001)
    lost = erlang_a(10, [both - 1, both], 180, 150, 20).abandoned
    assert lost[1] <= 0.001 < lost[0]
    assert agents_needed_a(0.5, 180, 150, 20, service_level=0) == 0


@pytest.mark.parametrize(
    ("wanted", "match"),
    [({"service_level": 1.0}, "below 1"), ({"abandoned": 0.0}, "above 0")],
)
def test_levels_that_no_number_of_agents_reaches_are_refused(wanted, match):
    with pytest.raises(ConfigError, match=match):
        agents_needed_a(10, 180, 150, 20, **wanted)


def test_patience_is_the_time_in_queue_for_each_call_given_up():
    assert mean_patience_s(600, 4) == 150
    assert mean_patience_s(600, 0) == float("inf")


def test_many_cases_at_once_are_the_single_cases():
    loads, agents = np.array([0.0, 3.0, 10.0, 9.9]), np.array([1, 5, 10, 12])
    single = [erlang_b(a, n) for a, n in zip(loads, agents, strict=True)]
    assert erlang_b_of_each(loads, agents) == pytest.approx(single)
    levels = service_level_of_each(loads, agents, 180, 20)
    assert levels[2] == 0  # as many erlangs as agents: the queue never ends
    for place in (0, 1, 3):
        one = staffing(loads[place], int(agents[place]), 180, 20)
        assert levels[place] == pytest.approx(one.service_level)
    assert service_level_of_each(1, 0, 180, 20) == 0
