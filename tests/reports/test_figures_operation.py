import pandas as pd
import pytest
from report_tables import calls_by_hour, repeat_trend

from ccml.reports.figures_operation import (
    hour_heatmap,
    monthly_volume,
)
from ccml.reports.figures_operation import (
    repeat_trend as draw,
)
from ccml.reports.render import inline_svg
from ccml.reports.theme import HATCHED


def test_weeks_that_are_not_over_are_hatched_and_not_drawn():
    trend = repeat_trend()
    spec = draw(trend, 7).to_dict()
    rows = [row for data in spec["datasets"].values() for row in data if "rate" in row]
    assert len(rows) == (~trend.is_censored).sum()
    assert "url(#trend-0)" in inline_svg(draw(trend, 7), "trend")


def test_the_title_counts_only_weeks_that_are_over():
    trend = repeat_trend()
    final = trend[~trend.is_censored]
    rate = final.repeated.sum() / final.base.sum()
    assert f"{100 * rate:.1f}" in draw(trend, 7).title
    assert "within 7 days" in draw(trend, 7).title


def test_without_censored_weeks_nothing_is_hatched():
    trend = repeat_trend()
    svg = inline_svg(draw(trend[~trend.is_censored], 7), "trend")
    assert "pattern" not in svg


def test_only_open_weeks_say_so():
    trend = repeat_trend()
    assert draw(trend[trend.is_censored], 7).title.startswith("No week is old enough")


def test_the_heat_map_names_the_busiest_hour_and_day():
    title = hour_heatmap(calls_by_hour()).title
    assert "11:00 to 12:00" in title
    assert "Mondays" in title


def test_the_heat_map_shows_hours_without_a_call():
    spec = hour_heatmap(calls_by_hour()).to_dict()
    assert max(len(rows) for rows in spec["datasets"].values()) == 7 * 24


def test_no_calls_are_no_busiest_hour():
    none = calls_by_hour().assign(calls=0)
    assert hour_heatmap(none).title == "No calls to show by hour"


@pytest.mark.parametrize("last_is_complete", [True, False])
def test_months_that_are_not_whole_do_not_count_for_the_mean(last_is_complete):
    months = pd.DataFrame(
        {
            "month": ["2025-01-01", "2025-02-01", "2025-03-01"],
            "calls": [1000.0, 2000.0, 30.0],
            "is_complete": [True, True, last_is_complete],
        }
    )
    chart = monthly_volume(months)
    assert ("1,500" in chart.title) is not last_is_complete
    assert (HATCHED in str(chart.to_dict())) is not last_is_complete
