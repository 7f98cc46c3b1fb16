import signal
import subprocess
import sys
import textwrap
import time

import pandas as pd
import pytest
from builders import Notes

from ccml.config.features import TableFeatures
from ccml.engine import stage as stage_module
from ccml.engine.digest import FileDigests, code_version, fingerprint, sha256_file
from ccml.engine.lock import run_lock
from ccml.engine.stage import Stage, StageRunner
from ccml.engine.store import Store, Table
from ccml.errors import RefusedError


@pytest.fixture
def runner(tmp_path, shared_backend):
    store = Store(tmp_path / "tables", shared_backend)
    return StageRunner(store, FileDigests(tmp_path / "digests.db"), Notes())


def rows(value=1):
    return {"out": Table(pd.DataFrame({"id": [value]}), ["id"], "one row")}


def stage(tmp_path, **changes):
    raw = tmp_path / "raw.csv"
    if not raw.exists():
        raw.write_text("a")
    usual = {
        "name": "work",
        "outputs": ["out"],
        "inputs": ["in"],
        "files": [raw],
        "settings": {"a": 1, "config": TableFeatures(measures=["b"])},
        "code": ("windows",),
    }
    return Stage(**{**usual, **changes})


def test_an_unchanged_stage_is_skipped_and_says_so(tmp_path, runner):
    assert runner.run(stage(tmp_path), rows)
    assert not runner.run(stage(tmp_path), pytest.fail)
    assert runner.progress.notes == ["work: unchanged, skipped"]


def new_settings(tmp_path, _runner, _patch):
    return stage(tmp_path, settings={"a": 2})


def new_input(tmp_path, runner, _patch):
    runner.store.write("in", rows()["out"], "f")
    return stage(tmp_path)


def new_file(tmp_path, _runner, _patch):
    (tmp_path / "raw.csv").write_text("b")
    return stage(tmp_path)


def new_code(tmp_path, _runner, patch):
    patch.setattr(stage_module, "code_version", lambda _packages: "new")
    return stage(tmp_path)


def damaged_output(tmp_path, runner, _patch):
    next(runner.store.root.rglob("*.parquet")).unlink()
    return stage(tmp_path)


@pytest.mark.parametrize(
    "change", [new_settings, new_input, new_file, new_code, damaged_output]
)
def test_a_changed_stage_runs_again(tmp_path, runner, monkeypatch, change):
    runner.run(stage(tmp_path), rows)
    assert runner.run(change(tmp_path, runner, monkeypatch), lambda: rows(2))
    assert list(runner.store.frame("out")["id"]) == [2]


def test_force_runs_an_unchanged_stage(tmp_path, runner):
    runner.run(stage(tmp_path), rows)
    forced = StageRunner(runner.store, runner.digests, runner.progress, force=True)
    assert forced.run(stage(tmp_path), rows)


@pytest.mark.parametrize("force", [True, False])
def test_a_build_that_fails_leaves_the_former_output(tmp_path, runner, force):
    def fail():
        raise OSError("disk full")

    runner.run(stage(tmp_path), rows)
    forced = StageRunner(runner.store, runner.digests, runner.progress, force=force)
    with pytest.raises(OSError, match="disk full"):
        forced.run(stage(tmp_path, settings=None if not force else 1), fail)
    assert list(runner.store.frame("out")["id"]) == [1]


def test_a_stage_must_make_what_it_promised(tmp_path, runner):
    with pytest.raises(AssertionError, match=r"work made \['out'\]"):
        runner.run(stage(tmp_path, outputs=["out", "more"]), rows)


def test_file_digests_are_remembered_until_the_file_changes(tmp_path, monkeypatch):
    file = tmp_path / "raw.csv"
    file.write_text("one")
    digests = FileDigests(tmp_path / "cache" / "digests.db")
    first = digests.of([file])
    assert first == {str(file): sha256_file(file)}
    file.write_text("two")
    changed = FileDigests(tmp_path / "cache" / "digests.db").of([file])
    assert changed == {str(file): sha256_file(file)} != first
    monkeypatch.setattr("ccml.engine.digest.sha256_file", pytest.fail)
    assert digests.of([file]) == changed


def test_a_fingerprint_depends_on_values_not_on_the_order_of_keys_or_sets():
    assert fingerprint({"a": 1, "b": (2,)}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"b", "a", "c"}) == fingerprint(frozenset({"c", "b", "a"}))
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_code_is_told_apart_by_package_and_must_exist():
    assert code_version(("windows",)) != code_version(("labels",))
    with pytest.raises(ValueError, match="no package or module 'feature'"):
        code_version(("feature",))


HOLDER = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from ccml.engine.lock import run_lock

    with run_lock(Path(sys.argv[1])):
        print("ready", flush=True)
        time.sleep(60)
""")


def test_a_second_run_is_refused_until_the_holder_is_gone(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"ready\n"
        begin = time.monotonic()
        with (
            pytest.raises(RefusedError, match=rf"process {holder.pid}\) is at wo") as e,
            run_lock(tmp_path),
        ):
            pytest.fail("two runs at once")
        assert time.monotonic() - begin < 5
        assert e.value.exit_code == 4
        holder.send_signal(signal.SIGKILL)
    with run_lock(tmp_path):
        assert (tmp_path / "run.owner").is_file()
    assert not (tmp_path / "run.owner").exists()


def test_a_lock_is_given_back_when_the_run_fails(tmp_path):
    with pytest.raises(OSError, match="disk full"), run_lock(tmp_path):
        raise OSError("disk full")
    with run_lock(tmp_path):
        pass
