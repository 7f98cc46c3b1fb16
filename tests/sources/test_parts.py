"""Only new files are read again, and how an export was cut or came changes nothing."""

import pytest
from source_projects import CALL_HEADER, call, call_project

from ccml.identity.prepare import prepare_all
from ccml.sources import parts as parts_module
from ccml.sources.parts import SourceFile, base_folder, batches


def write(folder, name, *lines):
    (folder / "calls" / name).write_text("\n".join([CALL_HEADER, *lines]) + "\n")


def index(opened):
    frame = opened.store.frame("parts__calls")
    return dict(zip(frame.file, frame.part, strict=True))


def stored(opened):
    """The bytes of the calls, and what was counted."""
    manifest = opened.store.manifest("calls")
    counts = opened.store.frame("ingest_summary__calls")
    rows = dict(
        zip(zip(counts.kind, counts.reason, strict=True), counts.rows, strict=True)
    )
    return manifest.files[0].sha256, rows


def test_only_new_files_are_read(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call("k1"), call("k2"))
    prepare_all(opened)
    before = index(opened)
    write(tmp_path, "2.csv", call("k3"))
    prepare_all(opened)
    after = index(opened)
    assert after["1.csv"] == before["1.csv"]
    assert after["2.csv"] != before["1.csv"]
    assert opened.store.read("calls").call_id.execute().tolist() == ["k1", "k2", "k3"]


def test_one_by_one_gives_the_bytes_of_all_at_once(shared_backend, tmp_path):
    lines = [call(f"k{i}", wait=str(i)) for i in range(6)]
    (tmp_path / "slow").mkdir()
    (tmp_path / "fast").mkdir()
    slow = call_project(shared_backend, tmp_path / "slow", *lines[:2])
    prepare_all(slow)
    for number in (2, 4):
        write(tmp_path / "slow", f"{number}.csv", *lines[number : number + 2])
        prepare_all(slow)
    fast = call_project(shared_backend, tmp_path / "fast", *lines[:2])
    for number in (2, 4):
        write(tmp_path / "fast", f"{number}.csv", *lines[number : number + 2])
    prepare_all(fast)
    assert stored(slow) == stored(fast)


def test_a_late_update_takes_the_older_row_s_place(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call("k1", talk="10"))
    prepare_all(opened)
    late = call("k1", talk="20", loaded="2026-01-06T00:00:00Z")
    write(tmp_path, "2.csv", late)
    prepare_all(opened)
    assert opened.store.read("calls").talk_s.execute().tolist() == [20]
    _, rows = stored(opened)
    assert rows[("set aside", "older copy of the same call")] == 1


def test_the_same_file_again_changes_no_call(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call("k1"), call("k2"))
    prepare_all(opened)
    calls = opened.store.frame("calls").drop(columns="source_file")
    write(tmp_path, "again.csv", call("k1"), call("k2"))
    prepare_all(opened)
    assert opened.store.frame("calls").drop(columns="source_file").equals(calls)
    _, rows = stored(opened)
    assert rows[("set aside", "duplicate")] == 2


def test_a_changed_file_is_read_again_and_a_gone_one_forgotten(
    shared_backend, tmp_path
):
    opened = call_project(shared_backend, tmp_path, call("k1"))
    write(tmp_path, "2.csv", call("k2"))
    prepare_all(opened)
    first = index(opened)
    write(tmp_path, "2.csv", call("k3"))
    (tmp_path / "calls" / "1.csv").unlink()
    prepare_all(opened)
    assert opened.store.read("calls").call_id.execute().tolist() == ["k3"]
    parts = {name for name in opened.store.names() if name.startswith("part__")}
    assert parts == set(index(opened).values())
    assert not parts & set(first.values())


def test_a_damaged_part_is_read_again(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call("k1"))
    prepare_all(opened)
    (part,) = index(opened).values()
    file = next((opened.workspace / "tables" / part).glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1])
    write(tmp_path, "2.csv", call("k2"))
    prepare_all(opened)
    assert opened.store.read("calls").count().execute() == 2


def test_parts_hold_no_number(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call("k1", phone="600 700 800"))
    prepare_all(opened)
    texts = opened.store.frame(*index(opened).values()).astype(str)
    assert not texts.apply(lambda column: column.str.contains("600")).any().any()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([5, 5], [["0", "1"]]), ([9, 5, 5], [["0"], ["1", "2"]]), ([50], [["0"]])],
)
def test_batches_stay_below_a_size(monkeypatch, tmp_path, sizes, expected):
    monkeypatch.setattr(parts_module, "BATCH_BYTES", 10)
    files = []
    for number, size in enumerate(sizes):
        path = tmp_path / str(number)
        path.write_bytes(b"x" * size)
        files.append(SourceFile(path, str(number), ""))
    assert [[file.name for file in batch] for batch in batches(files)] == expected


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("calls/a.csv", "calls"),
        ("calls", "calls"),
        ("calls/*/x-*.csv", "calls"),
        ("ca*/a.csv", "."),
    ],
)
def test_files_are_named_below_the_path_s_fixed_part(tmp_path, pattern, base):
    (tmp_path / "calls").mkdir()
    assert base_folder(tmp_path, pattern) == tmp_path / base
