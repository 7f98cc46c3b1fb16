"""Records of JSON files of every form."""

import gzip
import json

import duckdb
import pytest
from source_projects import call_project, reasons

from ccml.errors import DataError
from ccml.identity.prepare import prepare_all, prepare_calls
from ccml.sources import json_forms, json_records
from ccml.sources.csv_files import FILE, rejected_lines
from ccml.sources.json_forms import json_form
from ccml.sources.json_records import field_names, json_fault, read_records
from ccml.sources.scratch import cleared_after

COLUMNS = {"a": "VARCHAR", "b": "STRUCT(x VARCHAR, l STRUCT(y VARCHAR)[])"}
RECORDS = [
    {"a": 1, "b": {"x": 2, "l": [{"y": 3, "more": 1}]}, "z": [1, {"]": "}"}]},
    {"a": 'q"]}\\', "b": None},
    {"c": "unknown only"},
    {"a": 4.5, "b": {"l": []}},
]
SEEN = [
    ("1", {"x": "2", "l": [{"y": "3"}]}),
    ('q"]}\\', None),
    (None, None),
    ("4.5", {"x": None, "l": []}),
]
LINES = "\n".join(map(json.dumps, RECORDS))
PAGE = json.dumps({"total": {"n": 4}, "calls": RECORDS, "sums": [{"x": [1]}]})
FORMS = {
    "lines": LINES,
    "lines with blank ones and returns": LINES.replace("\n", "\r\n\r\n") + "\r\n",
    "array": json.dumps(RECORDS),
    "pretty array": json.dumps(RECORDS, indent=2),
    "objects": "\n".join(json.dumps(r, indent=1) for r in RECORDS),
    "objects in one line": "".join(map(json.dumps, RECORDS)),
    "page": PAGE,
    "pretty page": json.dumps(json.loads(PAGE), indent=3),
}


@pytest.fixture
def backend(shared_backend):
    with cleared_after(shared_backend):
        yield shared_backend


def read(backend, files, tolerant=False):
    rows, mark = read_records(
        backend, files, COLUMNS, ("results", "calls"), tolerant=tolerant
    )
    frame = rows.to_pandas()
    values = [
        (a if isinstance(a, str) else None, b)
        for a, b in zip(frame.a, frame.b, strict=True)
    ]
    return values, list(frame[FILE]), rejected_lines(backend, mark)


@pytest.mark.parametrize("tolerant", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_records_in_their_order(
    backend, tmp_path, form, tolerant
):
    plain, packed = tmp_path / "a.json", tmp_path / "b.json.gz"
    plain.write_text(FORMS[form])
    packed.write_bytes(gzip.compress(FORMS[form].encode()))
    values, files, rejected = read(backend, [plain, packed], tolerant)
    assert values == SEEN * 2
    assert files == [str(plain)] * 4 + [str(packed)] * 4
    assert rejected.empty


def test_a_page_too_large_for_one_value_is_cut(backend, tmp_path, monkeypatch):
    for name in ("MAX_RECORD", "HEADS"):
        value = 60 if name == "MAX_RECORD" else (60,)
        monkeypatch.setattr(json_forms, name, value)
    monkeypatch.setattr(json_records, "MAX_RECORD", 60)
    files = [tmp_path / "a.json", tmp_path / "b.json.gz"]
    files[0].write_text(PAGE)
    files[1].write_bytes(gzip.compress(PAGE.encode()))
    monkeypatch.setattr(json_forms.Form, "options", property(_plain_options))
    values, named, _ = read(backend, files)
    assert values == SEEN * 2
    assert set(named) == {str(file) for file in files}


def _plain_options(form):
    packing = "gzip" if form.packed else "uncompressed"
    return {"format": form.layout, "compression": packing}


@pytest.mark.parametrize(
    "ending", ["", "]", '], "x": 1', '], "x" 1}', "]} more", '], 3: "x"}']
)
def test_a_large_page_that_is_not_whole_is_an_error(
    backend, tmp_path, monkeypatch, ending
):
    monkeypatch.setattr(json_forms, "MAX_RECORD", 10)
    file = tmp_path / "a.json"
    file.write_text('{"calls": [{"a": 1}, {"a": 2}' + ending)
    with pytest.raises(duckdb.InvalidInputException, match=r"Malformed|transform"):
        read(backend, [file])


@pytest.mark.parametrize("text", ["{}", '{"total": 0}', '{"calls": []}', "[]", "", " "])
def test_pages_without_records_have_none(backend, tmp_path, text):
    full, none = tmp_path / "a.json", tmp_path / "b.json"
    full.write_text(PAGE)
    none.write_text(text)
    for tolerant in (False, True):
        assert read(backend, [full, none], tolerant)[0] == SEEN


def test_broken_lines_are_kept_apart_with_their_number(backend, tmp_path):
    file = tmp_path / "a.json"
    good = b'{"a": 1}\n'
    bad = [b"{\n", b"3\n", b'{"a": "x\0"}\n', b'{"a": "\xff"}\n', b'{"a"']
    file.write_bytes(b"".join([good + line for line in bad]))
    with pytest.raises(duckdb.InvalidInputException, match="Malformed"):
        read(backend, [file])
    values, _, rejected = read(backend, [file], tolerant=True)
    assert values == [("1", None)] * 5
    assert rejected["_line"].tolist() == [2, 4, 6, 8, 10]
    assert rejected.reason.tolist() == [
        *["broken record"] * 3,
        "broken characters",
        "broken record",
    ]


def test_another_shape_than_asked_for_is_null_when_lines_are_kept_apart(
    backend, tmp_path
):
    file = tmp_path / "a.json"
    file.write_text('{"a": {"x": 1}, "b": "text"}\n{"a": 1, "a": 2}\n')
    values, _, rejected = read(backend, [file], tolerant=True)
    assert [a for a, _ in values] == ['{"x":1}', "1"]
    assert rejected.empty


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"a": 1}, {"a": ', "of record 2"),
        ('[{"a": 1}] {"a": 2}', "broken JSON"),
        ("[1]", "at record 1"),
        ('{"calls": [{"a": 1}', "broken JSON"),
    ],
)
def test_a_broken_array_names_the_file_and_the_place(backend, tmp_path, text, place):
    file = tmp_path / "broken.json"
    file.write_text(text)
    with pytest.raises(duckdb.Error, match="JSON") as told:
        read(backend, [file])
    fault = str(json_fault(told.value, "sources.calls", "x"))
    assert "broken.json" in fault
    assert place in fault
    assert '"a"' not in fault


def test_a_late_field_is_seen(backend, tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"a": 1}\n' * 30_000 + '{"late": 1}\n')
    assert field_names(backend, [file], "sources.calls") == ["a", "late"]


def test_the_form_is_found_behind_a_long_beginning(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"sums": ["x"] * 20_000, "calls": [{"a": 1}]}))
    form = json_form(file, COLUMNS, ("calls",))
    assert (form.layout, form.key) == ("page", "calls")


LINE = '{"id":"%s","start":"2026-01-05T10:00:00Z","end":"2026-01-05T10:05:00Z"}'


def json_calls(backend, tmp_path, content, name="2.json", **changes):
    opened = call_project(backend, tmp_path, **changes)
    (tmp_path / "calls/1.csv").unlink()
    (tmp_path / "calls" / name).write_bytes(content)
    config = tmp_path / "small.yaml"
    lines = config.read_text().splitlines()
    kept = [x for x in lines if not x.strip().startswith(UNUSED)]
    config.write_text("\n".join(kept))
    again = type(opened).open(config)
    again.__dict__["store"] = opened.store
    return again


UNUSED = ("known_at", "customer_phone", "direction", "wait_s", "talk_s", "agent_id")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_calls_are_read_whole_in_any_encoding(shared_backend, tmp_path, encoding):
    text = "\n".join([LINE % "k1", "broken", LINE % "kë"])
    opened = json_calls(shared_backend, tmp_path, text.encode(encoding))
    told = prepare_all(opened)["sources"]["calls"]
    assert sorted(opened.store.frame("calls").call_id) == ["k1", "kë"]
    assert reasons(opened, "calls") == {2: "broken record"}
    assert (told["rows_in"], told["rows_kept"]) == (3, 2)


def test_json_that_cannot_be_read_on_is_a_data_error(shared_backend, tmp_path):
    text = f"[{LINE % 'k1'}, {LINE % 'k2'}"[:-5]
    opened = json_calls(shared_backend, tmp_path, text.encode())
    with pytest.raises(DataError, match=r"calls\.path: 2\.json is broken JSON"):
        prepare_calls(opened)
