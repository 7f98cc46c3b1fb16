"""Alerts, call types and agents of the operation's section."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from report_inputs import texts
from report_tables import kpis

from ccml.config.benchmarks import BenchmarksConfig
from ccml.kpis.agents import AGENT_COLUMNS
from ccml.kpis.call_types import CALL_TYPE_COLUMNS
from ccml.reports.figures_operation import repeats_by_day
from ccml.reports.figures_operation_agents import (
    MOST_AGENTS,
    agent_ranges,
    shown_agents,
)
from ccml.reports.operation import operation_section
from ccml.reports.operation_alerts import (
    agent_figures,
    agent_table,
    alert_cards,
    alert_note,
    call_type_table,
)
from ccml.reports.operation_bands import band, counted_on, facts
from ccml.reports.page import render_page
from ccml.reports.render import inline_svg

SENTENCE = (
    "Abandonment of the queue 'q{}' over the whole period was 12.0 %, above 8.0 %."
)


@pytest.fixture
def data(empty):
    return replace(empty, kpis=kpis())


def alerts(count=8):
    queues = [f"q{i}" for i in range(count)]
    return pd.DataFrame(
        {
            "period": "all",
            "group_kind": "queue",
            "group": queues,
            "kpi": "abandonment",
            "variant": "AB1: abandoned / offered",
            "value": 0.12,
            "low": 0.11,
            "high": 0.13,
            "n": np.arange(count) + 100,
            "band": ["watch", *["bad"] * (count - 1)],
            "threshold": 0.08,
            "source_of_threshold": "article",
            "sentence": [SENTENCE.format(i) for i in range(count)],
            "what_to_do": "Compare waits and staff.",
        }
    )


def agents(count=3, coaching="", reason="billing"):
    return pd.DataFrame(
        {
            "agent_id": [f"agent_{i:03d}_of_the_team" for i in range(count)],
            "reason": reason,
            "n": 80,
            "handle_p50_s": 300.0,
            "handle_p50_low_s": 280.0,
            "handle_p50_high_s": 330.0,
            "type_p10_s": 120.0,
            "type_p50_s": 290.0,
            "type_p90_s": 600.0,
            "share_above_p90": 0.1,
            "share_below_p10": 0.1,
            "n_closed": 70,
            "repeat_rate": 0.3,
            "repeat_low": 0.2,
            "repeat_high": 0.4,
            "fcr": 0.7,
            "coaching": coaching,
            "sentence": "",
        },
        columns=list(AGENT_COLUMNS),
    )


def call_types():
    row = dict.fromkeys(CALL_TYPE_COLUMNS, 0.2) | {
        "inbound": 100,
        "handle_p10_s": 60.0,
        "handle_p90_s": 600.0,
        "complaint_share": float("nan"),
        "self_service_rule": "at most 120 s",
    }
    return pd.DataFrame(
        [row | {"reason": "a", "repeated": 3}, row | {"reason": "b", "repeated": 9}]
    )


def days(count=20, open_days=3):
    day = pd.date_range("2025-01-06", periods=count, freq="D").date
    return pd.DataFrame(
        {
            "day": day,
            "calls": 40,
            "answered": 38,
            "abandoned": 2,
            "base": 30,
            "repeated": 9,
            "rate": 0.3,
            "is_censored": np.arange(count) >= count - open_days,
        }
    )


def test_alerts_come_by_figure_the_worst_and_largest_first():
    [card] = alert_cards(alerts())
    assert card.title == "Gave up in the queue"
    assert card.tone == "bad"
    assert card.lines[0] == ("bad", SENTENCE.format(7))
    assert card.left_out == 3
    assert card.to_do == ("Compare waits and staff.",)


def test_no_alert_is_said_and_so_is_a_missing_table():
    assert alert_cards(alerts().iloc[:0]) == alert_cards(None) == []
    assert alert_note(alerts().iloc[:0]).startswith("No figure is surely beyond")
    assert alert_note(None) == ""


def test_call_types_come_with_most_repeats_first():
    block = call_type_table(call_types())
    assert [row[0] for row in texts(block)] == ["b", "a"]
    assert "at most 120 s" in block.caption
    assert texts(block)[0][5] == "\u2013"
    assert call_type_table(None) is None


def test_agents_to_talk_with_come_by_pseudonym_in_both_directions():
    both = pd.concat(
        [agents(2, "far below"), agents(1, "far above", "fault"), agents(5)]
    )
    block = agent_table(both)
    assert [row[-1] for row in texts(block)] == ["far below", "far above", "far below"]
    assert [row[0] for row in texts(block)] == ["agent_000_of"] * 2 + ["agent_001_of"]
    assert "no rank" in block.caption
    assert agent_table(agents(4)) is None
    assert agent_table(None) is None


def test_of_many_agents_those_who_stand_out_are_drawn():
    many = agents(MOST_AGENTS + 20)
    many.loc[many.index[-1], "coaching"] = "far above"
    shown = shown_agents(many)
    assert len(shown) == MOST_AGENTS
    assert shown.agent_id.is_monotonic_increasing
    assert "far above" in set(shown.coaching)
    assert "1 are far above (orange)" in agent_ranges(shown).title


def test_agents_with_few_calls_are_not_drawn():
    assert shown_agents(agents(5, "too few calls")) is None
    assert shown_agents(agents(5, reason="not given")) is None
    assert agent_figures(agents(1)) == agent_figures(None) == []
    [block] = agent_figures(agents(3))
    assert "none stands far out" in block.title


def test_days_with_open_windows_are_hatched_and_not_drawn():
    chart = repeats_by_day(days(), 7)
    rows = [r for d in chart.to_dict()["datasets"].values() for r in d if "rate" in r]
    assert len(rows) == 17
    assert "url(#days-0)" in inline_svg(chart, "days")
    assert chart.title.startswith("Of the last 20 days: 30.0")


def test_figures_say_interval_calls_and_where_their_threshold_is_from():
    series = kpis().query("kpi == 'abandonment'").iloc[0].copy()
    series["low"], series["high"], series["value"] = 0.10, 0.12, 0.11
    assert facts(series).startswith("(10.0\u00a0% to 12.0\u00a0%), ")
    tone, words = band(series, BenchmarksConfig())
    assert tone == "bad"
    assert "above 8\u00a0% is bad: article" in words


def test_the_section_says_what_it_was_counted_on(data):
    watermark = pd.Timestamp("2025-12-31 23:00", tz="UTC")
    text = counted_on(data, data.kpis.assign(data_until=watermark))
    assert "data complete to 1 Jan 2026 00:00" in text
    assert f"time zone {data.config.time_zone}" in text
    assert "repeat window 7 days" in text
    assert "9.6\u00a0% of inbound calls come from unknown callers" in text


def test_the_page_shows_alerts_call_types_and_agents(data):
    found = pd.concat([agents(3), agents(1, "far above", "fault")])
    whole = replace(
        data, alerts=alerts(), call_types=call_types(), agents=found, days=days()
    )
    section = operation_section(whole)
    ids = [block.figure_id for block in section.parts["figures"]]
    assert {"repeat-days", "agents"} <= set(ids)
    page = render_page(whole)
    assert "What stands out" in page
    assert "above 8.0 %." in page
    assert "Agents to talk with" in page
    assert "could serve itself" in page
