"""How the report tells which calls found their customer."""

from dataclasses import replace

import pandas as pd
import pytest
from report_tables import match_quality

from ccml.reports.figures_quality import matched_by_month, monthly_shares
from ccml.reports.quality import quality_section
from ccml.reports.render import inline_svg


def months(platform, *matched, calls=1000):
    """Match quality of one queue by month."""
    size = len(matched)
    frame = pd.concat([match_quality()] * size, ignore_index=True)
    return frame.assign(
        source_platform=platform,
        month=[f"2025-{n:02d}" for n in range(1, size + 1)],
        calls=calls,
        matched=list(matched),
        switchboard=0,
        sip=3,
        invalid=0,
        rules_disagree=0,
    )


@pytest.fixture
def section(empty):
    quality = pd.concat([months("five9", 900, 900, 500), months("talkdesk", 700, 720)])
    return quality_section(replace(empty, match_quality=quality))


def test_each_platform_has_its_line_and_row(section):
    figure = section.parts["matched"]
    assert "five9" in figure.svg
    assert "talkdesk" in figure.svg
    assert len(figure.table.rows) == 5
    rows = section.parts["platforms"].rows
    assert [row[0].text for row in rows] == ["five9", "talkdesk"]
    assert rows[1][2].sort == pytest.approx(0.71)


def test_the_title_names_the_platform_with_the_fewest():
    quality = pd.concat([months("a", 900), months("b", 500)])
    assert matched_by_month(quality).title.endswith("fewest on b (50.0\xa0%)")
    assert "fewest" not in matched_by_month(months("a", 900)).title


def test_one_platform_alone_needs_no_label():
    assert "five9" not in inline_svg(matched_by_month(months("five9", 900, 800)), "m")


def test_only_the_largest_platforms_are_drawn():
    parts = [months(f"p{n}", 50 * n, calls=100 * n) for n in range(1, 8)]
    svg = inline_svg(matched_by_month(pd.concat(parts)), "m")
    assert [n for n in range(1, 8) if f">p{n}<" in svg] == [3, 4, 5, 6, 7]
    assert len(monthly_shares(pd.concat(parts))) == 7


def test_a_month_that_fell_is_an_alert(section):
    alerts = section.parts["alerts"]
    assert len(alerts) == 2
    assert all(alert.startswith("2025-03, ") for alert in alerts)


def test_many_alerts_are_cut_short(empty):
    falling = [months(f"p{n:02d}", 900, 900, 100) for n in range(8)]
    quality = pd.concat(falling)
    alerts = quality_section(replace(empty, match_quality=quality)).parts["alerts"]
    assert len(alerts) == 13
    assert alerts[-1] == "And 4 more."


def test_doubts_are_told_where_there_are_any(section, empty):
    rows = section.parts["doubts"].rows
    assert [row[2].text for row in rows] == ["15"]
    quality = months("five9", 900).assign(sip=0)
    told = quality_section(replace(empty, match_quality=quality))
    assert told.parts["doubts"] is None


def test_an_older_workspace_has_no_platforms(empty):
    old = quality_section(replace(empty, match_quality=match_quality()))
    assert old.parts["platforms"] is None
    assert old.parts["matched"] is None
    assert old.parts["alerts"] == []
