"""Copies of files stand in the project's spill folder only, and not for long."""

import tempfile
import zipfile

import pytest
from source_projects import CALL_HEADER, CALLS, HEAD, call, project

from ccml.config.project import EngineConfig
from ccml.engine.connection import connect, spill_folder
from ccml.engine.store import Store
from ccml.errors import ConfigError
from ccml.identity import check
from ccml.identity.check import check_sources
from ccml.identity.prepare import prepare_all
from ccml.sources.passing import PassingFolder
from ccml.sources.scratch import cleared_after, passing_folder

TEXT = "\n".join([CALL_HEADER, call(), call(id="k2")]) + "\n"
SOURCES = f"calls:{CALLS}"


@pytest.fixture
def copied(monkeypatch):
    """List the places of all copies that are made."""
    places = []
    plain = PassingFolder.copy_of

    def noted(self, origin):
        places.append(plain(self, origin))
        return places[-1]

    monkeypatch.setattr(PassingFolder, "copy_of", noted)
    return places


def packed_calls(folder, encoding="utf-16"):
    (folder / "calls").mkdir()
    with zipfile.ZipFile(folder / "calls/1.zip", "w") as archive:
        archive.writestr("1.csv", TEXT.encode(encoding))


def with_own_engine(made):
    backend = connect(EngineConfig(threads=1), made.workspace / "spill")
    made.__dict__["store"] = Store(made.workspace / "tables", backend)
    return made


def test_a_run_copies_into_its_spill_folder_and_clears_it(
    shared_backend, tmp_path, copied, monkeypatch
):
    elsewhere = tmp_path / "temporary"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    packed_calls(tmp_path)
    made = with_own_engine(project(shared_backend, tmp_path, SOURCES))
    assert prepare_all(made)["sources"]["calls"]["rows_kept"] == 2
    spill = made.workspace / "spill"
    assert len(copied) >= 2
    assert all(place.is_relative_to(spill) for place in copied)
    assert not list(spill.rglob("*"))
    assert not list(elsewhere.rglob("*"))


def test_the_check_leaves_no_copy_and_no_folder(shared_backend, tmp_path, copied):
    packed_calls(tmp_path)
    made = project(shared_backend, tmp_path, SOURCES)
    assert check_sources(made) == []
    assert all(place.is_relative_to(made.workspace / "spill") for place in copied)
    assert copied
    assert not made.workspace.exists()


def test_a_folder_without_copies_is_never_made(shared_backend, tmp_path):
    with cleared_after(shared_backend):
        folder = passing_folder(shared_backend)
        assert folder.path.parent == spill_folder(shared_backend)
        assert not folder.path.exists()
        copy = folder.copy_of(tmp_path / "1.csv")
        copy.write_text("a")
        assert folder.path.stat().st_mode & 0o077 == 0
        assert folder.origin(copy) == tmp_path / "1.csv"
        del folder
        assert copy.exists()
    assert not copy.exists()


def test_the_check_tells_what_to_do_when_memory_runs_out(
    shared_backend, tmp_path, monkeypatch
):
    import duckdb

    def too_much(*_args):
        raise duckdb.OutOfMemoryException("values of a customer")

    made = project(shared_backend, tmp_path, SOURCES, calls_1=TEXT)
    monkeypatch.setattr(check, "sample_rows", too_much)
    [fault] = check_sources(made)
    assert isinstance(fault, ConfigError)
    assert "engine.memory_limit_gb: 'check sources.calls' needs more" in str(fault)
    assert "values" not in str(fault)


def test_the_check_keeps_to_the_engine_s_limit(shared_backend, tmp_path):
    head = f"{HEAD}engine: {{memory_limit_gb: 0.5}}\n"
    made = project(shared_backend, tmp_path, SOURCES, head=head, calls_1=TEXT)
    query = "select current_setting('memory_limit')"
    of_config = connect(made.config.engine, tmp_path).raw_sql(query).fetchall()
    with check._engine(made) as backend:
        assert backend.raw_sql(query).fetchall() == of_config
    assert shared_backend.raw_sql(query).fetchall() != of_config


def test_a_first_line_of_values_is_not_repeated(shared_backend, tmp_path):
    made = project(shared_backend, tmp_path, SOURCES, calls_1=[call(), call(id="k2")])
    [*faults] = check_sources(made)
    assert faults
    assert all("looks like values, not like a header" in str(f) for f in faults)
    assert not any("600 700 800" in str(fault) for fault in faults)
