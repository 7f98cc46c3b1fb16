"""Files of call logs: endings, separators, encodings, packing, and what is stored."""

import gzip

import pandas as pd
import pytest
from source_projects import CALL_HEADER, KEY, call, call_project, calls_of, project

from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_all, prepare_calls

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


def test_a_missing_file_names_the_place_and_the_value(shared_backend, tmp_path):
    opened = project(shared_backend, tmp_path, "calls: {path: nowhere/*.csv}")
    with pytest.raises(ConfigError, match=r"sources\.calls\.path: no file at 'nowhere"):
        prepare_calls(opened)


def test_an_unknown_ending_asks_for_a_reader(shared_backend, tmp_path):
    (tmp_path / "calls.xyz").write_text("a\n1\n")
    opened = project(shared_backend, tmp_path, "calls: {path: calls.xyz}")
    with pytest.raises(ConfigError, match=r"set sources\.calls\.reader"):
        prepare_calls(opened)


def test_an_empty_table_is_refused(shared_backend, tmp_path):
    with pytest.raises(DataError, match="holds no rows"):
        prepare_calls(call_project(shared_backend, tmp_path))


def test_a_wrong_separator_names_the_one_found(shared_backend, tmp_path):
    lines = [CALL_HEADER.replace(",", "~"), call().replace(",", "~")]
    opened = call_project(shared_backend, tmp_path)
    (tmp_path / "calls/1.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"sources\.calls\.separator: .*the comma"):
        prepare_calls(opened)


def test_separators_are_found_out_and_a_byte_order_mark_is_no_matter(
    shared_backend, tmp_path
):
    opened = call_project(shared_backend, tmp_path)
    for i, separator in enumerate([",", ";", "\t", "|"]):
        text = "\n".join([CALL_HEADER, call(id=f"k{i}")]).replace(",", separator)
        file = tmp_path / f"calls/{i}.csv"
        file.write_text("\ufeff" * (i % 2) + text + "\n", encoding="utf-8")
    assert list(calls_of(opened).index) == ["k0", "k1", "k2", "k3"]


def test_packed_files_and_other_headers_go_together(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call(), call(id="bad", talk="-1"))
    names = CALL_HEADER.split(",")
    turned = [
        ",".join(reversed(row.split(","))) for row in (CALL_HEADER, call(id="k2"))
    ]
    assert names[::-1] == turned[0].split(",")
    text = "\n".join([*turned, *turned[1:]]) + "\n"
    (tmp_path / "calls/2.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert set(calls_of(opened).source_file) == {"1.csv", "2.csv.gz"}
    frame = opened.store.frame("quarantine__calls")
    assert frame.values.tolist() == [
        ["1.csv", 2, "negative talk_s"],
        ["2.csv.gz", 2, "duplicate"],
    ]


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_typed_files_read_as_csv_does(shared_backend, tmp_path, ending):
    opened = call_project(shared_backend, tmp_path, call(), call(id="k2", wait="3"))
    wanted = calls_of(opened)
    frame = pd.read_csv(tmp_path / "calls/1.csv")
    for name in ("start", "end", "loaded"):
        frame[name] = pd.to_datetime(frame[name])
    (tmp_path / "calls/1.csv").unlink()
    file = tmp_path / f"calls/1.{ending}"
    if ending == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_json(file, orient="records", lines=True, date_format="iso")
    found = calls_of(opened)
    pd.testing.assert_frame_equal(
        found.drop(columns="source_file"), wanted.drop(columns="source_file")
    )


def test_a_damaged_parquet_file_is_a_data_error(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path)
    (tmp_path / "calls/1.csv").unlink()
    (tmp_path / "calls/1.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(DataError, match="no readable parquet file"):
        prepare_calls(opened)


def test_latin_letters_need_their_encoding(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path)
    (tmp_path / "calls/1.csv").write_bytes(
        "\n".join([CALL_HEADER, call(agent="Zoë")]).encode("latin-1")
    )
    with pytest.raises(DataError, match=r"sources\.calls\.encoding"):
        prepare_calls(opened)


def test_unchanged_files_are_skipped_and_another_key_reads_again(
    shared_backend, tmp_path, monkeypatch
):
    opened = call_project(shared_backend, tmp_path, call())
    assert prepare_calls(opened)
    first = opened.store.frame("calls").phone_key[0]
    assert not prepare_calls(opened)
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", "6f" * 32)
    assert prepare_calls(opened)
    assert opened.store.frame("calls").phone_key[0] != first


def test_no_phone_number_and_no_key_reaches_a_stored_file(shared_backend, tmp_path):
    opened = call_project(shared_backend, tmp_path, call(), call(id="b", talk="x"))
    prepare_all(opened)
    frames = [opened.store.frame(name).to_csv() for name in opened.store.names()]
    files = [f.read_bytes() for f in opened.workspace.rglob("*") if f.is_file()]
    for text in ("600 700 800", "600700800", "A1,", KEY):
        assert not any(text in frame for frame in frames)
        assert not any(text.encode() in content for content in files)
