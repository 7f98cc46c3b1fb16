"""A database as a source: each run reads what changed, and nothing is counted twice."""

import sqlite3
import textwrap
from contextlib import closing

import pytest
from source_projects import project

from ccml.errors import CcmlError, DataError
from ccml.identity.check import check_sources
from ccml.identity.prepare import prepare_all

CALLS = """
calls:
  max_bad_share: 1
  database: {url: "sqlite:///calls.db", table: calls, WATERMARK batch_rows: 2}
  columns:
    call_id: id
    started_at: start
    ended_at: end
    known_at: loaded
    customer_phone: phone
    talk_s: talk
"""
DAY = "2026-01-05T10"


def insert(folder, *rows):
    with closing(sqlite3.connect(folder / "calls.db")) as connection, connection:
        connection.execute(
            "create table if not exists calls (id text, start text, end text, "
            "loaded text, phone text, talk real, changed integer)"
        )
        connection.executemany("insert into calls values (?, ?, ?, ?, ?, ?, ?)", rows)


def row(id, talk=10.0, changed=1, loaded="2026-01-05T11:00:00Z"):
    return (id, f"{DAY}:00:00Z", f"{DAY}:05:00Z", loaded, "600 700 800", talk, changed)


def opened(backend, folder, watermark="watermark: changed,"):
    sources = textwrap.dedent(CALLS).replace("WATERMARK", watermark)
    return project(backend, folder, sources)


def calls(made):
    frame = made.store.frame("calls")
    return dict(zip(frame.call_id, frame.talk_s, strict=True))


def test_rows_come_in_batches_and_every_one_is_accounted_for(shared_backend, tmp_path):
    insert(tmp_path, *(row(f"k{i}", float(i)) for i in range(5)), row(None))
    made = opened(shared_backend, tmp_path)
    told = prepare_all(made)["sources"]["calls"]
    assert calls(made) == {f"k{i}": float(i) for i in range(5)}
    assert (told["rows_in"], told["rows_kept"]) == (6, 5)
    assert told["set_aside"] == {"missing call_id": 1}


def test_the_next_run_reads_what_changed(shared_backend, tmp_path):
    insert(tmp_path, row("k1", 1, changed=9), row("k2", 2, changed=10))
    made = opened(shared_backend, tmp_path)
    prepare_all(made)
    late = "2026-01-06T00:00:00Z"
    insert(tmp_path, row("k3", 3, changed=11), row("k1", 7, changed=12, loaded=late))
    told = prepare_all(made)["sources"]["calls"]
    assert calls(made) == {"k1": 7, "k2": 2, "k3": 3}
    # k2 has the greatest number of the first run, and is read once more.
    assert told["set_aside"] == {"duplicate": 1, "older copy of the same call": 1}
    assert told["rows_in"] == 5


def test_a_run_without_changes_leaves_the_calls_as_they_are(shared_backend, tmp_path):
    insert(tmp_path, row("k1"), row("k2"))
    made = opened(shared_backend, tmp_path, watermark="")
    prepare_all(made)
    before = made.store.manifest("calls").content
    told = prepare_all(made)["sources"]["calls"]
    assert made.store.manifest("calls").content == before
    assert told["rows_in"] == 2


def test_an_empty_table_stops_the_run(shared_backend, tmp_path):
    insert(tmp_path)
    with pytest.raises(DataError, match=r"sources\.calls\.database: .* gave no rows"):
        prepare_all(opened(shared_backend, tmp_path))


def test_check_looks_into_the_database(shared_backend, tmp_path):
    insert(tmp_path, row("k1"))
    made = opened(shared_backend, tmp_path)
    assert check_sources(made) == []
    with closing(sqlite3.connect(tmp_path / "calls.db")) as connection, connection:
        connection.execute("alter table calls rename column talk to spoken")
    faults = check_sources(made)
    assert all(isinstance(fault, CcmlError) for fault in faults)
    assert "columns.talk_s" in str(faults[0])
