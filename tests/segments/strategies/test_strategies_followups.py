"""Calls with what came before them, and where actions fit."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
import pytest
from strategy_rows import CUTOFF, company_calls, profiles

from ccml.config.strategies import ActionConfig
from ccml.errors import ConfigError
from ccml.kpis.repeats import GROSS, base_calls, is_repeated
from ccml.segments.strategies.followups import Period, calls_with_past
from ccml.segments.strategies.playbook import fits, segment_rows

OWN = pd.DataFrame({"segment_id": ["s1", "s2"], "agents_met": [3.0, 1.0]})
FIGURES = pd.DataFrame(
    {"segment_id": ["s1", "s2"], "figure": "channel:chat", "value": [0.2, 0.1]}
)


def period(days=90, zone="UTC"):
    start = (CUTOFF - timedelta(days=days)).to_pydatetime()
    return Period(start, CUTOFF.to_pydatetime(), 7, ZoneInfo(zone))


def past(rows, **given):
    return calls_with_past(ibis.memtable(rows), period(**given), {}).to_pandas()


def test_there_are_as_many_repeats_as_calls_that_were_repeated():
    calls = company_calls(seed=3)
    found = past(calls, days=200)
    base = base_calls(ibis.memtable(calls), GROSS)
    assert (
        found["is_repeat"].sum() == base.filter(is_repeated(base, 7)).count().execute()
    )


def calls_at(*days, **columns):
    at = CUTOFF - pd.to_timedelta(pd.Series(days), unit="D")
    rows = pd.DataFrame(
        {
            "call_id": [f"k{i}" for i in range(len(days))],
            "customer_id": "a",
            "direction": "inbound",
            "started_at": at.astype("datetime64[us, UTC]"),
            "queue": "q",
            "reason": "billing",
            "answered": True,
            "abandoned": False,
            "handle_s": 60.0,
        }
    )
    return rows.assign(known_at=rows["started_at"]).assign(**columns)


@pytest.mark.parametrize(
    ("rows", "repeats"),
    [
        pytest.param(calls_at(20, 13), [False, True], id="just-in-time"),
        pytest.param(calls_at(20, 12.999), [False, False], id="too-late"),
        pytest.param(calls_at(20, 20), [False, False], id="same-instant"),
        pytest.param(
            calls_at(20, 19, answered=[False, True]), [False, False], id="unanswered"
        ),
        pytest.param(
            calls_at(20, 19, direction=["outbound", "inbound"]), [False], id="outbound"
        ),
        pytest.param(calls_at(20, 19, customer_id=None), [False, False], id="unknown"),
        pytest.param(calls_at(92, 89), [True], id="before-the-period"),
        pytest.param(
            calls_at(20, 19, known_at=[CUTOFF, CUTOFF - timedelta(days=19)]),
            [False],
            id="known-late",
        ),
    ],
)
def test_a_repeat_follows_an_answered_call_within_days(rows, repeats):
    rows["customer_id"] = (
        rows["customer_id"].astype("str").where(rows.customer_id.notna())
    )
    rows["known_at"] = rows["known_at"].astype("datetime64[us, UTC]")
    found = past(rows).sort_values("call_id")
    assert list(found["is_repeat"]) == repeats


def test_the_call_before_is_told():
    rows = calls_at(20, 19, reason=["billing", "fault"], abandoned=[True, False])
    last = past(rows).sort_values("call_id").iloc[-1]
    assert last["previous_about"] == "billing"
    assert last["previous_abandoned"]
    assert last["hours_since_previous"] == pytest.approx(24)


def test_hours_are_those_of_the_site():
    found = past(calls_at(1.0), zone="Asia/Tokyo").iloc[0]
    # 30 June 00:00 UTC, a Monday, is 9 in the morning in Tokyo.
    assert (found["hour"], found["weekday"]) == (9, 0)


def rows():
    return segment_rows(profiles(), FIGURES, OWN)


def where(text):
    action = ActionConfig(title="Do", where=text, why="So.", spares=(0.1, 0.2))
    return fits(rows(), {"act": action})["act"]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("about_billing >= 0.5", ("s1",), id="trait"),
        pytest.param("channel_chat < 0.15", ("s2",), id="stored-figure"),
        pytest.param("agents_met > 2", ("s1",), id="own-figure"),
        pytest.param("calls > 0", ("s1", "s2"), id="unknown-for-quiet"),
        pytest.param("about_setup > 0 or agents_met > 2", ("s1",), id="unknown-topic"),
        pytest.param("not about_setup > 0", (), id="nothing-follows-from-null"),
    ],
)
def test_conditions_choose_segments(text, segments):
    assert where(text).segments == segments


def test_a_topic_that_nobody_calls_about_is_told_with_what_is_near():
    assert where("about_biling > 0").missing == (
        "'about_biling' is not known here. Did you mean 'about_billing'?",
    )


def test_traits_of_calls_may_be_missing_where_segments_are_made_of_features():
    assert where("wait > 60").segments == ()


def test_other_unknown_names_are_an_error_with_the_list():
    with pytest.raises(ConfigError, match=r"Did you mean 'agents_met'\?.*channel_chat"):
        where("agent_met > 2")


def test_a_trait_goes_before_a_figure_of_the_same_name():
    figures = FIGURES.assign(figure="calls", value=1_000.0)
    made = segment_rows(profiles(), figures, OWN).set_index("segment_id")
    assert made.loc["s1", "calls"] == 3.0
    assert np.isnan(made.loc["quiet", "calls"])
