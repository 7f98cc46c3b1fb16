from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest

import ccml.identity.link
from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.engine.store import Table
from ccml.kpis.build import (
    build_kpis,
    calls_by_hour,
    chosen_rule,
    concentration_rows,
    kpi_table,
)
from ccml.kpis.repeats import base_calls
from ccml.project import Project

WARSAW = ZoneInfo("Europe/Warsaw")
END = datetime(2025, 3, 1, tzinfo=UTC)
ROWS = [
    {"reason": "billing", "wait_s": 5.0, "handle_s": 100.0},
    {"reason": "billing", "wait_s": 50.0, "started_at": "2025-01-03 10:00"},
    {"customer_id": "B", "started_at": "2025-01-31 23:30", "wait_s": 5.0},
    {"direction": "outbound", "started_at": "2025-02-03 10:00"},
]


@pytest.fixture(scope="module")
def figures(calls):
    return table_of(calls, KpisConfig(repeat_windows_days=[7]))


def table_of(calls, config):
    rows = calls(*ROWS)
    return kpi_table(rows, base_calls(rows, chosen_rule(config)), config, END, WARSAW)


def test_months_add_up_to_the_whole_period(figures):
    tidy = figures
    tidy = tidy[(tidy["group_kind"] == "all") & tidy["denominator"].notna()]
    sums = tidy.groupby(["kpi", "variant", tidy["period"] == "all"])[
        ["numerator", "denominator"]
    ].sum()
    whole, parts = sums.xs(key=True, level=2), sums.xs(key=False, level=2)
    pd.testing.assert_frame_equal(whole, parts)


def test_months_are_local(figures):
    tidy = figures
    inbound = tidy[(tidy["variant"] == "inbound") & (tidy["group_kind"] == "all")]
    counts = inbound.set_index("period")["value"]
    assert counts["2025-01"] == 2
    assert counts["2025-02"] == 1


def test_every_group_and_variant_stands_once(figures):
    tidy = figures
    keys = ["period", "group_kind", "group", "kpi", "variant"]
    assert not tidy.duplicated(keys).any()
    reasons = set(tidy.loc[tidy["group_kind"] == "reason", "group"])
    assert reasons == {"billing", "not given"}


def test_the_main_window_is_always_there(calls):
    tidy = table_of(calls, KpisConfig(repeat_windows_days=[3], main_window_days=10))
    variants = tidy.loc[tidy["kpi"] == "repeat_rate", "variant"].str.split(";").str[0]
    assert set(variants) == {"within 3 d", "within 10 d"}


def test_customers_without_a_call_raise_concentration(calls):
    rows = calls(*[{}] * 3, {"customer_id": "B"})
    tidy = concentration_rows(rows, customers=10).set_index("variant")["value"]
    assert tidy["inbound calls of the top 10 % of customers on record"] == 0.75
    assert tidy["inbound calls of the top 10 % of customers who called"] < 0.75


def test_without_callers_concentration_is_unknown(calls):
    tidy = concentration_rows(calls({"customer_id": None}), customers=None)
    assert tidy["value"].isna().all()


def test_hours_are_those_of_the_site(calls):
    hours = calls_by_hour(calls(*ROWS), WARSAW).to_pandas()
    found = set(zip(hours["weekday"], hours["hour"], hours["calls"], strict=True))
    assert found == {(3, 11, 1), (4, 11, 1), (5, 0, 1)}


def test_local_time_follows_daylight_saving(calls):
    rows = calls({"started_at": "2025-07-01 10:00"}, {"started_at": "2025-01-01 10:00"})
    hours = rows.select(h=local_time(rows.started_at, WARSAW).hour()).to_pandas()["h"]
    assert sorted(hours) == [11, 12]


@pytest.fixture
def project(tmp_path, calls, monkeypatch):
    file = tmp_path / "small.yaml"
    file.write_text(
        "version: 1\nproject: small\nworkspace: data\ntime_zone: Europe/Warsaw\n"
        "sources: {calls: {path: calls.csv}}\n"
    )
    project = Project.open(file)
    rows = calls(*ROWS)
    project.store.write(
        "calls", Table(rows.to_pyarrow(), ["call_id"], "one row per call"), "0" * 16
    )
    customers = pd.DataFrame({"customer_id": ["A", "B", "C"]})
    project.store.write(
        "customers", Table(customers, ["customer_id"], "one row per customer"), "0" * 16
    )

    def linked(store) -> ibis.Table:
        return store.read("calls")

    monkeypatch.setattr(ccml.identity.link, "linked_calls", linked)
    return project


def test_the_stage_makes_its_tables_once(project):
    assert build_kpis(project)
    assert not build_kpis(project)
    kpis = project.store.frame("kpis")
    assert {"period", "group", "group_kind", "kpi", "variant", "value"} <= set(kpis)
    assert (kpis["variant"].str.endswith("of customers on record")).any()
    assert len(project.store.frame("repeat_trend")) == 2
    assert project.store.frame("calls_by_hour")["calls"].sum() == 3
