"""Which files a path means."""

import pytest

from ccml.config.files import FileSource
from ccml.errors import ConfigError
from ccml.sources.files import file_kind, find_files, shared_folder

PLACE = "sources.calls"


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.csv", "a/2.csv.gz", "a/.hidden.csv", "a/_part.csv", "a/note.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x\n1\n")
    (tmp_path / "a/deep").mkdir()
    (tmp_path / "a/deep/3.parquet").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("a/1.csv", ["1.csv"]),
        ("a", ["1.csv", "2.csv.gz", "3.parquet"]),
        ("a/*.csv*", [".hidden.csv", "1.csv", "2.csv.gz", "_part.csv"]),
        ("a/**/*.parquet", ["3.parquet"]),
    ],
)
def test_a_path_is_a_file_a_folder_or_a_pattern(folder, path, names):
    for start in ("", f"{folder}/"):
        found = find_files(folder, FileSource(path=start + path), PLACE)
        assert [file.name for file in found] == names


def test_a_folder_without_data_is_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"sources\.calls\.path: no file at '\.'"):
        find_files(tmp_path, FileSource(path="."), PLACE)


def test_the_kind_goes_by_the_ending_or_by_the_config(tmp_path):
    plain = FileSource(path="x")
    assert file_kind(tmp_path / "a.CSV.gz", plain, PLACE) == "csv"
    assert file_kind(tmp_path / "a.ndjson", plain, PLACE) == "json"
    asked = FileSource(path="x", reader="parquet")
    assert file_kind(tmp_path / "a.csv", asked, PLACE) == "parquet"
    with pytest.raises(ConfigError, match=r"set sources\.calls\.reader to csv"):
        file_kind(tmp_path / "noending", plain, PLACE)


def test_files_share_the_deepest_folder(tmp_path):
    files = [tmp_path / "x/1.csv", tmp_path / "x/y/2.csv"]
    assert shared_folder(files) == tmp_path / "x"
