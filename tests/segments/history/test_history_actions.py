"""Actions of the config, measured on calls."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from ccml.config.segment_history import ActionConfig
from ccml.segments.history.actions import COLUMNS, Measured, action_effects

BEGAN = date(2026, 4, 1)
START = datetime(2026, 4, 1, tzinfo=UTC)
UNTIL = START + timedelta(days=70)


def company(seed=1, fall=False, rise=False, customers=600):
    """Customers with bills and faults; a call is repeated by a call two days later."""
    rng = np.random.default_rng(seed)
    size = customers * 8
    who = rng.integers(0, customers, size)
    days = rng.uniform(-150, 62, size)
    bill = who % 2 == 0
    rate = np.full(size, 0.4)
    rate[bill & (days > 0)] -= 0.25 * fall
    rate[bill & (days < -7) & (days > -66)] += 0.3 * rise
    again = rng.random(size) < rate
    first = pd.DataFrame({"who": who, "days": days, "bill": bill})
    second = first[again].assign(days=first["days"] + 2)
    rows = pd.concat([first, second], ignore_index=True)
    return pd.DataFrame(
        {
            "call_id": [f"k{i:06d}" for i in range(len(rows))],
            "customer_id": [f"c{i:04d}" for i in rows["who"]],
            "started_at": pd.Timestamp(START) + pd.to_timedelta(rows["days"], unit="D"),
            "direction": "inbound",
            "answered": True,
            "queue": "care",
            "reason": np.where(rows["bill"], "invoice", "fault"),
        }
    ).astype({"started_at": "datetime64[us, UTC]"})


def members(moments=("2026-02-15", "2026-03-25"), customers=600):
    rows = [
        pd.DataFrame(
            {
                "customer_id": [f"c{i:04d}" for i in range(customers)],
                "cutoff_at": pd.Timestamp(moment, tz="UTC"),
                "segment_id": np.where(np.arange(customers) % 2, "s2", "s1"),
                "is_persistent": np.arange(customers) % 2 == 0,
            }
        )
        for moment in moments
    ]
    return pd.concat(rows, ignore_index=True).astype(
        {"cutoff_at": "datetime64[us, UTC]"}
    )


def measured(calls, **changes):
    known = {
        "members": members(),
        "families": {"billing": ["invoice"]},
        "window_days": 7,
        "until": UNTIL,
        "zone": ZoneInfo("UTC"),
    }
    return Measured(ibis.memtable(calls), **known | changes)


def effect_of(calls, **action):
    config = ActionConfig(began=BEGAN, **action)
    table = action_effects({"act": config}, measured(calls))
    assert list(table.columns) == list(COLUMNS)
    return table.iloc[0]


@pytest.mark.parametrize(
    "group",
    [
        pytest.param({"reason": "billing"}, id="family-of-reasons"),
        pytest.param({"segment": "s1"}, id="segment"),
        pytest.param({"segment": "persistent"}, id="persistent"),
    ],
)
def test_a_planted_fall_is_found_for_every_kind_of_group(group):
    found = effect_of(company(fall=True), **group)
    assert found["high"] < 0
    assert "fell by" in found["verdict"]
    assert found["rate_after"] < found["rate_before"]
    assert found["n"] > 500
    calm = effect_of(company(), **group)
    assert calm["low"] < 0 < calm["high"]
    assert "No effect that could be told from chance" in calm["verdict"]


def test_calls_whose_window_reaches_over_the_beginning_take_no_part():
    calls = company()
    near = (calls["started_at"] >= pd.Timestamp(START) - pd.Timedelta("6.9D")) & (
        calls["started_at"] < pd.Timestamp(START)
    )
    # Without those calls, who is repeated before them may change; what counts itself not.
    extra = calls[near].assign(call_id="x" + calls["call_id"], customer_id="c9999")
    both = pd.concat([calls, extra], ignore_index=True)
    before, after = (effect_of(rows, reason="billing") for rows in (calls, both))
    pd.testing.assert_series_equal(before, after)


def test_a_rise_just_before_is_told():
    found = effect_of(company(rise=True), reason="billing")
    assert found["high"] < 0
    assert "had just risen" in found["verdict"]


def test_customers_chosen_by_the_weeks_compared_are_warned_of():
    late = measured(company(fall=True), members=members(["2026-03-25"]))
    config = ActionConfig(began=BEGAN, segment="s1")
    found = action_effects({"act": config}, late).iloc[0]
    assert "chosen by the same weeks" in found["verdict"]
    early = effect_of(company(fall=True), segment="s1")
    assert "chosen" not in early["verdict"]


@pytest.mark.parametrize(
    ("moments", "segment", "words"),
    [
        pytest.param(["2026-03-25"], "s9", "known: persistent, s1, s2", id="unknown"),
        pytest.param(["2026-05-01"], "s1", "Nobody was in segment", id="later"),
    ],
)
def test_a_segment_nobody_was_in_is_told(moments, segment, words):
    config = ActionConfig(began=BEGAN, segment=segment)
    found = action_effects(
        {"act": config}, measured(company(), members=members(moments))
    ).iloc[0]
    assert words in found["verdict"]
    assert pd.isna(found["effect"])


def test_an_action_of_last_week_is_too_young():
    config = ActionConfig(began=date(2026, 6, 5), reason="billing")
    found = action_effects({"act": config}, measured(company())).iloc[0]
    assert "Too early" in found["verdict"]
    assert pd.isna(found["low"])


def test_without_actions_the_table_is_empty():
    table = action_effects({}, measured(company(customers=5)))
    assert table.empty
    assert list(table.columns) == list(COLUMNS)


@pytest.mark.parametrize("keys", [{}, {"segment": "s1", "reason": "bill"}])
def test_an_action_names_one_group(keys):
    with pytest.raises(ValidationError, match="exactly one of"):
        ActionConfig(began=BEGAN, **keys)
