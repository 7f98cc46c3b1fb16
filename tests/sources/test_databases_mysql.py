"""MySQL and MariaDB as sources: a real server where there is one."""

from datetime import UTC, date, datetime

import pytest
from database_rows import (
    assert_one_sentence,
    complaint,
    rows_of,
)
from database_rows import database_source as source
from mariadb import PROGRAM, has_server, mariadb_server

from ccml.sources.databases_mysql import time_limit

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


def test_each_make_has_its_own_time_limit():
    assert time_limit("10.11.18-MariaDB", 7) == "set session max_statement_time = 7"
    assert time_limit("8.4.3", 7) == "set session max_execution_time = 7000"


@needs_server
def test_a_number_too_large_for_its_type_is_told(shared_backend, server):
    query = "select cast('18446744073709551615' as unsigned) as a"
    text = complaint(shared_backend, source(server.url(), query=query))
    assert_one_sentence(text, "its type")
