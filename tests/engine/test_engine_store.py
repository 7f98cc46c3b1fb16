import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
from builders import at

from ccml.engine.atomic import (
    atomic_file,
    atomic_folder,
    remove_leftovers,
    write_text,
)
from ccml.engine.store import Folder, Store, Table
from ccml.errors import DataError


@pytest.fixture
def store(tmp_path, shared_backend):
    return Store(tmp_path / "tables", shared_backend)


def numbers(count, seed=1):
    frame = pd.DataFrame({"id": range(count), "value": np.arange(count) / 7})
    frame["happened_at"] = pd.Timestamp("2025-03-01T12:00Z")
    return frame.sample(frac=1, random_state=seed)


def table(frame):
    return Table(frame, ["id"], "one row per number")


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_an_atomic_file_is_left_alone_when_writing_fails(tmp_path):
    target = tmp_path / "deep" / "file.txt"
    write_text(target, "old", mode=0o600)
    assert target.stat().st_mode & 0o777 == 0o600

    def fail():
        with atomic_file(target) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert target.read_text() == "old"
    assert files_of(tmp_path) == ["deep/file.txt"]


def test_an_atomic_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "folder"

    def fail():
        with atomic_folder(target) as temporary:
            (temporary / "half").write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(target) as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "whole").write_text("whole")
        assert not target.exists()
    assert files_of(tmp_path) == ["folder/sub/whole"]


def test_leftovers_of_killed_runs_are_removed(tmp_path):
    (tmp_path / "a" / ".tmp-1-x").mkdir(parents=True)
    (tmp_path / "a" / ".tmp-1-x" / ".tmp-2-y").write_text("half")
    (tmp_path / "a" / "tmp_.tmp-3-z").write_text("half")
    (tmp_path / "a" / "kept").write_text("whole")
    assert remove_leftovers(tmp_path) == 3
    assert files_of(tmp_path) == ["a/kept"]


def test_a_table_comes_back_in_order_with_its_manifest(store):
    manifest = store.write("numbers", table(numbers(9)), "f" * 64)
    frame = store.frame("numbers")
    assert list(frame["id"]) == sorted(frame["id"])
    assert frame.happened_at.iloc[0] == at("2025-03-01T12:00")
    assert str(frame.happened_at.dtype) == "datetime64[us, UTC]"
    assert store.names() == ["numbers"]
    assert manifest == store.manifest("numbers")
    assert (manifest.rows, manifest.keys) == (len(frame), ["id"])
    assert list(manifest.columns) == list(frame.columns)
    assert store.intact("numbers", "f" * 64)
    assert not store.intact("numbers", "e" * 64)
    assert not store.intact("others", "f" * 64)


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "UTC", "America/New_York"])
@pytest.mark.parametrize("unit", ["s", "ns"])
def test_instants_of_any_zone_come_back_in_utc(store, zone, unit):
    instant = pd.Timestamp("2025-07-01T12:00Z").tz_convert(zone).as_unit(unit)
    store.write("one", table(pd.DataFrame({"id": [1], "happened_at": [instant]})), "f")
    found = store.frame("one").happened_at
    assert str(found.dt.tz) == "UTC"
    assert found.iloc[0] == instant


def test_the_same_rows_in_another_order_give_the_same_bytes(store):
    one = store.write("one", table(numbers(150_000)), "f" * 64)
    other = store.write("other", table(numbers(150_000, seed=2)), "f" * 64)
    assert one.content == other.content


def test_repeated_keys_are_refused_by_count_and_the_old_table_stays(store):
    old = store.write("numbers", table(numbers(3)), "f" * 64)
    twice = pd.DataFrame({"id": ["S3CR3T", "S3CR3T", "b"]})
    for fingerprint in ("f" * 64, "e" * 64):
        with pytest.raises(
            DataError, match=r"numbers: 1 values of the key \(id\)"
        ) as e:
            store.write("numbers", table(twice), fingerprint)
        assert "S3CR3T" not in str(e.value)
        assert store.manifest("numbers") == old
        assert store.intact("numbers", "f" * 64)
    assert len(files_of(store.root)) == 2


def test_without_keys_rows_may_repeat(store):
    store.write("any", Table(pd.DataFrame({"a": [1, 1]}), [], "rows", ["a"]), "f")
    assert store.manifest("any").rows == 2


@pytest.mark.parametrize("fingerprint", ["f" * 64, "e" * 64])
def test_a_new_version_replaces_the_old_one(store, fingerprint):
    for count in (3, 5, 4):
        store.write("numbers", table(numbers(count)), fingerprint)
        assert len(store.frame("numbers")) == count
        assert len(files_of(store.root)) == 2
    store.write("numbers", table(numbers(2)), "d" * 64)
    assert len(files_of(store.root)) == 2


def truncate(file):
    file.write_bytes(file.read_bytes()[:-1])


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [truncate, flip, os.remove])
@pytest.mark.parametrize("kind", ["table", "folder"])
def test_damage_is_noticed(store, damage, kind):
    folder = Folder(lambda place: write_text(place / "a.txt", "some text"), "a text")
    store.write("it", table(numbers(50)) if kind == "table" else folder, "f" * 64)
    damage(next(p for p in store.root.rglob("*") if p.suffix in (".parquet", ".txt")))
    assert not store.intact("it", "f" * 64)
    if damage is not flip:
        with pytest.raises(DataError, match="'it' is damaged"):
            store.read("it") if kind == "table" else store.folder("it")


def test_a_folder_comes_back_and_a_failing_one_leaves_the_old(store):
    def fail(folder):
        (folder / "half").write_text("half")
        raise OSError("disk full")

    store.write("it", Folder(lambda place: write_text(place / "a", "1"), "x"), "f" * 64)
    with pytest.raises(OSError, match="disk full"):
        store.write("it", Folder(fail, "x"), "f" * 64)
    assert (store.folder("it") / "a").read_text() == "1"
    with pytest.raises(DataError, match="it: nothing was written"):
        store.write("it", Folder(lambda _place: None, "x"), "f" * 64)
    for text in ("2", "3"):
        new = Folder(lambda place, text=text: write_text(place / "b", text), "x")
        store.write("it", new, "f" * 64)
        assert (store.folder("it") / "b").read_text() == text
    assert len(files_of(store.root)) == 2


def test_what_was_not_made_is_a_fault_that_says_what_stands(store):
    store.write("numbers", table(numbers(2)), "f")
    with pytest.raises(DataError, match=r"no table 'number' .* mean 'numbers'\?"):
        store.read("number")
    store.remove("numbers")
    assert store.names() == []
    assert store.manifest("numbers") is None


KILLED = textwrap.dedent("""
    import sys
    from pathlib import Path
    import numpy as np, pandas as pd
    from ccml.config.project import EngineConfig
    from ccml.engine.connection import connect
    from ccml.engine.store import Store, Table

    root = Path(sys.argv[1])
    store = Store(root / "tables", connect(EngineConfig(), root / "spill"))
    print("ready", flush=True)
    for version in range(10_000):
        values = np.full(60_000, version)
        frame = pd.DataFrame({"id": range(len(values)), "version": values})
        store.write("it", Table(frame, ["id"], "x"), f"{version % 2}" * 64)
""")


@pytest.mark.slow
def test_killed_writers_leave_whole_tables_only(tmp_path, store):
    for delay_s in (0.05, 0.2):
        command = [sys.executable, "-c", KILLED, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(delay_s)
            writer.send_signal(signal.SIGKILL)
        manifest = store.manifest("it")
        if manifest is not None:
            assert store.intact("it", manifest.fingerprint)
            frame = store.frame("it")
            assert len(frame) == manifest.rows == 60_000
            assert frame.version.nunique() == 1
    remove_leftovers(tmp_path)
    store.write("it", table(numbers(4)), "f" * 64)
    assert len(store.frame("it")) == 4
    assert len(files_of(store.root)) == 2
