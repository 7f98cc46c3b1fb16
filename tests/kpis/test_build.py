from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest

import ccml.identity.link
from ccml.config.kpi_tables import ConversionConfig
from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.engine.store import Table
from ccml.kpis.build import OUTPUTS, build_kpis
from ccml.kpis.by_time import calls_by_hour
from ccml.kpis.prepared import narrow_calls, prepared_calls
from ccml.kpis.table import Watermark, chosen_rule, kpi_table
from ccml.kpis.top_callers import concentration_rows
from ccml.project import Project

DERIVED = ("asked_callback", "callback_at", "callback_reached", "agent_at")
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
    return figures_of(calls(*ROWS).drop(*DERIVED, "event_at"), config)


def figures_of(linked, config, legs=None, events=None):
    rows = narrow_calls(linked, config, WARSAW)
    rule = chosen_rule(config, rows, WARSAW)
    ready = prepared_calls(rows, config, rule, events)
    return kpi_table(ready, config, Watermark(END, WARSAW, rule), legs)


def test_months_add_up_to_the_whole_period(figures):
    tidy = figures
    tidy = tidy[(tidy["group_kind"] == "all") & tidy["denominator"].notna()]
    # Months are no calls of their own: what is only told of the whole has no parts.
    tidy = tidy[tidy["variant"] != "call to event"]
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


def test_every_figure_carries_its_watermark_and_the_share_of_unknown_callers(figures):
    assert set(figures["time_zone"]) == {"Europe/Warsaw"}
    assert (figures["data_until"] == pd.Timestamp(END)).all()
    billing = figures[figures["group"] == "billing"]
    assert (billing["unknown_callers"] == 0).all()
    repeat = figures[figures["kpi"] == "repeat_rate"]
    assert set(repeat["window_days"]) == {7}


def test_what_has_no_value_says_why(figures):
    null = figures["value"].isna()
    assert figures.loc[null, "why_null"].notna().all()
    assert figures.loc[~null, "why_null"].isna().all()


def test_rates_stand_inside_their_interval(figures):
    rates = figures[(figures["unit"] == "share") & figures["numerator"].notna()]
    rates = rates[rates["value"].notna()]
    assert len(rates) > 50
    assert rates["value"].between(rates["low"], rates["high"]).all()


def test_agents_are_told_of_over_the_whole_period_only(calls):
    rows = calls({"agent_id": "x"}, {"agent_id": "y", "started_at": "2025-02-03 10:00"})
    tidy = figures_of(rows.drop(*DERIVED, "event_at"), KpisConfig(groups=["agent"]))
    assert set(tidy.loc[tidy["group_kind"] == "agent", "period"]) == {"all"}
    assert set(tidy.loc[tidy["group_kind"] == "agent", "group"]) == {"x", "y"}


def test_a_transfer_leg_adds_a_handle_time_and_no_call(calls):
    linked = calls({"handle_s": 420.0, "agent_id": "x"}).drop(*DERIVED, "event_at")
    legs = calls(*[{"call_id": "c0", "talk_s": s} for s in (300.0, 120.0)])
    legs = legs.mutate(leg_type=legs.direction.replace("inbound", "agent"))
    config = KpisConfig(groups=["agent"])
    both = [figures_of(linked, config, given) for given in (legs.limit(1), legs)]
    aht = [
        t[t["kpi"] == "aht"].set_index(["group_kind", "variant"])["value"] for t in both
    ]
    per_leg = "talk + hold + wrap per agent leg"
    assert [values["all", per_leg].max() for values in aht] == [300, 210]
    assert [
        values["all", per_leg.replace("agent leg", "call")].max() for values in aht
    ] == [420, 420]
    counts = [t[t["kpi"] == "calls"]["value"].tolist() for t in both]
    assert counts[0] == counts[1]


def test_conversion_is_told_by_source_and_campaign(calls):
    config = KpisConfig(
        groups=["source", "campaign"], conversion=ConversionConfig(table="sales")
    )
    linked = calls(
        {"source": "ad", "campaign": "w"}, {"source": "mail", "customer_id": "B"}
    )
    events = calls({"started_at": "2025-01-04 10:00"})
    events = events.select("customer_id", event_at="started_at")
    tidy = figures_of(linked.drop(*DERIVED, "event_at"), config, events=events)
    rows = tidy[(tidy["kpi"] == "conversion_rate") & (tidy["period"] == "all")]
    rows = rows[rows["variant"].str.startswith("answered inbound")].set_index("group")
    assert rows.loc[["ad", "mail", "w"], "value"].tolist() == [1, 0, 1]


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
    return stored_project(tmp_path, calls, monkeypatch, "")


def stored_project(folder, calls, monkeypatch, more):
    file = folder / "small.yaml"
    file.write_text(
        "version: 1\nproject: small\nworkspace: data\ntime_zone: Europe/Warsaw\n"
        "sources: {calls: {path: calls.csv}}\n" + more
    )
    project = Project.open(file)
    rows = calls(*ROWS).drop(*DERIVED, "event_at").to_pyarrow()
    store(project, "calls", rows, "call_id")
    customers = pd.DataFrame({"customer_id": ["A", "B", "C"]})
    store(project, "customers", customers, "customer_id")

    def linked(store) -> ibis.Table:
        return store.read("calls")

    monkeypatch.setattr(ccml.identity.link, "linked_calls", linked)
    return project


def store(project, name, rows, key):
    project.store.write(name, Table(rows, [key], "one row each"), "0" * 16)


def test_the_stage_makes_its_tables_once(project):
    assert build_kpis(project)
    assert not build_kpis(project)
    assert set(OUTPUTS) <= set(project.store.names())
    kpis = project.store.frame("kpis")
    assert {"period", "group", "group_kind", "kpi", "variant", "value"} <= set(kpis)
    assert (kpis["variant"].str.endswith("of customers on record")).any()
    assert len(project.store.frame("repeat_trend")) == 2
    assert project.store.frame("calls_by_hour")["calls"].sum() == 3
    assert project.store.frame("calls_by_day")["calls"].sum() == 3
    times = project.store.frame("kpis_by_time")
    assert {"hour", "weekday", "attempt"} == set(times["group_kind"])
    assert "5 Fri" in set(times["group"])
    assert project.store.frame("attempts_to_conversion").empty


@pytest.mark.slow
def test_tables_that_the_config_names_are_read(tmp_path, calls, monkeypatch):
    more = (
        "kpis:\n"
        "  repeat_days: business\n"
        "  repeat_same: null\n"
        "  agent_states: {table: states, state: state, seconds: s, idle_states: [idle]}\n"
        "  roster: {table: roster, started: hired, left: gone}\n"
        "  conversion: {table: sales, where: \"kind = 'new'\"}\n"
        "  complaints: {table: sales}\n"
    )
    project = stored_project(tmp_path, calls, monkeypatch, more)
    states = {"event_id": [1], "customer_id": ["x"], "state": ["idle"], "s": [300.0]}
    store(project, "states", pd.DataFrame(states), "event_id")
    roster = {
        "row_no": [1, 2],
        "hired": ["2024-01-01"] * 2,
        "gone": [None, "2025-01-20"],
    }
    store(project, "flat__roster", pd.DataFrame(roster), "row_no")
    sale = {"event_id": [1], "customer_id": ["A"], "kind": ["new"]}
    at = pd.to_datetime(["2025-01-04 10:00"], utc=True)
    store(project, "sales", pd.DataFrame(sale).assign(event_at=at), "event_id")
    assert build_kpis(project)
    kpis = project.store.frame("kpis")
    whole = (
        kpis[kpis["period"] == "all"].drop_duplicates("kpi").set_index("kpi")["value"]
    )
    assert whole["occupancy"] == pytest.approx(100 / 400)
    assert whole["agent_attrition"] > 0
    assert not kpis["kpi"].str.endswith("_net").any()
    assert kpis["variant"].str.contains("business d").any()
    types = project.store.frame("call_types").set_index("reason")
    assert types.loc["billing", "complaint_share"] == 1
