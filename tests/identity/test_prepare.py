"""All stages together, and the check that writes nothing."""

import pandas as pd
import pytest
from source_projects import CALL_HEADER, CALLS, KEY, call, project

from ccml.identity.check import check_sources
from ccml.identity.link import linked_calls
from ccml.identity.prepare import prepare_all

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

SOURCES = f"""
calls:{CALLS}
customers: {{path: crm/1.csv, known_at: known, valid_from: known}}
customer_phones: {{path: phones/1.csv, known_at: known}}
flat:
  things: {{path: things/1.csv}}
"""
FILES = {
    "calls_1": [
        CALL_HEADER,
        call(),
        call(id="k2", phone="anonymous"),
        call(id="k3", phone="+48 600 700 801"),
    ],
    "crm_1": ["customer_id,known", "c1,2026-01-01T00:00:00Z"],
    "phones_1": [
        "customer_id,phone,known",
        "c1,0048600700800,2026-01-07T00:00:00Z",
    ],
    "things_1": ["a,b", "1,2"],
}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)


def test_a_second_run_is_skipped_and_tells_the_same(shared_backend, tmp_path):
    opened = project(shared_backend, tmp_path, SOURCES, **FILES)
    first = prepare_all(opened)
    stamps = {f: f.stat().st_mtime_ns for f in opened.workspace.rglob("*.parquet")}
    assert prepare_all(opened) == first
    assert stamps == {
        f: f.stat().st_mtime_ns for f in opened.workspace.rglob("*.parquet")
    }
    assert set(first["sources"]) == {
        "calls",
        "customers",
        "customer_phones",
        "flat__things",
    }
    shares = first["identity"]
    assert shares["calls"] == 3
    assert shares["matched_by_phone"] == shares["anonymous"] == pytest.approx(1 / 3)


def test_linked_calls_are_known_when_call_and_customer_are(shared_backend, tmp_path):
    opened = project(shared_backend, tmp_path, SOURCES, **FILES)
    prepare_all(opened)
    calls = linked_calls(opened.store).to_pandas().set_index("call_id")
    assert len(calls) == 3
    assert calls.customer_id["k1"] == "c1"
    assert calls.known_at["k1"] == pd.Timestamp("2026-01-07T00:00Z")
    assert calls.known_at["k2"] == pd.Timestamp("2026-01-05T10:06Z")
    assert (calls.event_at == calls.started_at).all()


def test_a_sound_project_has_no_faults_and_nothing_is_written(shared_backend, tmp_path):
    opened = project(shared_backend, tmp_path, SOURCES, **FILES)
    assert check_sources(opened) == []
    assert not opened.workspace.exists()


def test_the_check_tells_all_faults_at_once(shared_backend, tmp_path, monkeypatch):
    monkeypatch.delenv("CCML_PSEUDONYM_KEY")
    broken = {
        **FILES,
        "calls_1": [CALL_HEADER, *(call(id=f"k{i}", talk="x") for i in range(3))],
        "crm_1": ["customer,known", "c1,2026-01-01 00:00"],
        "phones_1": ["customer_id,phone,known", "c1,1,2026-01-07 00:00:00"],
        "things_1": "a,b\n",
    }
    opened = project(shared_backend, tmp_path, SOURCES, **broken)
    (tmp_path / "things/1.csv").unlink()
    faults = [str(fault) for fault in check_sources(opened)]
    wanted = [
        "identity.key_file",
        "sources.calls: 3 of the first 3 rows of 1.csv cannot be read (unparsable talk_s",
        "sources.customers.customer_id",
        "sources.customer_phones.time_zone",
        "sources.flat.things.path",
    ]
    assert len(faults) == len(wanted)
    assert all(w in fault for w, fault in zip(wanted, faults, strict=True))
