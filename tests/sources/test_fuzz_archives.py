"""Zip archives: their members are read, and none does harm."""

import io
import zipfile

import pytest

from ccml.config.files import FileSource
from ccml.errors import ConfigError, DataError
from ccml.sources import archives
from ccml.sources.raw import group_files, open_group
from ccml.sources.scratch import cleared_after, passing_folder

PLACE = "sources.calls"


def packed(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as written:
        for name, content in members.items():
            written.writestr(name, content)
    return out.getvalue()


def read(backend, file, **settings):
    """Read all rows of an archive's tables, and the names of their files."""
    with cleared_after(backend):
        rows = []
        source, passing = FileSource(path="x", **settings), passing_folder(backend)
        for group in group_files([file], source, PLACE, passing):
            frame = open_group(backend, group, PLACE).rows.to_pandas()
            rows += frame[["_file", "a"]].values.tolist()
    start = len(str(file.parent)) + 1
    return [(name[start:], str(value)) for name, value in rows]


def test_every_member_that_is_data_is_read(shared_backend, tmp_path):
    inner = packed({"deep/3.csv": "a;b\n3;x\n"})
    file = tmp_path / "all.zip"
    file.write_bytes(
        packed(
            {
                "b/2.jsonl": '{"a": 2}\n',
                "1.csv": "a,b\n1,x\n",
                "inner.zip": inner,
                "readme.md": "no data",
                "__MACOSX/1.csv": "a,b\n9,x\n",
            }
        )
    )
    assert sorted(read(shared_backend, file)) == [
        ("all.zip/1.csv", "1"),
        ("all.zip/b/2.jsonl", "2"),
        ("all.zip/inner.zip/deep/3.csv", "3"),
    ]
    assert read(shared_backend, file, member="inner.zip/deep/*.csv") == [
        ("all.zip/inner.zip/deep/3.csv", "3")
    ]
    assert read(shared_backend, file, member="[0-9].csv") == [("all.zip/1.csv", "1")]


def lying(content):
    """Claim a small size for a member that unpacks to a large one."""
    whole = packed({"1.csv": content})
    return whole.replace(len(content).to_bytes(4, "little"), (9).to_bytes(4, "little"))


def encrypted(content):
    whole = bytearray(packed({"1.csv": content}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def nested(depth):
    content = b"a,b\n1,2\n"
    for i in range(depth):
        content = packed({f"{i}.zip" if i else "1.csv": content})
    return content


def broken(content):
    whole = bytearray(packed({"1.csv": content}, zipfile.ZIP_STORED))
    whole[len(whole) // 3] ^= 0xFF
    return bytes(whole)


HARMFUL = {
    "bomb": (packed({"1.csv": b"0" * 30_000_000}), "more than 200 times its size"),
    "lying bomb": (lying(b"0" * 30_000_000), "is damaged|times its size"),
    "too deep": (nested(5), "more than 3 deep"),
    "path upwards": (packed({"../1.csv": "a"}), "path leads out of it"),
    "path from the root": (packed({"/1.csv": "a"}), "path leads out of it"),
    "path of windows": (packed({"c:\\x\\1.csv": "a"}), "path leads out of it"),
    "encrypted": (encrypted(b"a,b\n1,2\n"), "is encrypted"),
    "damaged": (broken(b"a,b\n1,2\n" * 50), "is damaged"),
    "cut": (packed({"1.csv": "a,b\n1,2\n" * 50})[:60], "no zip archive, or a damaged"),
    "many": (packed({f"{i}.csv": "" for i in range(11)}), "more than 10 members"),
    "no archive": (b"a,b\n1,2\n", "is no zip archive"),
    "empty member": (packed({"1.csv": ""}), "is empty"),
}


@pytest.mark.parametrize("case", HARMFUL)
def test_a_harmful_archive_ends_in_one_sentence(
    shared_backend, tmp_path, monkeypatch, case
):
    monkeypatch.setattr(archives, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    content, message = HARMFUL[case]
    file = tmp_path / "in.zip"
    file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(shared_backend, file)
    assert {path.name for path in tmp_path.iterdir()} == {"in.zip"}


@pytest.mark.parametrize("members", [{}, {"readme.md": "x"}])
def test_an_archive_without_data_is_a_config_error(shared_backend, tmp_path, members):
    file = tmp_path / "in.zip"
    file.write_bytes(packed(members))
    with pytest.raises(
        ConfigError, match=r"no member of in\.zip has an ending of data"
    ):
        read(shared_backend, file)
