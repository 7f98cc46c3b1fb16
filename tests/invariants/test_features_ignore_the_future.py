"""No feature changes with what was not known before its cutoff."""

import random
from datetime import timedelta

import pandas as pd
import pytest
from builders import at, bill, call, customer, link, tables
from built import build
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from worlds import CUSTOMERS, CUTOFFS, World, worlds

pytestmark = [pytest.mark.usefixtures("shared_backend"), pytest.mark.slow]
quick = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
T = CUTOFFS[1]
BEGINS = {
    "calls": ("started_at", "call_id"),
    "bills": ("event_at", "event_id"),
    "customers": ("valid_from", "customer_id"),
    "identity_map": ("known_at", "call_id"),
}
GARBAGE = {
    "reason": "fault",
    "direction": "inbound",
    "wait_s": 9e9,
    "csat": -1.0,
    "amount_eur": -7e8,
    "late_days": 1e6,
    "kind": "regular",
    "corrected": True,
    "answered": False,
    "tariff": "gold",
    "fee_eur": 1e7,
}


def is_future(name, row):
    return row[BEGINS[name][0]] >= T or row["known_at"] >= T


def garbled(name, row, chance):
    """Leave a row of the future out, change it, or give it ten times."""
    fate = chance.choice(["gone", "changed", "ten"])
    if fate == "gone":
        return []
    changes = {key: GARBAGE[key] for key in GARBAGE if key in row}
    if name == "identity_map":
        changes["customer_id"] = chance.choice(CUSTOMERS)
    changed = {**row, **changes}
    if fate == "changed" or name == "identity_map":
        return [changed]
    if name == "customers":
        steps = [timedelta(hours=i) for i in range(10)]
        return [{**changed, "valid_from": row["valid_from"] + s} for s in steps]
    key = BEGINS[name][1]
    return [changed, *({**changed, key: f"{row[key]} {i}"} for i in range(9))]


def with_links(world):
    """Link copies of calls as their originals are linked."""
    links = {row["call_id"]: row for row in world["identity_map"]}
    whole = []
    for row in world["calls"]:
        origin = links.get(" ".join(row["call_id"].split()[:2]))
        if origin:
            whole.append({**origin, "call_id": row["call_id"]})
    return World({**world, "identity_map": whole})


def perturbed(world, chance, spared=frozenset()):
    """Make garbage of the future of a world."""
    return with_links(
        World(
            {
                name: [
                    new
                    for row in rows
                    for new in (
                        garbled(name, row, chance)
                        if is_future(name, row)
                        and row.get(BEGINS[name][1]) not in spared
                        else [row]
                    )
                ]
                for name, rows in world.items()
            }
        )
    )


def truncated(world, spared=frozenset()):
    """Cut a world's tables at T."""
    return with_links(
        World(
            {
                name: [
                    row
                    for row in rows
                    if not is_future(name, row) or row.get(BEGINS[name][1]) in spared
                ]
                for name, rows in world.items()
            }
        )
    )


def rows_until(built, keys=None):
    frame = built.frame[built.frame.cutoff_at <= T]
    return frame if keys is None else frame[frame.event_id.isin(keys)]


def assert_identical(one, other):
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)


@quick
@given(world=worlds(), seed=st.integers(0, 99))
def test_monthly_features_do_not_see_the_future(world, seed):
    before = rows_until(build(world, "monthly"))
    other = perturbed(world, random.Random(seed))  # noqa: S311 - no secret
    assert_identical(rows_until(build(other, "monthly")), before)


@quick
@given(world=worlds())
def test_monthly_features_equal_those_of_a_database_cut_at_the_cutoff(world):
    before = rows_until(build(world, "monthly"))
    cut = build(truncated(world), "monthly", data_until=T)
    assert set(cut.frame.cutoff_at) <= set(CUTOFFS[:2])
    assert_identical(rows_until(cut), before)


@quick
@given(world=worlds(), seed=st.integers(0, 99))
def test_features_of_calls_do_not_see_the_future(world, seed):
    rows_of_spine = {
        row["call_id"]
        for row in world["calls"]
        if row["answered"] and row["ended_at"] <= T
    }
    before = build(world, "after_call")
    other = perturbed(world, random.Random(seed), rows_of_spine)  # noqa: S311
    after = build(other, "after_call")
    assert_identical(
        rows_until(after, rows_of_spine), rows_until(before, rows_of_spine)
    )


@settings(quick, max_examples=1)
@given(world=worlds(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(world, seed):
    chance = random.Random(seed)  # noqa: S311
    shuffled = World(
        {name: chance.sample(rows, len(rows)) for name, rows in world.items()}
    )
    assert_identical(
        build(shuffled, "after_call").frame, build(world, "after_call").frame
    )


@pytest.fixture(scope="module")
def rich():
    """A world in which every feature of the monthly spine has a value."""
    hours = (10, 12, 14, 75, 77, 240, 242, 1200)
    times = [T - timedelta(hours=h) for h in hours]
    calls = [
        call(i, time, reason=reason, wait_s=wait)
        for i, (time, reason, wait) in enumerate(
            zip(times, "abababab", [400.0, 20.0] * 4, strict=True)
        )
    ]
    bills = [
        bill(i, time + timedelta(hours=1), kind=kind, corrected=True, late_days=2.0)
        for i, (time, kind) in enumerate(
            zip(times, ["regular", "final (end)"] * 4, strict=True)
        )
    ]
    return tables(calls=calls, bills=bills, customers=[customer()])


@pytest.fixture(scope="module")
def rich_features(rich, shared_backend):  # noqa: ARG001 - it must stand first
    return build(rich, "monthly")


@pytest.mark.parametrize("table", ["calls", "bills", "customers"])
def test_every_feature_sees_the_past_of_its_table(rich, rich_features, table):
    poor = {**rich, table: []}
    if table == "calls":
        poor["identity_map"] = []
    if table == "customers":
        poor["customers"] = [
            customer(
                tariff="plus",
                fee_eur=1.0,
                valid_from=T - timedelta(hours=9),
                joined_on=at("2022-01-01"),
            )
        ]
    other = build(poor, "monthly")
    row = rich_features.frame.loc[("A", T)]
    blind = [
        feature.name
        for feature in rich_features.catalogue
        if feature.table == table
        and feature.name in other.frame
        and other.frame.loc[("A", T)][feature.name] == row[feature.name]
    ]
    assert blind == []
    assert any(feature.table == table for feature in rich_features.catalogue)


def test_later_values_add_no_column(rich, rich_features):
    late = call(50, at("2025-03-02"), reason="only later")
    early_but_late_known = call(
        51, at("2025-02-01"), reason="loaded later", known_at=CUTOFFS[0]
    )
    planned = call(52, CUTOFFS[0], reason="planned", known_at=at("2025-01-01"))
    news = [late, early_but_late_known, planned]
    more = {
        **rich,
        "calls": [*rich["calls"], *news],
        "identity_map": [*rich["identity_map"], *map(link, news)],
    }
    assert build(more, "monthly").names == rich_features.names
