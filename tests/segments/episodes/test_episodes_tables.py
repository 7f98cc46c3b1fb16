"""What is told of episodes, of what triggers repeats, and of what came next."""

from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pytest
from episode_calls import END, at, call, given_up, rules, table

from ccml.kpis.business_days import BusinessDays
from ccml.kpis.measure import measure
from ccml.kpis.repeats import GROSS, RepeatRule, base_calls, repeat_figures
from ccml.segments.episodes.chain import chained
from ccml.segments.episodes.describe import episode_rows
from ccml.segments.episodes.follow_ups import follow_ups
from ccml.segments.episodes.ledger import ledger
from ccml.segments.episodes.matrix import calls_before, repeat_matrix
from ccml.segments.episodes.next_issue import next_issues


@pytest.fixture(autouse=True)
def _engine(shared_backend):
    ibis.set_backend(shared_backend)


def described(rows, chosen=None):
    chosen = chosen or rules()
    calls = ledger(ibis.memtable(table(rows)), chosen)
    found = episode_rows(calls, chained(calls, chosen.episodes), chosen).to_pylist()
    return {one["episode_id"]: one for one in found}


def triggered(rows, chosen=None):
    chosen = chosen or rules()
    calls = ledger(ibis.memtable(table(rows)), chosen)
    found = follow_ups(calls, chosen)
    return repeat_matrix(calls, found, chosen), next_issues(calls, found)


CHAIN = [
    given_up(1, "A", at(0), reason="fault", queue="tech"),
    call(2, "A", at(0, 5), reason="fault", queue="tech", agent_id="a1"),
    call(3, "A", at(3), reason="payment", first_agent_id="a1", agent_id="a2",
         transferred=True, handle_s=600.0),
    call(4, "A", at(9), reason=None, queue="care", agent_id="a1", handle_s=None,
         talk_s=120.0, disposition="unresolved"),
]  # fmt: skip


def test_one_row_tells_the_course_of_an_episode():
    one = described(CHAIN)["k0001"]
    assert one == {
        "episode_id": "k0001",
        "customer_id": "A",
        "started_at": at(0),
        "ended_at": at(9, 5),
        "known_at": at(16),
        "calls": 4,
        "repeats": 2,
        "redials": 1,
        "reason": "fault",
        "queue": "tech",
        "last_reason": "money",
        "reasons": 2,
        "queues": 2,
        "agents": 2,
        "transferred_calls": 1,
        "is_resolved": False,
        "is_open": False,
        "handle_s": 360 + 600 + 120,
        "repeat_handle_s": 600 + 120,
        "cost_eur": pytest.approx(9),
        "repeat_cost_eur": pytest.approx(6),
    }


@pytest.mark.parametrize(
    ("last", "resolved"),
    [
        pytest.param(call(1, "A", at(0)), True, id="settled"),
        pytest.param(call(1, "A", at(0), disposition="Follow_Up"), False, id="not"),
        pytest.param(call(1, "A", at(0), disposition="agent"), None, id="not-told"),
        pytest.param(given_up(1, "A", at(0)), False, id="given-up"),
        pytest.param(given_up(1, "A", at(0), ivr_only=True), None, id="in-the-menu"),
    ],
)
def test_the_last_call_tells_whether_the_matter_was_settled(last, resolved):
    rows = [last, call(2, "B", at(0))]
    assert described(rows)["k0001"]["is_resolved"] is resolved


def test_what_no_source_reports_is_null_not_zero():
    rows = [
        call(1, "A", at(0), disposition=None, handle_s=None),
        given_up(2, "A", at(1)),
    ]
    one = described(rows)["k0001"]
    told = [one[name] for name in ("is_resolved", "handle_s", "cost_eur")]
    assert told == [None, None, None]
    matrix, _ = triggered(rows)
    assert matrix["repeat_cost_eur"].isna().all()


def test_missing_columns_are_no_error():
    bare = table([call(1, "A", at(0)), call(2, "A", at(1))]).drop_columns(
        ["queue", "agent_id", "first_agent_id", "handle_s", "disposition", "reason"]
    )
    calls = ledger(ibis.memtable(bare), rules())
    chains = chained(calls, rules().episodes)
    (one,) = episode_rows(calls, chains, rules()).to_pylist()
    assert (one["calls"], one["agents"], one["reason"]) == (2, 0, None)


@pytest.mark.parametrize(
    ("last", "is_open"),
    [
        pytest.param(END - timedelta(days=7), False, id="over-with-the-data"),
        pytest.param(END - timedelta(days=7, seconds=-1), True, id="may-go-on"),
    ],
)
def test_an_episode_is_open_while_its_window_is(last, is_open):
    rows = [call(1, "A", last - timedelta(days=1)), call(2, "A", last)]
    assert described(rows)["k0001"]["is_open"] is is_open


def random_calls(seed=3, size=400):
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        make = given_up if draw.random() < 0.2 else call
        when = at(int(draw.integers(59)), int(draw.choice([0, 1, 7, 600])))
        reason, queue = (
            str(draw.choice(["x", "y", "z"])),
            ["care", "tech", None][draw.integers(3)],
        )
        customer = [None, *"ABCDEFGHIJKLMNOP"][draw.integers(17)]
        rows.append(make(number, customer, when, reason=reason, queue=queue))
    return rows


RULES = [
    pytest.param(GROSS, id="gross"),
    pytest.param(RepeatRule(base="all"), id="all"),
    pytest.param(RepeatRule(merge_redials_minutes=10), id="merged"),
    pytest.param(
        RepeatRule(business=BusinessDays(date(2025, 1, 1), date(2025, 3, 1), "UTC")),
        id="business-days",
    ),
]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("days", [1, 7])
def test_the_repeat_rate_in_total_is_that_of_the_key_figures(rule, days):
    rows = random_calls()
    chosen = replace(rules(window_days=days), repeats=rule)
    matrix, issues = triggered(rows, chosen)
    base = base_calls(ibis.memtable(table(rows)), rule)
    figure = measure(base, repeat_figures(base, days, END, rule)).set_index("kpi")
    told = figure.loc["repeat_rate"]
    assert matrix["calls"].sum() == told["denominator"] > 100
    assert matrix["repeated"].sum() == told["numerator"] > 30
    assert matrix["share_of_repeats"].sum() == pytest.approx(1)
    assert issues["follow_ups"].sum() == matrix["follow_ups"].sum()


def test_answered_calls_before_the_end_of_their_episode_are_the_repeated_ones():
    rows = random_calls(seed=5)
    chosen = rules()
    calls = ledger(ibis.memtable(table(rows)), chosen)
    chains = chained(calls, chosen.episodes)
    start = calls.start[chains.order]
    last_start = start[chains.last][chains.episode]
    answered = calls.flags["answered"][chains.order]
    closed = start + 7 * 86_400_000_000 <= chosen.end_us
    matrix, _ = triggered(rows)
    repeated = (answered & closed & (start < last_start)).sum()
    assert repeated == matrix["repeated"].sum()


def test_expected_rates_add_up_to_the_repeats_of_the_centre():
    matrix, _ = triggered(random_calls())
    expected = (matrix["calls"] * matrix["expected_rate"]).sum()
    assert expected == pytest.approx(matrix["repeated"].sum())
    assert (matrix["low"] <= matrix["rate"]).all()
    assert (matrix["rate"] <= matrix["high"]).all()


def test_frequent_callers_do_not_make_a_cell_look_bad():
    often = [call(n, "A", at(n), reason="x") for n in range(40)]
    seldom = [call(100 + n, f"C{n}", at(n), reason="y") for n in range(40)]
    matrix, _ = triggered(often + seldom)
    expected = matrix.set_index("reason")["expected_rate"]
    assert expected["x"] > 0.9
    assert expected["y"] < 0.1


def test_each_repeat_counts_for_the_last_answered_call_before_it():
    rows = [
        call(1, "A", at(0), reason="x"),
        given_up(2, "A", at(1), reason="x"),
        call(3, "A", at(1, 5), reason="y"),
        call(4, "A", at(3, 5), reason="x", handle_s=720.0),
        call(5, "B", at(58), reason="x"),
        call(6, "B", at(58.5), reason="x"),
    ]
    matrix, issues = triggered(rows)
    cells = matrix.set_index("reason")
    assert cells["follow_ups"].to_dict() == {"x": 1, "y": 1}
    assert cells["calls"].to_dict() == {"x": 2, "y": 1}
    assert cells["repeat_hours"].to_dict() == pytest.approx({"x": 0.1, "y": 0.2})
    pairs = issues.set_index(["reason", "next_reason"])
    assert pairs["follow_ups"].to_dict() == {("x", "x"): 1, ("y", "x"): 1}
    assert pairs.loc[("y", "x"), "median_days"] == pytest.approx(2)


def test_next_issues_are_held_against_chance():
    rows, number = [], 0
    for customer, pair in enumerate(["xx", "xx", "xy", "yy"]):
        for day, reason in enumerate(pair):
            number += 1
            rows.append(call(number, f"C{customer}", at(day), reason=reason))
    _, issues = triggered(rows)
    one = issues.set_index(["reason", "next_reason"]).loc[("x", "x")]
    assert one["share"] == pytest.approx(2 / 3)
    assert one["share_by_chance"] == pytest.approx(2 / 4)
    assert one["lift"] == pytest.approx(4 / 3)


def test_calls_before_are_counted_within_the_days_and_the_customer():
    rows = [call(1, "A", at(0)), call(2, "A", at(0)), call(3, "A", at(30))]
    rows += [call(4, "A", at(30, 1)), call(5, "B", at(30, 2))]
    calls = ledger(ibis.memtable(table(rows)), rules())
    assert calls_before(calls, 30).tolist() == [0, 0, 2, 1, 0]


def test_without_calls_all_tables_are_empty():
    rows = [call(1, None, at(0))]
    assert described(rows) == {}
    matrix, issues = triggered(rows)
    assert matrix.empty
    assert issues.empty
