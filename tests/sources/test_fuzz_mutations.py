"""Valid files with random damage: rows that add up, or an error that a user can read."""

import gzip
import io
import json
import random
import zipfile

import pandas as pd
import pytest
from test_excel import workbook

from ccml.config.sources import FlatSource
from ccml.contracts.split import FAULT
from ccml.errors import CcmlError
from ccml.sources.flat import flat_layer
from ccml.sources.scratch import cleared_after
from ccml.sources.staging import require_rows, stage_files

PLACE = "sources.flat.things"
MUTATIONS = 30
ROWS = [
    {"id": f"k{i}", "at": f"2026-01-{i % 28 + 1:02}T10:00:00Z", "note": f'a "{i}", ü\n'}
    for i in range(60)
]
FRAME = pd.DataFrame(ROWS)
PIECES = [b"\0", b'"', b"\n", b"\r", b",", b";", b"\xff", b"\xef\xbb\xbf", b"{", b"]"]


def _bytes_of(write):
    out = io.BytesIO()
    write(out)
    return out.getvalue()


def _zip(out):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("a.csv", CSV)
        written.writestr("b.csv", CSV)


CSV = FRAME.to_csv(index=False).encode()
LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()
FILES = {
    "1.csv": CSV,
    "1.csv.gz": gzip.compress(CSV),
    "1.jsonl": LINES,
    "1.json": json.dumps(ROWS, indent=1).encode(),
    "1.parquet": _bytes_of(FRAME.to_parquet),
    "1.xlsx": _bytes_of(
        lambda out: workbook(out, {"one": [list(FRAME), *FRAME.values.tolist()]})
    ),
    "1.zip": _bytes_of(_zip),
}


def damaged(content, chance):
    """Damage bytes in one of the ways in which files are damaged."""
    at, to = sorted(chance.choices(range(len(content)), k=2))
    piece = chance.choice(PIECES) * chance.choice([1, 1, 1, 3, 700])
    flipped = bytes([content[at] ^ chance.choice([1, 128, 255])])
    ways = [
        content[:at],
        content[at:],
        content[:at] + content[to:],
        content[:at] + piece + content[at:],
        content[:at] + flipped + content[at + 1 :],
        content[:to] + content[at:],
        content + content,
        content[:at] + chance.randbytes(40) + content[at:],
        content.replace(b"\n", b"\r\n", chance.choice([1, 7, -1])),
        content.decode("latin-1").encode(chance.choice(["utf-16", "utf-8"])),
    ]
    return chance.choice(ways)


def outcome(backend, file, layer):
    """Read a file: its counts, or what the user is told."""
    try:
        with cleared_after(backend):
            staged = stage_files(backend, [file], layer, file.parent)
            require_rows(staged.rows_in, [file], PLACE)
            table = staged.table
            sums = {"rows": table.count(), "good": table[FAULT].isnull().sum()}
            counts = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    except CcmlError as error:
        return str(error)
    return {"rows_in": staged.rows_in, **counts}


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_end_in_balanced_counts_or_in_an_error(
    shared_backend, tmp_path, name
):
    source = FlatSource(path="x", max_bad_share=1)
    layer = flat_layer("things", source)
    file = tmp_path / name
    read = 0
    for seed in range(MUTATIONS):
        chance = random.Random(f"{name}-{seed}")  # noqa: S311
        file.write_bytes(damaged(FILES[name], chance))
        counts = outcome(shared_backend, file, layer)
        if isinstance(counts, str):
            assert counts.startswith(PLACE), seed
            continue
        read += 1
        assert counts["rows"] == counts["rows_in"], seed
        assert counts["good"] <= counts["rows_in"], seed
    assert read or name == "1.parquet"


@pytest.mark.parametrize("name", FILES)
def test_the_whole_files_are_read_whole(shared_backend, tmp_path, name):
    source = FlatSource(path="x")
    layer = flat_layer("things", source)
    file = tmp_path / name
    file.write_bytes(FILES[name])
    with cleared_after(shared_backend):
        staged = stage_files(shared_backend, [file], layer, tmp_path)
        ids = staged.table.id.to_pandas().tolist()
    assert ids == [row["id"] for row in ROWS] * (2 if name == "1.zip" else 1)
