from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from ccml.config.benchmarks import BenchmarksConfig, RangeConfig
from ccml.config.kpis import KpisConfig
from ccml.kpis.alerts import ALERT_COLUMNS, kpi_alerts, last_whole_month
from ccml.kpis.handling import PER_CALL
from ccml.kpis.thresholds import judge

WARSAW = ZoneInfo("Europe/Warsaw")
END = datetime(2025, 3, 5, tzinfo=UTC)
FCR = "1 - repeat rate within 7 d; answered inbound calls"
VARIANTS = {
    "fcr": FCR,
    "abandonment": "AB1: abandoned / offered",
    "hold_time": "per held call",
    "aht": PER_CALL,
}


def figure(kpi, value, half=0.01, **more):
    row = {
        "period": "all",
        "group_kind": "all",
        "group": "all",
        "kpi": kpi,
        "variant": VARIANTS[kpi],
        "value": value,
        "low": value - half,
        "high": value + half,
        "n": 1000,
        "unit": "share" if value < 1 else "s",
        "window_days": 7.0 if kpi == "fcr" else None,
    }
    return row | more


def alerts(*rows, config=None):
    return kpi_alerts(pd.DataFrame(rows), config or KpisConfig(), END, WARSAW)


@pytest.mark.parametrize(
    ("kpi", "value", "half", "band"),
    [
        ("fcr", 0.68, 0.01, "watch"),
        ("fcr", 0.55, 0.01, "bad"),
        ("fcr", 0.72, 0.01, None),
        pytest.param("fcr", 0.68, 0.05, None, id="too-few-calls-to-tell"),
        ("abandonment", 0.10, 0.01, "bad"),
        ("abandonment", 0.07, 0.001, None),
        ("abandonment", 0.09, 0.02, None),
        ("hold_time", 51.0, 2.0, "watch"),
        ("hold_time", 39.0, 0.5, None),
    ],
)
def test_an_alarm_needs_the_whole_interval_beyond_the_threshold(kpi, value, half, band):
    found = alerts(figure(kpi, value, half))
    assert found["band"].tolist() == ([band] if band else [])
    assert list(found.columns) == list(ALERT_COLUMNS)


def test_an_alarm_says_what_it_saw_where_the_threshold_comes_from_and_what_to_do():
    [row] = alerts(figure("abandonment", 0.12)).to_dict("records")
    assert "12.0 % (11.0 % to 13.0 %, 1,000 calls), above 8.0 %." in row["sentence"]
    assert "article" in row["source_of_threshold"]
    assert "staff" in row["what_to_do"]


def test_handle_time_is_judged_by_call_type_and_its_own_range():
    reason = {"group_kind": "reason", "group": "billing", "unit": "s"}
    rows = [
        figure("aht", 700.0, 5, **reason),
        figure("aht", 700.0, 5, **reason | {"group": "fault"}),
        figure("aht", 100.0, 5, **reason | {"group": "info"}),
        figure("aht", 700.0, 5),
    ]
    own = BenchmarksConfig(aht_ranges={"fault": RangeConfig(from_s=300, to_s=900)})
    found = alerts(*rows, config=KpisConfig(benchmarks=own))
    assert found["group"].tolist() == ["billing", "info"]
    assert set(found["band"]) == {"note"}
    assert "below 240 s" in found["sentence"][1]
    whole = alerts(*rows, config=KpisConfig(groups=["queue"]))
    assert whole["group"].tolist() == ["all"]


def test_agents_and_unnamed_groups_raise_no_alarm():
    rows = [
        figure("abandonment", 0.5, n=9, group_kind="agent", group="a1"),
        figure("abandonment", 0.5, n=9, group_kind="queue", group="not given"),
        figure("hold_time", 500.0, n=9, group_kind="agent", group="a1"),
    ]
    assert alerts(*rows).empty


def test_a_group_that_is_all_calls_raises_no_second_alarm():
    same = {"group_kind": "queue", "group": "only"}
    found = alerts(figure("abandonment", 0.5), figure("abandonment", 0.5, **same))
    assert found["group"].tolist() == ["all"]


def test_only_the_last_whole_month_is_judged_beside_the_whole_period():
    months = ("2025-01", "2025-02", "2025-03")
    lost = [figure("abandonment", 0.5, period=month) for month in months]
    open_window = [figure("fcr", 0.2, period=month) for month in months]
    found = alerts(*lost, *open_window)
    assert found[["kpi", "period"]].to_numpy().tolist() == [
        ["fcr", "2025-01"],  # the windows of late February are still open on 5 March
        ["abandonment", "2025-02"],
    ]


@pytest.mark.parametrize(
    ("end", "days", "month"),
    [
        (datetime(2025, 3, 1, tzinfo=UTC), 0, "2025-02"),
        (datetime(2025, 2, 28, 23, tzinfo=UTC), 0, "2025-02"),  # midnight in Warsaw
        (datetime(2025, 2, 28, 22, tzinfo=UTC), 0, "2025-01"),
        (datetime(2025, 3, 7, tzinfo=UTC), 7, "2025-01"),
        (datetime(2025, 3, 8, tzinfo=UTC), 7, "2025-02"),
    ],
)
def test_a_month_is_whole_when_its_windows_are_over_by_local_time(end, days, month):
    assert last_whole_month(end, WARSAW, days) == month


def test_figures_without_a_threshold_or_interval_are_not_sure():
    nothing = {"value": 0.5, "low": float("nan"), "high": float("nan"), "group": "all"}
    assert judge(nothing | {"kpi": "asa"}, BenchmarksConfig()) is None
    assert not judge(nothing | {"kpi": "fcr"}, BenchmarksConfig()).is_sure
    usual = judge(nothing | {"kpi": "aht", "value": 300.0}, BenchmarksConfig())
    assert usual.band == "good"


def test_thresholds_stand_in_order():
    with pytest.raises(ValueError, match="fcr_bad_below must not"):
        BenchmarksConfig(fcr_bad_below=0.8)
    with pytest.raises(ValueError, match="abandonment_good_to must not"):
        BenchmarksConfig(abandonment_good_to=0.2)
    with pytest.raises(ValueError, match="from_s must lie below"):
        RangeConfig(from_s=9, to_s=9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"answered_only": True, "repeat_base": "all"}, "needs repeat_base: answered"),
        ({"weekend": [7]}, "days 0"),
        ({"weekend": list(range(7))}, "leaves one to work"),
        ({"repeat_windows_days": [0]}, "one day or more"),
    ],
)
def test_choices_that_make_no_sense_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        KpisConfig(**options)
