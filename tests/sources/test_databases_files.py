"""SQLite and DuckDB files as sources."""

import sqlite3
from datetime import UTC, date, datetime

import duckdb
import pytest
from database_rows import PLACE, batches_of, column_of, complaint, rows_of
from database_rows import database_source as source

from ccml.config.databases import DatabaseConfig
from ccml.errors import ConfigError
from ccml.sources import databases_mysql, databases_postgresql
from ccml.sources.databases import check_database, pull, watermark_of
from ccml.sources.databases_files import duckdb_driver, sqlite_driver

LITE, DUCK = "sqlite:///crm.db", "duckdb:///crm.duckdb"


@pytest.fixture
def lite(tmp_path):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.executescript('''
            create table calls (id integer, wait real, mixed, note text, at text);
            insert into calls values (1, 1.5, 7, 'a', '2026-03-01T10:00:00Z'),
                (2, 2, 0.1, 'b', '2026-03-01T11:00:00Z'),
                (3, null, 'x', x'00ff', null);
            create table "Odd ""name""" ("A b" integer);
            insert into "Odd ""name""" values (7);
        ''')
    connection.close()
    return tmp_path


@pytest.fixture
def duck(tmp_path):
    with duckdb.connect(tmp_path / "crm.duckdb") as connection:
        connection.execute("""
            set TimeZone = 'UTC';
            create table calls as select i as id, i % 2 = 0 as even, i * 1.25 as price,
            i::decimal(18, 0) as key, timestamptz '2026-03-01 10:00:00+00' as at,
            timestamp '2026-03-01 10:00:00' as local, date '2026-03-01' as day,
            interval 90 second as lasted, [i] as list, timestamp 'infinity' as ends
            from range(1, 6) r(i)
        """)
    return tmp_path


def test_sqlite_columns_have_the_types_of_their_values(shared_backend, lite):
    rows = rows_of(shared_backend, source(LITE, table="calls"), folder=lite)
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert [row["wait"] for row in rows] == [1.5, 2.0, None]
    assert [row["mixed"] for row in rows] == ["7", "0.10000000000000001", "x"]
    assert [row["note"] for row in rows] == ["a", "b", "00FF"]
    kinds = check_database(source(LITE, table="calls"), PLACE, lite)
    assert kinds == {
        "id": "number",
        "wait": "number",
        "mixed": "text",
        "note": "text",
        "at": "text",
    }


def test_duckdb_columns_keep_their_types(shared_backend, duck):
    calls = source(DUCK, table="calls", batch_rows=2)
    found = batches_of(shared_backend, calls, folder=duck)
    assert [len(rows) for rows in found] == [2, 2, 1]
    row = found[0][1]
    assert (row["id"], row["even"], row["price"], row["key"]) == (2, True, 2.5, 2)
    assert row["at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert row["local"] == datetime(2026, 3, 1, 10)
    assert row["day"] == date(2026, 3, 1)
    assert (row["lasted"], row["list"], row["ends"]) == (90.0, "[2]", None)


@pytest.mark.parametrize(
    ("mark", "kept"), [("at", [2, 3]), ("id", [3]), ("wait", [2, 3])]
)
def test_sqlite_reads_from_a_watermark_on(shared_backend, lite, mark, kept):
    calls = source(LITE, table="calls", watermark=mark)
    seen = watermark_of(pull(shared_backend, calls, PLACE, folder=lite), calls)
    assert column_of(shared_backend, calls, "id", folder=lite, after=seen) == kept


def test_duckdb_reads_from_a_watermark_on(shared_backend, duck):
    query = 'select id, "at" + id * interval 1 hour as "at" from calls'
    calls = source(DUCK, query=query, watermark="at", overlap_minutes=60)
    seen = watermark_of(pull(shared_backend, calls, PLACE, folder=duck), calls)
    assert seen == "2026-03-01T15:00:00+00:00"
    assert column_of(shared_backend, calls, "id", folder=duck, after=seen) == [4, 5]


def test_sqlite_batches_and_limits(shared_backend, lite):
    calls = source(LITE, table="calls", batch_rows=2)
    assert [len(b) for b in batches_of(shared_backend, calls, folder=lite)] == [2, 1]
    assert len(rows_of(shared_backend, calls, folder=lite, limit=1)) == 1
    odd = source(LITE, table='Odd "name"')
    assert column_of(shared_backend, odd, "A b", folder=lite) == [7]


@pytest.mark.parametrize(
    ("url", "how", "says"),
    [
        (LITE, {"table": "cals"}, "Did you mean 'calls'"),
        (LITE, {"query": "select missing from calls"}, "a column or function"),
        (LITE, {"query": "select * from missing"}, "a table or schema"),
        ("sqlite:///no.db", {"table": "calls"}, "no such database"),
        ("sqlite:///text.db", {"table": "calls"}, "no such database"),
        ("sqlite:///latin.db", {"table": "t"}, "not in the encoding"),
        (LITE, {"table": "calls", "watermark": "idd"}, "Did you mean 'id'"),
        (DUCK, {"table": "cals"}, "Did you mean 'calls'"),
        (DUCK, {"query": "select missing from calls"}, "a column or function"),
        (DUCK, {"query": "select cast('x' as integer) as a"}, "its type cannot give"),
        ("duckdb:///no.duckdb", {"table": "calls"}, "no such database"),
    ],
)
def test_each_fault_is_one_sentence(shared_backend, lite, duck, url, how, says):
    (lite / "text.db").write_text(
        "no database at all, but a text of some length\n" * 99
    )
    with sqlite3.connect(lite / "latin.db") as connection:
        connection.execute("create table t (a text)")
        connection.execute("insert into t values (cast(x'ff20' as text))")
    connection.close()
    text = complaint(shared_backend, source(url, **how), folder=duck)
    assert says in text
    assert text.rstrip().splitlines()[-1].startswith("ccml.errors.")


def test_sqlite_stops_after_its_time(shared_backend, lite):
    query = (
        "with recursive r(i) as (select 1 union all select i + 1 from r) "
        "select i from r where i < 0"
    )
    text = complaint(
        shared_backend, source(LITE, query=query, timeout_s=1), folder=lite
    )
    assert "stopped after this time, 1 s" in text


def test_a_locked_sqlite_is_told(shared_backend, lite):
    holder = sqlite3.connect(lite / "crm.db", isolation_level=None)
    holder.execute("begin exclusive")
    calls = source(LITE, table="calls", connect_timeout_s=1)
    assert "locked by another program" in complaint(shared_backend, calls, folder=lite)
    holder.close()


@pytest.mark.parametrize(
    ("driver", "url"), [(sqlite_driver(), LITE), (duckdb_driver(), DUCK)]
)
@pytest.mark.usefixtures("duck")
def test_files_cannot_be_written(driver, url, lite):
    database = DatabaseConfig(url=url, table="calls")
    connection = driver.connect(database, lite)
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        connection.execute("delete from calls")
    connection.close()


def test_duckdb_reaches_no_other_file(duck):
    (duck / "secret.csv").write_text("a\n1\n")
    connection = duckdb_driver().connect(DatabaseConfig(url=DUCK, table="calls"), duck)
    with pytest.raises(duckdb.PermissionException, match="disabled"):
        connection.execute(f"select * from '{duck / 'secret.csv'}'")  # noqa: S608
    connection.close()


@pytest.mark.parametrize(
    ("kind", "module"),
    [("postgresql", databases_postgresql), ("mysql", databases_mysql)],
)
def test_a_missing_library_is_named(shared_backend, monkeypatch, kind, module):
    def missing():
        raise ImportError("no such module")

    monkeypatch.setattr(module, "_errors", missing)
    text = complaint(shared_backend, source(f"{kind}://u@127.0.0.1:1/crm", table="t"))
    assert "needs `pip install 'ccml[databases]'`" in text


def test_a_source_without_a_database_is_a_mistake_of_ours():
    from ccml.config.sources import CallsSource

    with pytest.raises(AssertionError, match="no database"):
        check_database(CallsSource(path="a.csv"), PLACE)


def test_names_that_ccml_gives_are_refused(shared_backend, lite):
    query = "select id as _file from calls"
    with pytest.raises(ConfigError, match="names that ccml gives"):
        pull(shared_backend, source(LITE, query=query), PLACE, folder=lite)
