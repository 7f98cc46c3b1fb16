"""The tables for BI tools: they join, add up, and say no more than they may."""

# ruff: noqa: S608 - the tests write the SQL that they read with

import json
import stat
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pytest
from export_inputs import AGENT, CUSTOMER, HOSTILE, PHONE, built_site, open_site
from pydantic import ValidationError

from ccml.config.exports import ExportsConfig
from ccml.config.kpis import KpisConfig
from ccml.engine.digest import sha256_file
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.reports.bi_calls import located_calls, single_calls
from ccml.reports.bi_measures import formulas
from ccml.reports.bi_star import dim_date, dim_names, formula_of
from ccml.reports.exported import allowed
from ccml.reports.exports import build_exports, publish

CANARIES = [AGENT, PHONE, CUSTOMER, "call-canary"]
PERSONAL = {"call_id", "customer_id", "phone_key", "agent_id"}
GIVEN_BY_SUMS = {
    "abandonment", "aht", "asa", "calls", "csat", "csat_response", "csat_top", "fcr",
    "hold_share", "hold_time", "ivr_containment", "repeat_rate", "service_level",
    "time_to_abandon", "transfer_rate", "unknown_callers",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    return built_site(tmp_path_factory.mktemp("bi"))


@pytest.fixture
def exports(project) -> Path:
    return project.workspace / "exports"


@pytest.fixture
def database(exports):
    with duckdb.connect(str(exports / "bi" / "ccml.duckdb"), read_only=True) as found:
        yield found


def rows(database, sql: str) -> pd.DataFrame:
    return database.sql(sql).df()


def tables(database) -> set[str]:
    return {name for (name,) in database.sql("show tables").fetchall()}


def columns(database) -> pd.DataFrame:
    return rows(database, "select * from duckdb_columns() where not internal")


def test_every_table_stands_as_parquet_too_with_equal_rows(exports, database):
    files = {file.stem: file for file in (exports / "bi").glob("*.parquet")}
    assert set(files) == tables(database)
    for name, file in files.items():
        both = f"(from {name} except all from '{file}')"
        assert rows(database, f"select count(*) n from {both}").n[0] == 0
        counts = f"select (select count(*) from {name}) - count(*) n from '{file}'"
        assert rows(database, counts).n[0] == 0


def test_every_table_and_column_says_what_it_is(database):
    assert columns(database).comment.str.len().gt(1).all()
    told = rows(database, "select comment from duckdb_tables() where not internal")
    assert told.comment.str.startswith("one row per").all()


def test_no_column_is_wider_than_bi_tools_read(database):
    kinds = {"BIGINT", "INTEGER", "DOUBLE", "VARCHAR", "DATE", "BOOLEAN", "TIMESTAMP"}
    assert set(columns(database).data_type) <= kinds


@pytest.mark.parametrize(
    ("fact", "dimension", "key"),
    [
        ("fact_calls_hourly", "dim_date", "date"),
        ("fact_calls_hourly", "dim_queue", "queue_key"),
        ("fact_calls_hourly", "dim_reason", "reason_key"),
        ("fact_kpis", "dim_kpi", "kpi_key"),
    ],
)
def test_each_fact_finds_one_row_of_its_dimension(database, fact, dimension, key):
    joined = f"select count(*) n from {fact} join {dimension} using ({key})"
    assert rows(database, joined).n[0] == rows(database, f"from {fact}").shape[0] > 0


def test_months_and_weeks_are_days_of_the_calendar(database):
    lost = rows(
        database,
        "select month_start d from fact_kpis where month_start is not null union all "
        "select week_start from fact_repeat_weeks",
    )
    known = set(rows(database, "from dim_date").date)
    assert len(lost) > 0
    assert set(lost.d) <= known


@pytest.mark.parametrize("kind", ["all", "queue", "reason"])
@pytest.mark.parametrize("by_month", [False, True])
def test_formulas_over_sums_equal_the_stored_figures(database, kind, by_month):
    known = rows(database, "from dim_kpi where hourly_formula is not null")
    assert set(known.kpi) == GIVEN_BY_SUMS
    period = "f.period" if by_month else "'all'"
    group = {"all": "'all'", "queue": "queue", "reason": "reason"}[kind]
    compared = 0
    for figure in known.itertuples():
        found = rows(
            database,
            f"with f as (from fact_calls_hourly join dim_date using (date) "
            f"join dim_queue using (queue_key) join dim_reason using (reason_key)), "
            f"made as (select {period} as period, {group} as group_name, "
            f"{figure.hourly_formula} as made from f group by 1, 2) "
            f"select value, made from fact_kpis k join made using (period, group_name) "
            f"where k.group_kind = '{kind}' and k.kpi_key = {figure.kpi_key}",
        )
        same = (found.value - found.made).abs() < 1e-9 * found.value.abs().clip(1)
        assert (same | (found.value.isna() & found.made.isna())).all(), figure
        compared += int(found.value.notna().sum())
    assert compared > len(known) / 2


def test_repeat_weeks_equal_the_stored_trend(project, database):
    stored = project.store.frame("repeat_trend").sort_values("week")
    found = rows(database, "from fact_repeat_weeks order by week_start")
    assert found.base.tolist() == stored.base.tolist()
    assert found.is_censored.tolist() == stored.is_censored.tolist()
    assert found.is_censored.any()


def test_calls_add_up_over_the_hours(project, database):
    total = rows(database, "select sum(calls) n, sum(inbound) i from fact_calls_hourly")
    calls = project.store.frame("calls")
    assert total.n[0] == len(calls)
    assert total.i[0] == (calls.direction == "inbound").sum()


def test_hostile_names_stay_plain_values(database):
    assert HOSTILE in set(rows(database, "from dim_queue").queue)


def test_nothing_tells_who_called_or_answered(exports, database):
    assert not PERSONAL & set(columns(database).column_name)
    assert "agent" not in set(rows(database, "from fact_kpis").group_kind)
    assert not {"fact_calls", "agent_bands"} & tables(database)
    for file in exports.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [word for word in CANARIES if word.encode() in content]


def test_the_manifest_accounts_for_every_file(exports, database):
    record = json.loads((exports / "manifest.json").read_text())
    listed = {file["path"]: file for file in record["files"]}
    found = {
        file.relative_to(exports).as_posix()
        for file in exports.rglob("*")
        if file.is_file()
    }
    assert found == {*listed, "manifest.json"}
    facts = listed["bi/fact_kpis.parquet"]
    assert facts["rows"] == len(rows(database, "from fact_kpis"))
    assert facts["bytes"] == (exports / facts["path"]).stat().st_size
    assert record["exports"]["with_calls"] is False


def test_a_second_run_writes_nothing_and_mends_what_was_touched(project, exports):
    book, record = exports / "kpis.xlsx", exports / "manifest.json"
    before = book.stat().st_mtime_ns, record.stat().st_mtime_ns
    build_exports(project)
    assert (book.stat().st_mtime_ns, record.stat().st_mtime_ns) == before
    whole = book.read_bytes()
    book.write_bytes(b"touched")
    own = exports / "bi" / "my dashboard.pbix"
    own.write_text("mine")
    build_exports(project)
    assert book.read_bytes() == whole
    assert own.read_text() == "mine"
    own.unlink()


@pytest.mark.slow
def test_the_same_figures_give_the_same_bytes(project, exports):
    names = sorted(p for p in exports.rglob("*") if p.suffix in (".parquet", ".xlsx"))
    before = {file: file.read_bytes() for file in names}
    again = Project.open(project.file, force=True)
    build_exports(again)
    assert {file: file.read_bytes() for file in names} == before


@pytest.mark.slow
def test_calls_customers_and_agents_are_exported_when_asked_for(project, exports):
    asked = {"with_calls": True, "with_customers": True, "with_agents": True}
    files = build_exports(open_site(project.folder, exports=asked))
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    with duckdb.connect(str(exports / "bi" / "ccml.duckdb"), read_only=True) as found:
        calls = rows(found, "from fact_calls order by call_no")
        kinds = set(rows(found, "from fact_kpis").group_kind)
        assert {"fact_calls", "agent_bands"} <= tables(found)
    stored = project.store.frame("calls").sort_values(["started_at", "call_id"])
    assert calls.call_id.tolist() == stored.call_id.tolist()
    assert calls.call_no.tolist() == list(range(1, len(stored) + 1))
    assert calls.repeated_within_7d.isna().any()
    assert set(calls.agent_id.dropna()) == {AGENT}
    assert "phone_key" not in calls
    assert {"agent", "queue"} <= kinds


def test_a_call_alone_names_nobody(project):
    names = (dim_names(kind, []).rows for kind in ("queue", "reason"))
    calls = located_calls(project, *(ibis.memtable(frame) for frame in names))
    table = single_calls(calls, 7, with_customers=False, with_agents=False)
    assert not PERSONAL & set(table.rows.columns)
    assert list(table.rows.columns) == list(table.columns)


def stored_export(folder: Path, *names: str) -> Path:
    """Lie an export down as the store holds it."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    files = [{"path": n, "sha256": sha256_file(folder / n)} for n in names]
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    return folder


def test_calls_that_are_no_longer_exported_are_taken_back(tmp_path):
    target = tmp_path / "exports"
    first = stored_export(tmp_path / "1", "kpis.xlsx", "bi/fact_calls.parquet")
    publish(first, target, 0o600)
    own = target / "bi" / "dashboard.pbix"
    own.write_text("mine")
    publish(stored_export(tmp_path / "2", "kpis.xlsx"), target, 0o644)
    assert not (target / "bi" / "fact_calls.parquet").exists()
    assert own.read_text() == "mine"
    assert stat.S_IMODE((target / "kpis.xlsx").stat().st_mode) == 0o644


def test_a_copy_that_fails_leaves_no_manifest(tmp_path):
    target = tmp_path / "exports"
    publish(stored_export(tmp_path / "1", "kpis.xlsx"), target, 0o644)
    broken = stored_export(tmp_path / "2", "kpis.xlsx", "bi/dim_date.parquet")
    (broken / "bi" / "dim_date.parquet").unlink()
    with pytest.raises(FileNotFoundError, match="dim_date"):
        publish(broken, target, 0o644)
    assert not (target / "manifest.json").exists()
    assert not list(target.rglob("*.tmp*"))


def test_no_calls_no_exports(tmp_path):
    flat = {"flat": {"survey": {"path": "s.csv"}}}
    project = open_site(tmp_path, sources=flat)
    with pytest.raises(ConfigError, match=r"sources.calls: .* add a call log"):
        build_exports(project)


def test_customers_without_calls_are_refused():
    with pytest.raises(ValidationError, match="set with_calls: true"):
        ExportsConfig(with_customers=True)


def test_agents_are_left_out_row_by_row_and_column_by_column():
    frame = pd.DataFrame({"group_kind": ["agent", "all"], "agent_id": [AGENT, None]})
    assert allowed(frame, with_agents=False).to_dict("list") == {"group_kind": ["all"]}
    assert len(allowed(frame, with_agents=True)) == 2


def test_the_formula_that_names_most_of_the_variant_is_taken():
    known = formulas(KpisConfig())
    asked = formula_of("calls", "inbound, asked for an agent", known)
    assert asked is not None
    assert asked.sql == "sum(offered)"
    assert formula_of("calls", "inbounds", known) is None


def test_missing_names_have_the_key_zero_once():
    table = dim_names("queue", ["b", "a", "not given"])
    assert table.rows.to_dict("list") == {
        "queue_key": [0, 1, 2],
        "queue": ["not given", "a", "b"],
    }


def test_the_calendar_holds_whole_months_and_weeks_and_marks_covered_days():
    first, last = pd.Timestamp("2025-01-15"), pd.Timestamp("2025-02-03")
    frame = dim_date(first, last, pd.Timestamp("2025-02-03 12:00")).rows
    assert str(frame.date.iloc[0]) == "2024-12-30"
    assert str(frame.date.iloc[-1]) == "2025-02-28"
    covered = frame[frame.is_covered].date.astype(str)
    assert (covered.iloc[0], covered.iloc[-1]) == ("2025-01-15", "2025-02-02")
    assert set(frame[frame.is_weekend].weekday) == {6, 7}
