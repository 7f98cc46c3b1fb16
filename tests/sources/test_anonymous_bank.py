"""The Anonymous Bank's log: keys, times over midnight, clips, phantoms."""

import gzip
import os
import time
from pathlib import Path

import pandas as pd
import pytest
from source_projects import project, reasons

from ccml.errors import ConfigError
from ccml.identity.prepare import prepare_all, prepare_calls

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

PLAIN = {
    "vru+line": "AA0101",
    "call_id": "33118",
    "customer_id": "27997683",
    "priority": "2",
    "type": "PS ",
    "date": "990105",
    "vru_entry": "6:55:20",
    "vru_exit": "6:55:26",
    "vru_time": "6",
    "q_start": "6:55:26",
    "q_exit": "6:55:43",
    "q_time": "17",
    "outcome": "AGENT",
    "ser_start": "6:55:43",
    "ser_exit": "6:56:37",
    "ser_time": "54",
    "server": "SOMEBODY",
}
SOURCE = """
calls:
  reader: anonymous_bank
  path: {path}
  time_zone: Asia/Jerusalem
  max_bad_share: 0.5
"""


def row(**changes):
    """One raw call, by default answered after a wait."""
    return "\t".join({**PLAIN, **changes}.values())


def bank(backend, tmp_path, *rows):
    text = "\n".join(["\t".join(PLAIN), *rows]) + "\n"
    (tmp_path / "1.txt.gz").write_bytes(gzip.compress(text.encode()))
    opened = project(backend, tmp_path, SOURCE.format(path="'*.txt.gz'"))
    prepare_calls(opened)
    return opened, opened.store.frame("calls")


def test_an_answered_call(shared_backend, tmp_path):
    one = bank(shared_backend, tmp_path, row())[1].iloc[0]
    assert one.call_id == "anonymous_bank:AA0101-33118-990105-065520"
    assert one.started_at == pd.Timestamp("1999-01-05T06:55:20", tz="Asia/Jerusalem")
    assert one.ended_at == one.known_at
    assert one.duration_s == 77
    assert (one.ivr_s, one.wait_s, one.talk_s, one.handle_s) == (6, 17, 54, 54)
    assert (one.queue, one.reason, one.priority) == ("PS", "PS", 2)
    assert one.customer_key == "27997683"
    assert one.phone_status == "unknown"
    assert one.agent_id.startswith("a1:")


def test_unidentified_callers_and_missing_agents_are_nobody(shared_backend, tmp_path):
    rows = [row(customer_id="0", server="NO_SERVER")]
    one = bank(shared_backend, tmp_path, *rows)[1].iloc[0]
    assert pd.isna(one.customer_key)
    assert pd.isna(one.agent_id)


def test_a_call_over_midnight_ends_on_the_next_day(shared_backend, tmp_path):
    late = row(vru_entry="23:59:50", ser_exit="0:01:00")
    assert bank(shared_backend, tmp_path, late)[1].duration_s.tolist() == [70]


def test_clocks_that_disagree_do_not_end_a_call_before_its_start(
    shared_backend, tmp_path
):
    skewed = row(vru_entry="6:57:00", vru_time="-94")
    one = bank(shared_backend, tmp_path, skewed)[1].iloc[0]
    assert one.duration_s == 0
    assert one.ivr_s == 0


def test_outcomes(shared_backend, tmp_path):
    nowhere = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}
    unserved = {"outcome": "HANG", "ser_exit": "0:00:00", "ser_time": "0"}
    rows = [
        row(call_id="1", **unserved),
        row(call_id="2", **unserved, **nowhere),
        row(call_id="3", **nowhere),
    ]
    calls = bank(shared_backend, tmp_path, *rows)[1]
    assert calls.abandoned.tolist() == [True, False, False]
    assert calls.ivr_only.tolist() == [False, True, False]
    assert calls.queued.tolist() == [True, False, False]
    assert calls.answered.tolist() == [False, False, True]
    assert calls.duration_s.tolist() == [23, 6, 77]


def test_an_hour_that_did_not_exist_loses_no_row(shared_backend, tmp_path):
    skipped = row(date="990402", vru_entry="2:30:00")
    one = bank(shared_backend, tmp_path, skipped)[1].iloc[0]
    assert one.started_at == pd.Timestamp("1999-04-02T03:30", tz="Asia/Jerusalem")


def test_phantoms_and_broken_dates_are_set_aside_and_clips_are_counted(
    shared_backend, tmp_path
):
    rows = [
        row(call_id="1", outcome="PHANTOM"),
        row(call_id="2", date="991399"),
        row(call_id="3", q_time="9000", ser_time="7200"),
        row(call_id="4"),
    ]
    opened, calls = bank(shared_backend, tmp_path, *rows)
    assert reasons(opened, "calls") == {1: "phantom", 2: "unparsable started_at"}
    assert calls.wait_s.max() == calls.talk_s.max() == 3600
    notes = prepare_all(opened)["sources"]["calls"]["notes"]
    assert notes == {"service clipped to an hour": 1, "wait clipped to an hour": 1}


def test_the_reader_knows_its_columns(shared_backend, tmp_path):
    extra = SOURCE.format(path="x") + "  columns: {call_id: id}"
    with pytest.raises(ConfigError, match="knows its columns"):
        project(shared_backend, tmp_path, extra)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(
    "CCML_DATA" not in os.environ,
    reason="needs CCML_DATA, the folder of the public data sets",
)
def test_the_real_log_has_the_published_counts(shared_backend, tmp_path):
    path = Path(os.environ["CCML_DATA"]) / "anonymous_bank_1999" / "*.txt.gz"
    opened = project(shared_backend, tmp_path, SOURCE.format(path=path))
    before = time.process_time()
    told = prepare_all(opened)
    assert time.process_time() - before < 30
    calls = told["sources"]["calls"]
    assert calls["rows_in"] == 252_290
    assert calls["set_aside"] == {"phantom": 2_348}
    assert told["identity"]["matched"] * calls["rows_kept"] == pytest.approx(128_345)
