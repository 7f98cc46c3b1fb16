"""Agents beside their call types, and call types beside each other."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ccml.config.kpi_tables import ComplaintsConfig
from ccml.config.kpis import KpisConfig
from ccml.kpis.agents import agent_bands, chance_of, discovery_limit
from ccml.kpis.call_types import Ahead, call_types
from ccml.kpis.repeats import GROSS, base_calls

END = datetime(2025, 2, 1, tzinfo=UTC)
CARRIED = ("queue", "reason", "agent_id", "handle_s", "hold_s", "transferred")


def many(agent, handle_times, reason="billing"):
    return [
        {
            "agent_id": agent,
            "reason": reason,
            "handle_s": float(s),
            "customer_id": f"{agent}{i}",
        }
        for i, s in enumerate(handle_times)
    ]


def bands(calls, rows, least=30):
    table = calls(*rows)
    base = base_calls(table, GROSS, CARRIED)
    return agent_bands(table, base, (7, END, GROSS), least)


@pytest.fixture(scope="module")
def team(calls):
    usual = [row for i in range(12) for row in many(f"u{i:02d}", range(200, 400, 2))]
    slow = many("z_slow", np.linspace(380, 700, 60))
    quick = many("a_quick", np.linspace(40, 205, 60))
    return bands(calls, [*usual, *slow, *quick, *many("few", [900] * 5)]).set_index(
        "agent_id", drop=False
    )


def test_agents_stand_out_in_both_directions(team):
    assert team.loc["z_slow", "coaching"] == "far above"
    assert team.loc["a_quick", "coaching"] == "far below"
    assert "FCR" in team.loc["z_slow", "sentence"]
    assert "repeats and transfers" in team.loc["a_quick", "sentence"]
    usual = team[team.index.str.startswith("u")]
    assert set(usual["coaching"]) == {""}


def test_nothing_is_said_of_few_calls(team):
    assert team.loc["few", "coaching"] == "too few calls"
    assert team.loc["few", "n"] == 5


def test_agents_come_by_pseudonym_and_without_a_rank(team):
    assert team["agent_id"].is_monotonic_increasing
    assert not [name for name in team if "rank" in name or "score" in name]


def test_the_median_lies_inside_its_interval(team):
    one = team.loc["u00"]
    assert one["handle_p50_low_s"] <= one["handle_p50_s"] <= one["handle_p50_high_s"]
    assert one["type_p10_s"] < one["type_p50_s"] < one["type_p90_s"]
    # 100 calls: the 40th and the 61st of 200, 202, ...
    assert one["handle_p50_low_s"] == 278
    assert one["handle_p50_high_s"] == 320


def test_repeats_stand_beside_handle_time(calls):
    rows = many("a", [100, 100]) + many("b", [100])
    rows[1] |= {"customer_id": "a0", "started_at": "2025-01-05 10:00"}
    found = bands(calls, rows, least=1).set_index("agent_id")
    assert found.loc["a", "repeat_rate"] == 0.5
    assert found.loc["a", "fcr"] == 0.5
    assert found.loc["b", "repeat_low"] == 0
    assert found.loc["b", "n_closed"] == 1


def test_chance_alone_makes_few_candidates(calls):
    rng = np.random.default_rng(3)
    rows = [
        row for i in range(40) for row in many(f"a{i:02d}", rng.lognormal(5, 0.6, 60))
    ]
    found = bands(calls, rows)
    assert found["coaching"].str.startswith("far").sum() <= 1


@given(n=st.integers(1, 200), hits=st.integers(0, 200), share=st.floats(0.01, 0.9))
def test_the_binomial_chance_is_the_usual_one(n, hits, share):
    hits = min(hits, n)
    found = chance_of(np.array([hits]), np.array([n]), share)[0]
    assert found == pytest.approx(stats.binom.sf(hits - 1, n, share), rel=1e-6)


def test_no_agents_give_no_findings(calls):
    assert bands(calls, [{"agent_id": None}]).empty
    assert discovery_limit(np.array([]), 0.1) < 0
    assert discovery_limit(np.array([0.9, 0.01, 0.06]), 0.1) == 0.06


CONFIG = KpisConfig(complaints=ComplaintsConfig(table="tickets"))


def types(calls, rows, complaints=(), config=CONFIG):
    table = calls(*rows)
    base = base_calls(table, GROSS, CARRIED)
    events = calls(*[{"customer_id": c, "started_at": at} for c, at in complaints])
    events = events.select("customer_id", event_at="started_at") if complaints else None
    return call_types(table, base, events, config, Ahead(END, GROSS)).set_index(
        "reason"
    )


ROWS = [
    {"customer_id": "A", "reason": "bill", "handle_s": 100.0, "hold_s": 0.0,
     "transferred": False},
    {"customer_id": "A", "reason": "bill", "handle_s": 300.0, "hold_s": 20.0,
     "transferred": True, "started_at": "2025-01-05 10:00"},
    {"customer_id": "B", "reason": "bill", "handle_s": 110.0, "transferred": False},
    {"customer_id": "C", "reason": "fault", "handle_s": 900.0, "transferred": False},
    {"customer_id": "C", "reason": None, "answered": False, "abandoned": True,
     "started_at": "2025-01-09 10:00"},
    {"customer_id": "D", "reason": "fault", "started_at": "2025-01-30 10:00"},
]  # fmt: skip


def test_call_types_tell_repeats_transfers_complaints_and_simple_calls(calls):
    found = types(calls, ROWS, [("A", "2025-01-06 10:00"), ("B", "2025-01-20 10:00")])
    bill, fault = found.loc["bill"], found.loc["fault"]
    assert (bill["inbound"], bill["n_closed"], bill["repeated"]) == (3, 3, 1)
    assert bill["share_of_repeats"] == fault["share_of_repeats"] == 0.5
    assert bill["transfer_share"] == pytest.approx(1 / 3)
    assert bill["complaint_share"] == pytest.approx(2 / 3)
    # Of A's and B's calls under two minutes, A's was repeated.
    assert bill["self_service_share"] == pytest.approx(1 / 3)
    assert fault["self_service_share"] == 0
    assert fault["n_closed"] == 1
    assert "at most 120 s" in bill["self_service_rule"]
    assert "came back within 7 d" in bill["sentence"]
    assert "complaint" in bill["sentence"]
    assert found.loc["not given", "inbound"] == 1


def test_call_types_have_prices_with_an_interval(calls):
    bill = types(calls, ROWS).loc["bill"]
    assert bill["handle_hours"] == pytest.approx(510 / 3600)
    assert bill["cost_eur"] == pytest.approx(510 / 3600 * 30)
    assert bill["repeat_cost_eur"] == pytest.approx(170 / 3600 * 30)
    assert (
        bill["repeat_cost_low_eur"]
        < bill["repeat_cost_eur"]
        < bill["repeat_cost_high_eur"]
    )


def test_what_is_not_told_of_a_call_type_is_null(calls):
    found = types(calls, [{"reason": "x", "customer_id": None}], config=KpisConfig())
    row = found.loc["x"]
    for name in ("repeat_share", "complaint_share", "self_service_share", "cost_eur"):
        assert pd.isna(row[name])
    assert row["sentence"] == "1 calls."
