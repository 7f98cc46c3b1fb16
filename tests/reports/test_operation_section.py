"""The operation's section: tiles, bands, windows, groups and months."""

from dataclasses import replace

import pandas as pd
import pytest
from report_inputs import texts
from report_tables import calls_by_hour, kpis, repeat_trend

from ccml.reports.operation import operation_section, pick

START, END = (pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-12-31"))


@pytest.fixture
def operation(empty):
    return replace(
        empty,
        kpis=kpis(),
        trend=repeat_trend(),
        hours=calls_by_hour(),
        calls_period=(START, END),
    )


def test_a_figure_is_found_by_the_start_of_its_variant():
    found = pick(kpis(), "repeat_rate", "within 7 d")
    assert found.value == 0.31
    assert pick(kpis(), "calls", "inbound").value == 48210
    assert pick(kpis(), "calls", "outbound") is None


def test_null_figures_are_left_out(operation):
    nothing = kpis().assign(value=float("nan"))
    section = operation_section(replace(operation, kpis=nothing))
    assert section.parts["tiles"] == []
    assert section.lead == "How the contact centre did over the whole period."


def test_tiles_say_how_they_were_counted_and_how_many_calls(operation):
    tiles = {tile.label: tile for tile in operation_section(operation).parts["tiles"]}
    assert tiles["Repeated within 7 days"].detail == "48,210 calls"
    assert tiles["Gave up in the queue"].note == "AB1: abandoned / offered"
    assert tiles["Inbound calls"].value == "48,210"
    assert "8 in 10 calls" in tiles["Handle time"].detail


@pytest.mark.parametrize(
    ("kpi", "label", "value", "tone"),
    [
        ("fcr", "Settled with one call", 0.75, "good"),
        ("fcr", "Settled with one call", 0.65, "watch"),
        ("fcr", "Settled with one call", 0.4, "bad"),
        ("abandonment", "Gave up in the queue", 0.04, "good"),
        ("abandonment", "Gave up in the queue", 0.07, "watch"),
        ("abandonment", "Gave up in the queue", 0.12, "bad"),
        ("hold_time", "Hold per held call", 30.0, "good"),
        ("hold_time", "Hold per held call", 90.0, "watch"),
    ],
)
def test_bands_follow_the_benchmarks(operation, kpi, label, value, tone):
    changed = kpis()
    changed.loc[changed.kpi == kpi, "value"] = value
    section = operation_section(replace(operation, kpis=changed))
    tiles = {tile.label: tile for tile in section.parts["tiles"]}
    assert tiles[label].tone == tone


def test_handle_time_is_never_judged(operation):
    tiles = {tile.label: tile for tile in operation_section(operation).parts["tiles"]}
    assert tiles["Handle time"].tone == ""


def test_windows_are_sorted_by_their_days(operation):
    windows = operation_section(operation).parts["windows"]
    assert [row[0] for row in texts(windows)] == [
        "1\u00a0day",
        "7\u00a0days",
        "30\u00a0days",
    ]


def test_groups_come_with_most_calls_first_and_without_empty_ones(operation):
    none = kpis()
    none.loc[(none["group"] == "other") & (none.kpi == "calls"), "value"] = 0.0
    section = operation_section(replace(operation, kpis=none))
    (reasons,) = section.parts["groups"]
    assert [row[0] for row in texts(reasons)] == ["billing", "fault", "contract"]


@pytest.mark.parametrize(
    ("start", "end", "partial"),
    [
        ("2025-01-01", "2025-12-31", 0),
        ("2025-01-09", "2025-12-31", 1),
        ("2025-01-09", "2025-12-11", 2),
    ],
)
def test_months_that_the_data_do_not_cover_are_marked(operation, start, end, partial):
    ends = (pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC"))
    section = operation_section(replace(operation, calls_period=ends))
    months = next(
        f for f in section.parts["figures"] if f.figure_id == "calls-by-month"
    )
    marked = [row for row in texts(months.table) if row[2] == "not the whole month"]
    assert len(marked) == partial
