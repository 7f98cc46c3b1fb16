"""CSV files as they should not be: a clear error, or every row accounted for."""

import gzip
import io
import subprocess
import sys
import zipfile

import pytest
import yaml
from source_projects import CALL_HEADER, CALLS, call, project, reasons

from ccml.config.files import FileSource
from ccml.config.sources import CallsSource
from ccml.contracts.split import FAULT, ROW
from ccml.errors import DataError
from ccml.identity.prepare import prepare_all
from ccml.sources.calls import calls_shape
from ccml.sources.dialect import find_dialect
from ccml.sources.scratch import cleared_after
from ccml.sources.staging import Layer, require_rows, stage_files
from ccml.sources.survey import count_rows, signs_of
from ccml.sources.tidy import tidy

PLACE = "sources.calls"
COLUMNS = yaml.safe_load(CALLS)["columns"]


def staged(backend, folder, content, name="1.csv", **settings):
    """Type a call log of these bytes: ids of the good rows, faults by row number."""
    (folder / name).write_bytes(content)
    source = CallsSource(path="x", columns=COLUMNS, **settings)
    layer = Layer(source, PLACE, calls_shape(source))
    with cleared_after(backend):
        found = stage_files(backend, [folder / name], layer, folder)
        frame = found.table.to_pandas()
    require_rows(found.rows_in, [folder / name], PLACE)
    assert found.rows_in == len(frame)
    assert set(frame.source_file) == {name}
    bad = frame[frame[FAULT].notna()]
    good = frame[frame[FAULT].isna()]
    faults = dict(zip(bad[ROW].astype(int), bad[FAULT], strict=True))
    return good.call_id.tolist(), faults


def lines(*rows, end="\n"):
    return (end.join([CALL_HEADER, *rows]) + end).encode()


FULL = [call(id=f"k{i}") for i in range(1, 6)]
QUARANTINED = {
    "NUL in a field": ([*FULL, call(id="n\0")], {6: "NUL bytes"}),
    "lost blocks": ([*FULL[:3], "\0" * 5000, *FULL[3:]], {4: "NUL bytes"}),
    "header again": ([*FULL[:2], CALL_HEADER, *FULL[2:]], {3: "header again"}),
    "mark and header again": (
        [*FULL[:2], f"\ufeff{CALL_HEADER}", *FULL[2:]],
        {3: "header again"},
    ),
    "total": ([*FULL, "Total,,,,,,100,1200,"], {6: "total line"}),
    "rows of separators": ([*FULL, ",,,,,,,,"], {6: "blank row"}),
    "other separators": (
        [*FULL[:2], FULL[2].replace(",", ";"), *FULL[3:]],
        {3: "too few fields"},
    ),
    "blanks": ([*FULL[:2], "   ", *FULL[2:]], {3: "too few fields"}),
    "quote never closed": (
        [*FULL[:2], call(id='"k3'), *FULL[3:]],
        {3: "broken quotes"},
    ),
    "two open quotes swallow no row": (
        [call(id='"k1'), *FULL[1:4], call(agent='A"')],
        {1: "broken quotes", 5: "broken quotes"},
    ),
    "a footer": ([*FULL, "Report made by nobody"], {6: "too few fields"}),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("case", QUARANTINED)
def test_what_is_no_row_is_set_aside_with_its_place(
    shared_backend, tmp_path, case, end
):
    rows, wanted = QUARANTINED[case]
    good, faults = staged(shared_backend, tmp_path, lines(*rows, end=end))
    assert faults == wanted
    assert len(good) == len(rows) - len(wanted)


def test_mixed_line_ends_lose_no_row(shared_backend, tmp_path):
    content = CALL_HEADER + "".join(
        end + row for end, row in zip(["\n", "\r\n", "\r"] * 2, FULL, strict=False)
    )
    good, faults = staged(shared_backend, tmp_path, content.encode())
    assert (len(good), faults) == (5, {})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_of_several_lines_stay_rows(shared_backend, tmp_path, end):
    notes = [call(id=f"k{i}", agent=f'"A{end}""{i}"""') for i in range(5)]
    good, faults = staged(shared_backend, tmp_path, lines(*notes, end=end))
    assert (len(good), faults) == (5, {})


def test_a_line_too_long_is_set_aside(shared_backend, tmp_path):
    content = lines(*FULL[:2], call(id="x" * 3_000_000), *FULL[2:])
    good, faults = staged(shared_backend, tmp_path, content)
    assert (len(good), faults) == (5, {3: "line too long"})


def test_packed_files_are_tidied_too(shared_backend, tmp_path):
    content = gzip.compress(lines(*FULL[:2], CALL_HEADER, "\0", *FULL[2:]))
    good, faults = staged(shared_backend, tmp_path, content, name="1.csv.gz")
    assert (len(good), faults) == (5, {3: "header again", 4: "NUL bytes"})


def test_lines_above_the_header_are_left_out(shared_backend, tmp_path):
    content = b'Calls of "May\n\nmade, by, us\n' + lines(*FULL, CALL_HEADER)
    good, faults = staged(shared_backend, tmp_path, content, header_row=4)
    assert (len(good), faults) == (5, {6: "header again"})


ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "windows-1250", "windows-1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_other_encodings_are_read(shared_backend, tmp_path, encoding):
    name = encoding.removesuffix("-le").removesuffix("-sig")
    content = lines(*FULL, call(id="Zoë € ö")).decode().encode(encoding)
    good, _ = staged(shared_backend, tmp_path, content, encoding=name)
    assert good[-1] == "Zoë € ö"


def workbook():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr("xl/workbook.xml", "<x/>")
    return packed.getvalue()


def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr("calls.csv", "a,b\n")
    return packed.getvalue()


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "header only": (lines(), "holds no rows"),
    "workbook": (workbook(), "is an Excel workbook; set sources.calls.reader to excel"),
    "old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "is an Excel workbook"),
    "archive": (archive(), "is a zip archive, whose name should end in .zip"),
    "half an archive": (archive()[:40], "damaged zip archive or workbook"),
    "parquet": (b"PAR1" + b"\0" * 90, "a Parquet file; set sources.calls.reader to pa"),
    "web page": (b"\n<!DOCTYPE html><html>", "a web page, perhaps the sign-in page"),
    "json": (b'[{"id": 1}]', "a JSON file; set sources.calls.reader to json"),
    "pdf": (b"%PDF-1.4 \xff", "a PDF document; export it as CSV"),
    "program": (b"\x7fELF\x01\0\0\0" * 40, "cannot be read as utf-8 text"),
    "UTF-16 without a mark": (lines(*FULL).decode().encode("utf-16-le"), "encoding to"),
    "half a gzip file": (gzip.compress(lines(*FULL) * 99)[:90], "is a damaged file"),
    "endless header": (b"x" * 3_000_000 + b"\n1\n", "first line is longer than"),
    "twice the same name": (b"id,ID\n1,2\n", "which are one name"),
    "undefined letters": (lines(*FULL) + b"\xff\n" * 9, "cannot be read as utf-8"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_call_log_ends_in_one_sentence(shared_backend, tmp_path, case):
    content, message = REFUSED[case]
    with pytest.raises(DataError, match=r"sources\.calls") as told:
        staged(shared_backend, tmp_path, content)
    assert message in str(told.value)


def test_header_again_spoils_no_column_of_numbers(shared_backend, tmp_path):
    flat = "flat: {things: {path: things/1.csv}}"
    content = ["x,y", "1,a", "x,y", "2,b", "Total,"]
    opened = project(shared_backend, tmp_path, flat, things_1=content)
    opened.config.sources.flat["things"].__dict__["max_bad_share"] = 1
    prepare_all(opened)
    assert opened.store.frame("flat__things").x.tolist() == [1, 2]
    wanted = {2: "header again", 4: "total line"}
    assert reasons(opened, "flat__things") == wanted


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n\n3,4",
        b"a,b\r\n\r\n\r\n1,2\r\n3,4\r\n",
        b'a,b\n1,"2\n3"\n4,5\n',
        b"a,b\n1,2\na,b\n3,4\n",
        b"a\n1\n\n2\n",
    ],
)
def test_the_plain_count_and_the_close_look_agree(tmp_path, content):
    file = tmp_path / "1.csv"
    file.write_bytes(content)
    dialect = find_dialect(file, FileSource(path="x"), PLACE)
    signs = signs_of(file, dialect)
    close = tidy(file, dialect, signs, None)
    assert count_rows(file, dialect, signs) in (close.rows, None)
    assert close.rows == len(content.replace(b"2\n3", b"23").split()) - 1 + (
        len(dialect.header) == 1
    )


CHILD = """
import resource, sys
from pathlib import Path
from ccml.config.files import FileSource
from ccml.engine.connection import connect
from ccml.config.project import EngineConfig
from ccml.sources.raw import group_files, open_group
from ccml.sources.scratch import passing_folder
folder = Path(sys.argv[1])
backend = connect(EngineConfig(), folder / "spill")
source, place, copies = FileSource(path="x"), "sources.calls", passing_folder(backend)
group, = group_files([folder / "1.csv"], source, place, copies)
raw = open_group(backend, group, "sources.calls")
print(raw.rows.count().execute(), raw.lines, len(group.tidy.aside))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_line_of_500_megabytes_needs_no_such_memory(tmp_path):
    with (tmp_path / "1.csv").open("wb") as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(500):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,4\n")
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    counts, peak = done.stdout.splitlines()
    assert counts == "2 3 1"
    assert int(peak) < 1_000_000 * (1 if sys.platform == "linux" else 1024)


def test_a_first_line_of_many_megabytes_is_refused_at_once(shared_backend, tmp_path):
    with pytest.raises(DataError, match="first line is longer than"):
        staged(shared_backend, tmp_path, b"x" * 30_000_000)
