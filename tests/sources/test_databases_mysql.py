"""MySQL and MariaDB as sources: a real server where there is one."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from database_rows import PLACE, batches_of, column_of, complaint, rows_of
from database_rows import database_source as source
from mariadb import ADMIN_PASSWORD, PROGRAM, has_server, mariadb_server

from ccml.config.databases import DatabaseConfig
from ccml.sources.databases import check_database, pull, pull_batches, watermark_of
from ccml.sources.databases_mysql import driver, time_limit

pytest.importorskip("pymysql", reason="needs PyMySQL")
needs_server = pytest.mark.skipif(
    not has_server(), reason=f"needs {PROGRAM} (Debian: mariadb-server-core)"
)


@pytest.fixture(scope="module")
def server():
    with mariadb_server() as running:
        running.run(
            "create table types (small tinyint, flag boolean, f float, d double, "
            "price decimal(12,3), `key` decimal(18,0), long_key decimal(22,0), "
            "note text, local datetime(3), at timestamp(6) null, day date, "
            "lasted time(1), year year, doc json, raw varbinary(4), bits bit(3))",
            "set time_zone = '+02:00'",
            "insert into types values (1, true, 0.1, 2.5, 12.345, 123456789012345678, "
            "1234567890123456789012, 'żółć', '2026-01-01 00:00:00.123', "
            "'2026-01-01 02:00', '2026-01-01', '838:59:59', 2026, '{\"a\": 1}', "
            "x'00ff', b'101')",
            "set time_zone = '+00:00'",
            "set sql_mode = ''",
            "insert into types (local, at, day) "
            "values ('0000-00-00', '0000-00-00', '0000-00-00')",
            "create table few (id int, at timestamp null, note varchar(40))",
            "insert into few values (1, '2026-03-01 10:00', 'a'), "
            "(2, '2026-03-01 11:00', 'it''s'), (3, '2026-03-01 12:00', 'x \\\\'' y'), "
            "(4, null, null)",
            "create table many as select seq as id, repeat('x', 100) as note "
            "from seq_1_to_20000",
            "create function sneaky() returns int modifies sql data "
            "begin delete from few; return 1; end",
            "create view writer as select sneaky() as a",
            "create user poor@'127.0.0.1' identified by 'poor-password'",
            "grant select on crm.few to poor@'127.0.0.1'",
        )
        yield running


@needs_server
def test_types_of_columns_stay_what_they_are(shared_backend, server):
    row, nothing = rows_of(shared_backend, source(server.url(), table="types"))
    assert (row["small"], row["flag"], row["d"], row["price"]) == (1, 1, 2.5, 12.345)
    assert row["f"] == pytest.approx(0.1, rel=1e-7)
    assert (row["key"], row["year"], row["bits"]) == (123456789012345678, 2026, 5)
    assert (row["long_key"], row["note"]) == ("1234567890123456789012", "żółć")
    assert row["local"] == datetime(2026, 1, 1, 0, 0, 0, 123000)
    assert row["at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert (row["day"], row["lasted"]) == (date(2026, 1, 1), "838:59:59.0")
    assert (row["doc"], row["raw"]) == ('{"a": 1}', "00ff")
    assert {nothing[name] for name in ("local", "at", "day", "note")} == {None}


@needs_server
def test_batches_have_their_size_and_numbers_go_on(shared_backend, server):
    many = source(server.url(), table="many", batch_rows=7000)
    found = batches_of(shared_backend, many)
    assert [len(rows) for rows in found] == [7000, 7000, 6000]
    numbers = [row["_row_no"] for rows in found for row in rows]
    assert numbers == list(range(1, 20_001))
    assert len(rows_of(shared_backend, many, limit=5)) == 5


@needs_server
def test_one_may_stop_before_the_end(shared_backend, server):
    many = source(server.url(), table="many", batch_rows=10)
    found = pull_batches(shared_backend, many, PLACE)
    assert next(found).rows.count().execute() == 10
    found.close()


@needs_server
@pytest.mark.parametrize(
    ("mark", "kept"),
    [("at", [3, 4]), ("id", [4]), ("note", [3, 4]), ("day", [1, 2, 3, 4])],
)
def test_a_watermark_reads_newer_rows_ties_and_rows_without(
    shared_backend, server, mark, kept
):
    query = "select id, at, note, date(at) as day from few"
    few = source(server.url(), query=query, watermark=mark, overlap_minutes=0)
    seen = watermark_of(pull(shared_backend, few, PLACE), few)
    assert column_of(shared_backend, few, "id", after=seen) == kept


@needs_server
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"table": "man"}, "Did you mean 'many'"),
        ({"query": "select nothing from few"}, "a column or function"),
        ({"query": "select * from nothing"}, "a table or schema"),
        ({"query": "select 1 as a, 2 as A"}, "two of its columns have one name"),
        ({"table": "few", "watermark": "att"}, "Did you mean 'at'"),
        ({"table": "writer"}, "it would change something"),
        ({"query": "select cast('18446744073709551615' as unsigned) as a"}, "its type"),
        (
            {"query": "select count(*) as n from many a, many b", "timeout_s": 1},
            "stopped after this time, 1 s",
        ),
    ],
)
def test_each_fault_is_one_sentence(shared_backend, server, how, says):
    text = complaint(shared_backend, source(server.url(), **how))
    assert says in text
    assert text.rstrip().splitlines()[-1].startswith("ccml.errors.")
    assert ADMIN_PASSWORD not in text
    assert "127.0.0.1" not in text


@needs_server
@pytest.mark.parametrize(
    ("change", "table", "says"),
    [
        ({"password": "canary-wrong"}, "few", "refused the login"),
        ({"user": "canary-user"}, "few", "refused the login"),
        ({"name": "canary-name"}, "few", "no such database"),
        ({"user": "poor", "password": "poor-password"}, "many", "may not read it"),
    ],
)
def test_a_login_that_fails_is_told_without_it(
    shared_backend, server, change, table, says
):
    text = complaint(shared_backend, source(server.url(**change), table=table))
    assert says in text
    assert not any(word in text for word in ("canary", "poor", ADMIN_PASSWORD))


@needs_server
def test_the_session_cannot_write(server):
    connection = driver().connect(DatabaseConfig(url=server.url(), table="few"), Path())
    with (
        connection.cursor() as cursor,
        pytest.raises(Exception, match="READ ONLY") as caught,
    ):
        cursor.execute("delete from few")
    assert driver().fault(caught.value) == "write"
    connection.close()


@needs_server
def test_columns_are_checked_without_reading(server):
    kinds = check_database(source(server.url(), table="crm.few"), PLACE)
    assert kinds == {"id": "number", "at": "instant", "note": "text"}


@needs_server
def test_a_server_that_goes_away_is_told(shared_backend):
    with mariadb_server() as passing:
        passing.run(
            "create table many as select seq as id, repeat('x', 1000) as note "
            "from seq_1_to_20000"
        )
        many = source(passing.url(), table="many", batch_rows=100)
        found = pull_batches(shared_backend, many, PLACE)
        next(found)
        passing.stop()
        with pytest.raises(Exception, match=r"connection broke after [\d,]+ rows"):
            list(found)


def test_a_server_that_is_not_there_is_told(shared_backend):
    url = "mysql://u:canary-pass@127.0.0.1:1/crm"
    text = complaint(shared_backend, source(url, table="few"))
    assert "no server answers" in text
    assert "canary" not in text


def test_each_make_has_its_own_time_limit():
    assert time_limit("10.11.18-MariaDB", 7) == "set session max_statement_time = 7"
    assert time_limit("8.4.3", 7) == "set session max_execution_time = 7000"
