"""What changes when part of the repeat calls does not come."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_rows import CUTOFF, company, company_calls

from ccml.errors import ConfigError, DataError
from ccml.kpis.erlang import service_level_of_each
from ccml.segments.strategies.hours import HOURS, Weeks
from ccml.segments.strategies.staffing import (
    agents_that_reach,
    demand_of,
    levels_seen,
    models,
)
from ccml.segments.strategies.what_if import Cut, what_if
from ccml.segments.strategies.what_if_figures import (
    hour_table,
    staff_rows,
    week_samples,
    work_rows,
)


def some_weeks(seed=1, number=8, busy=40.0):
    """Give weeks whose working hours have calls, a third of them repeats."""
    rng = np.random.default_rng(seed)
    shape = (number, HOURS)
    open_ = (np.arange(HOURS) % 24 >= 8) & (np.arange(HOURS) % 24 < 18)
    offered = rng.poisson(busy * open_, shape).astype(float)
    repeats = rng.binomial(offered.astype(int), 0.3).astype(float)
    answered = rng.binomial(offered.astype(int), 0.9).astype(float)
    again = np.minimum(rng.binomial(repeats.astype(int), 0.9), answered).astype(float)
    return Weeks(
        calls=offered,
        repeats=repeats,
        work_s=answered * 300,
        repeat_work_s=again * 300,
        offered=offered,
        offered_repeats=repeats,
        answered=answered,
        answered_s=answered * 300,
        answered_repeats=again,
        answered_repeats_s=again * 300,
        told=offered,
        in_time=np.floor(answered * 0.8),
        wait_s=offered * 30,
        lost=offered - answered,
    )


WEEKS = some_weeks()
SAMPLES = week_samples(WEEKS.number, 1)
MODELS = models(WEEKS, 20)


def figures(percent):
    rows = work_rows(WEEKS, percent / 100, SAMPLES, 30.0)
    for model in MODELS:
        rows += staff_rows(WEEKS, percent / 100, SAMPLES, model)
    return pd.DataFrame(rows).set_index(["figure", "by"])


def test_cutting_nothing_changes_nothing():
    found = figures(0)
    for column in ("change", "low", "high"):
        assert found[column].abs().max() == pytest.approx(0, abs=1e-9)
    assert list(found["before"]) == pytest.approx(list(found["after"]))


def test_cutting_more_never_raises_load():
    cuts = [figures(percent) for percent in (0, 10, 40, 100)]
    for less, more in itertools.pairwise(cuts):
        gain = more["after"] - less["after"]
        is_level = gain.index.get_level_values("figure").str.startswith("service level")
        assert (gain[~is_level] < 0).all()
        assert (gain[is_level] > 0).all()
        assert list(more["before"]) == pytest.approx(list(less["before"]))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1_000),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    busy=st.floats(0.02, 30),
)
def test_load_falls_with_the_cut_in_every_hour(seed, shares, busy):
    weeks = some_weeks(seed, 3, busy)
    whole, less, more = (demand_of(weeks, share) for share in (0.0, *shares))
    assert (more.load <= less.load + 1e-12).all()
    assert (less.load <= whole.load + 1e-12).all()
    assert (more.load >= 0).all()
    assert (more.arrivals >= -1e-12).all()


def test_intervals_hold_the_change():
    found = figures(30)
    assert (found["low"] <= found["change"]).all()
    assert (found["change"] <= found["high"]).all()
    change = found["after"] - found["before"]
    assert list(found["change"]) == pytest.approx(list(change))
    wide = found["high"] - found["low"]
    assert (wide > 0).all()


def test_the_agents_now_reproduce_the_service_level_seen():
    seen = levels_seen(WEEKS, MODELS[0].demand.hours)
    told, good = WEEKS.told.sum(), WEEKS.in_time.sum()
    for model in MODELS:
        demand = model.demand
        again = model.level_with(demand.load, demand.aht_s)
        assert again == pytest.approx(seen)
        row = figures(30).loc[("service level, same agents", model.name)]
        assert row["before"] == pytest.approx(good / told, abs=0.01)
    assert {model.name for model in MODELS} == {"Erlang A", "Erlang C"}
    # Those who hang up leave room for the others, so fewer agents do.
    by_name = {model.name: model for model in MODELS}
    assert (by_name["Erlang A"].agents < by_name["Erlang C"].agents).all()


def test_agents_for_the_same_level_keep_the_level():
    after = demand_of(WEEKS, 0.5)
    for model in MODELS:
        agents = model.agents_for(after.load, after.aht_s)
        assert (agents < model.agents).all()
        same = agents_that_reach(model.level, after.load, after.aht_s, model.target)
        assert agents == pytest.approx(same)


def test_agents_are_found_for_small_and_large_loads():
    def level(load, agents, aht_s):
        return service_level_of_each(load, agents, aht_s, 20)

    load = np.array([0.001, 1.0, 900.0])
    target = np.array([0.5, 0.99, 0.8])
    agents = agents_that_reach(level, load, np.full(3, 300.0), target)
    assert (level(load, np.ceil(agents), np.full(3, 300.0)) >= target - 1e-12).all()
    assert (level(load, np.floor(agents), np.full(3, 300.0)) <= target).all()
    assert 900 < agents[2] < 930


def test_without_anybody_giving_up_erlang_c_stands_alone():
    weeks = Weeks(**{**vars(WEEKS), "lost": np.zeros_like(WEEKS.lost)})
    assert [model.name for model in models(weeks, 20)] == ["Erlang C"]


def test_hours_of_the_week_are_laid_out():
    table = hour_table(WEEKS, 0.3, MODELS)
    assert len(table) == 70
    assert list(table["weekday"].unique())[:2] == ["Mon", "Tue"]
    assert table["hour"].between(8, 17).all()
    assert (table["erlangs_after"] < table["erlangs"]).all()
    assert (table["agents_after_erlang_a"] < table["agents_erlang_a"]).all()
    assert (
        table["service_level_after_erlang_a"] > table["service_level_erlang_a"]
    ).all()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return company(tmp_path_factory.mktemp("company"))


def test_a_segment_a_reason_or_a_queue_can_be_cut(small):
    cuts = [
        Cut(50, segment="s1"),
        Cut(50, segment="Billing callers"),
        Cut(50, reason="billing"),
        Cut(50, queue="q_billing"),
        Cut(50, segment="s1", reason="billing", queue="q_billing"),
    ]
    found = [what_if(small, cut).figures["change"].to_list() for cut in cuts]
    assert found[0][0] < 0
    for other in found[1:]:
        assert other == pytest.approx(found[0])
    # Fault callers rarely call twice within a week.
    other = what_if(small, Cut(50, segment="s2")).figures["change"]
    assert found[0][0] < 3 * other[0]


def test_calls_hours_and_money_are_those_of_the_repeats(small):
    found = what_if(small, Cut(100, segment="s1"))
    rows = found.figures.set_index("figure")
    assert rows.loc["repeat calls in question", "after"] == pytest.approx(0, abs=1e-9)
    calls = -rows.loc["inbound calls", "change"]
    assert calls == pytest.approx(rows.loc["repeat calls in question", "before"])
    hours = -rows.loc["agents' work", "change"]
    assert hours <= calls * 300 / 3600
    assert -rows.loc["cost of this work", "change"] == pytest.approx(hours * 30)
    assert "100 % of the repeat calls of customers of s1" in found.title


def test_the_assumptions_are_told(small):
    told = " ".join(what_if(small, Cut(30, segment="s1")).assumptions)
    assert "the 12 weeks from 2025-04-08 to 2025-07-01" in told
    assert "100 % are expected again" in told
    assert "callers give up after" in told
    assert "agents now are not on record" in told


@pytest.mark.parametrize(
    ("cut", "match"),
    [
        pytest.param(Cut(30, segment="s11"), "Did you mean 's1'", id="segment"),
        pytest.param(Cut(30, reason="biling"), "Did you mean 'billing'", id="reason"),
        pytest.param(Cut(30, queue="billing"), "Did you mean 'q_billing'", id="queue"),
        pytest.param(Cut(130, segment="s1"), "0 to 100", id="too-much"),
        pytest.param(Cut(30), "none is given", id="nothing"),
    ],
)
def test_what_does_not_exist_is_refused(small, cut, match):
    with pytest.raises(ConfigError, match=match):
        what_if(small, cut)


def test_without_waits_agents_are_left_out(tmp_path):
    project = company(tmp_path, calls=company_calls().assign(wait_s=np.nan))
    found = what_if(project, Cut(30, reason="billing"))
    assert set(found.figures["by"]) == {"counted"}
    assert "Agents and service level are left out" in " ".join(found.assumptions)


def test_less_than_a_week_of_calls_is_refused(tmp_path):
    calls = company_calls()
    calls = calls[calls["started_at"] >= CUTOFF - pd.Timedelta("6D")]
    with pytest.raises(DataError, match="no whole week"):
        what_if(company(tmp_path, calls=calls), Cut(30, reason="billing"))
