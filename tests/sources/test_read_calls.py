"""Call logs: mapping, time stamps, quarantine, copies."""

import csv
import random

import pandas as pd
import pytest
from source_projects import (
    CALL_HEADER,
    call,
    call_project,
    calls_of,
    project,
    reasons,
)

from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_all, prepare_calls

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


def test_a_call_gets_every_canonical_column(shared_backend, tmp_path):
    one = calls_of(call_project(shared_backend, tmp_path, call())).loc["k1"]
    assert one.started_at == pd.Timestamp("2026-01-05T10:00Z")
    assert one.known_at == pd.Timestamp("2026-01-05T10:06Z")
    assert (one.wait_s, one.handle_s, one.handle_src) == (20, 240, "parts")
    assert (one.duration_s, one.channel, one.phone_status) == (300, "voice", "ok")
    assert one.answered
    assert one.queued
    assert not one.abandoned
    assert one.phone_key.startswith("k1:")
    assert one.agent_id.startswith("a1:")
    assert one.source_file == "1.csv"


BAD_ROWS = [
    ({"id": ""}, "missing call_id"),
    ({"start": "yesterday"}, "unparsable started_at"),
    ({"start": "2026-02-30T10:00:00Z"}, "unparsable started_at"),
    ({"end": "2026-01-05T09:00:00Z"}, "end before start"),
    ({"end": "2026-03-05T09:00:00Z"}, "longer than a week"),
    ({"end": ""}, "missing ended_at"),
    ({"loaded": "2026-01-04T00:00:00Z"}, "known before start"),
    ({"direction": "sideways"}, "unknown direction"),
    ({"talk": "-5"}, "negative talk_s"),
    ({"talk": "long"}, "unparsable talk_s"),
    ({"talk": "nan"}, "unparsable talk_s"),
    ({"talk": "inf"}, "unparsable talk_s"),
    ({"talk": "1:xx:00"}, "unparsable talk_s"),
    ({"id": "", "talk": "x"}, "unparsable talk_s"),
]


def test_each_bad_row_is_set_aside_with_its_place_and_its_first_reason(
    shared_backend, tmp_path
):
    bad = [call(**{"id": f"b{i}", **row}) for i, (row, _) in enumerate(BAD_ROWS)]
    opened = call_project(shared_backend, tmp_path, *bad, call(), call(id="k3"))
    assert set(calls_of(opened).index) == {"k1", "k3"}
    wanted = {i: reason for i, (_, reason) in enumerate(BAD_ROWS, start=1)}
    assert reasons(opened, "calls") == wanted
    columns = list(opened.store.frame("quarantine__calls"))
    assert columns == ["source_file", "row_no", "reason"]


def test_broken_lines_are_set_aside_and_shift_no_row_number(shared_backend, tmp_path):
    rows = [
        call(),
        "k9,2026-01-05T10:00:00Z",
        call(id="k3"),
        call(id="k4") + ",more",
        call(id='"k"5'),
        call(id="k6", talk="-1"),
    ]
    opened = call_project(shared_backend, tmp_path, *rows)
    assert set(calls_of(opened).index) == {"k1", "k3"}
    assert reasons(opened, "calls") == {
        2: "too few fields",
        4: "too many fields",
        5: "broken quotes",
        6: "negative talk_s",
    }


def test_rows_in_are_rows_kept_plus_rows_set_aside(shared_backend, tmp_path):
    lines = [call(id=f"k{i}", talk=str(i - 2)) for i in range(20)] + ["short", call()]
    opened = call_project(shared_backend, tmp_path, *lines)
    told = prepare_all(opened)["sources"]["calls"]
    with (tmp_path / "calls" / "1.csv").open() as file:
        rows_in = sum(1 for _ in csv.reader(file)) - 1
    assert told["rows_in"] == rows_in
    assert told["rows_kept"] + sum(told["set_aside"].values()) == rows_in
    assert told["set_aside"]["negative talk_s"] == 2
    assert told["rows_kept"] == len(opened.store.frame("calls"))


def test_the_newest_copy_of_a_call_is_kept(shared_backend, tmp_path):
    again = call(talk="250", loaded="2026-01-09T00:00:00Z")
    opened = call_project(shared_backend, tmp_path, call(), again, call(), again)
    assert calls_of(opened).loc["k1"].talk_s == 250
    assert sorted(reasons(opened, "calls").values()) == [
        "duplicate",
        "duplicate",
        "older copy of the same call",
    ]


def test_copies_do_not_count_as_bad(shared_backend, tmp_path):
    lines = [call(), call(), call(), call(id="k2")]
    opened = call_project(shared_backend, tmp_path, *lines, extra="max_bad_share: 0")
    assert len(calls_of(opened)) == 2


def test_the_order_and_the_cut_into_files_change_nothing(shared_backend, tmp_path):
    lines = [call(id=f"k{i % 6}", talk=str(i)) for i in range(12)]
    whole = calls_of(call_project(shared_backend, tmp_path / "a", *lines))
    shuffled = random.Random(3).sample(lines, len(lines))  # noqa: S311
    opened = call_project(shared_backend, tmp_path / "b", *shuffled[:5])
    (tmp_path / "b/calls/2.csv").write_text("\n".join([CALL_HEADER, *shuffled[5:]]))
    pd.testing.assert_frame_equal(
        whole.drop(columns="source_file"), calls_of(opened).drop(columns="source_file")
    )


def test_too_many_bad_rows_stop_with_counts_by_reason(shared_backend, tmp_path):
    lines = [call(id=f"k{i}", talk="-1") for i in range(3)] + [call()]
    opened = call_project(shared_backend, tmp_path, *lines, extra="max_bad_share: 0.5")
    with pytest.raises(DataError, match=r"3 of 4 rows .*negative talk_s: 3.*0\.5"):
        prepare_calls(opened)


def test_a_failed_source_leaves_no_raw_rows_in_the_engine(shared_backend, tmp_path):
    opened = call_project(
        shared_backend, tmp_path, call(talk="x"), extra="max_bad_share: 0"
    )
    with pytest.raises(DataError, match="unparsable talk_s"):
        prepare_calls(opened)
    prefixes = ("scratch_", "rejects_", "scans_")
    left = [n for n in shared_backend.list_tables() if n.startswith(prefixes)]
    assert left == []


def test_a_known_time_before_the_end_moves_to_the_end_and_is_noted(
    shared_backend, tmp_path
):
    early = call(loaded="2026-01-05T10:01:00Z")
    opened = call_project(shared_backend, tmp_path, early)
    told = prepare_all(opened)["sources"]["calls"]
    one = opened.store.frame("calls").iloc[0]
    assert one.known_at == one.ended_at
    assert list(told["notes"].values()) == [1]


STAMPS = {
    "2026-01-05T10:00:00Z": "2026-01-05T10:00Z",
    "2026-01-05T10:00:00.250z": "2026-01-05T10:00:00.250Z",
    "2026-01-05 11:00:00+01:00": "2026-01-05T10:00Z",
    "2026-01-05 11:00:00 +0100": "2026-01-05T10:00Z",
    "2026-01-05 11:00": "2026-01-05T10:00Z",
    "2026-01-05T10:00Z": "2026-01-05T10:00Z",
    "2026-01-05 11:00+01:00": "2026-01-05T10:00Z",
    "2026-01-05": "2026-01-04T23:00Z",
    "2026-03-29 02:30:00": "2026-03-29T01:30Z",  # an hour that was skipped
    "2026-10-25 02:30:00": "2026-10-25T01:30Z",  # an hour that came twice
}


def test_time_stamps_are_read_in_the_zone_of_the_source(shared_backend, tmp_path):
    lines = [f"{i},c,{stamp}" for i, stamp in enumerate(STAMPS)]
    opened = project(
        shared_backend,
        tmp_path,
        """
        events:
          visits:
            path: visits/1.csv
            id: id
            key: who
            event_at: at
            time_zone: Europe/Warsaw
        """,
        visits_1=["id,who,at", *lines],
    )
    prepare_all(opened)
    found = opened.store.frame("visits").sort_values("event_id").event_at
    assert list(found) == [pd.Timestamp(instant) for instant in STAMPS.values()]


def test_naive_stamps_without_a_zone_are_refused(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call(start="2026-01-05 10:00:00"))
    with pytest.raises(
        DataError,
        match=r"sources\.calls\.time_zone: time stamps .*started_at in 1 rows",
    ):
        prepare_calls(opened)


def test_an_unknown_column_suggests_the_nearest(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        "calls: {path: calls/1.csv, columns: {call_id: idd, started_at: start}}",
        calls_1=[CALL_HEADER, call()],
    )
    with pytest.raises(DataError, match=r"columns\.call_id: .*'idd'.*mean 'id'"):
        prepare_calls(opened)


def test_a_mapping_without_an_end_is_refused(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        "calls: {path: calls/1.csv, columns: {call_id: id, started_at: start}}",
        calls_1=[CALL_HEADER, call()],
    )
    with pytest.raises(DataError, match="named for ended_at or duration_s"):
        prepare_calls(opened)


def test_an_unknown_canonical_column_is_a_config_error(shared_backend, tmp_path):
    with pytest.raises(ConfigError, match=r"no column 'cal_id'.*mean 'call_id'"):
        project(shared_backend, tmp_path, "calls: {path: x, columns: {cal_id: id}}")


def test_the_outbound_number_is_the_customers(shared_backend, tmp_path):
    header = (
        "call_id,started_at,duration_s,direction,caller,dialled,wait_s,queued,"
        "n_transfers"
    )
    start = "2026-01-05T10:00:00Z"
    rows = [
        f"k1,{start},60,inbound,600700800,800123001,2,1,1",
        f"k2,{start},60,OUTBOUND,800123001,600700800,,,",
        f"k3,{start},0:01:30,outbound,600700801,,,,",
    ]
    names = {n: n for n in header.split(",") if n not in {"caller", "dialled"}}
    names |= {"customer_phone": "caller", "customer_phone_outbound": "dialled"}
    opened = project(
        shared_backend,
        tmp_path,
        f"calls: {{path: calls/1.csv, columns: {names}}}",
        calls_1=[header, *rows],
    )
    calls = calls_of(opened)
    assert calls.phone_key["k1"] == calls.phone_key["k2"] != calls.phone_key["k3"]
    assert calls.duration_s["k3"] == 90
    assert calls.ended_at["k3"] == pd.Timestamp("2026-01-05T10:01:30Z")
    assert calls.known_at["k3"] == calls.ended_at["k3"]
    assert calls.abandoned["k1"]
    assert calls.short_abandon["k1"]
    assert calls.transferred["k1"]
    assert not calls.abandoned["k2"]


def test_columns_of_canonical_names_need_no_mapping(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        "calls: {path: calls/1.csv}",
        calls_1=[
            "call_id,started_at,ended_at",
            "k1,2026-01-05T10:00:00Z,2026-01-05T10:01:00Z",
        ],
    )
    one = calls_of(opened).loc["k1"]
    assert one.phone_status == "unknown"
    assert one.ivr_only


def test_an_email_address_in_a_kept_column_is_refused_without_showing_it(
    shared_backend, tmp_path
):
    opened = call_project(shared_backend, tmp_path, call(), extra="max_bad_share: 1")
    text = (
        (tmp_path / "small.yaml").read_text().replace("agent_id: agent", "queue: agent")
    )
    (tmp_path / "small.yaml").write_text(text)
    (tmp_path / "calls/1.csv").write_text(
        "\n".join([CALL_HEADER, call(agent="someone@example.com")])
    )
    again = type(opened).open(tmp_path / "small.yaml")
    with pytest.raises(
        DataError, match="'queue' holds e-mail addresses in 1 rows"
    ) as told:
        prepare_calls(again)
    assert "someone" not in str(told.value)
