"""Records of JSON files, whatever their form: lines, an array, or pages around one.

A page is an object such as `{"conversations": [...], "totalHits": 3}`. The engine reads
all forms by itself as a stream; only a page too large to be one value has its array cut
out into a passing file first, as bytes.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pandas as pd

from ccml.contracts.split import REASON
from ccml.errors import DataError
from ccml.sources.csv_files import (
    FILE,
    LINE,
    add_rejects,
    engine_rejects,
    moved_on,
    read_lines,
)
from ccml.sources.json_cut import cut_array
from ccml.sources.json_forms import MAX_RECORD, Form, is_large_page, json_form
from ccml.sources.passing import PassingFolder
from ccml.sources.scratch import as_view, json_fields, new_name, passing_folder

BROKEN = "broken record"
FAULT_PLACE = re.compile(r'file "(.*?)", (?:at byte (\d+) )?in (\w+)(?:/\w+)? (\d+)')
RECORD = "_record"
NUMBER = "_number"


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="json_type", signature=((dt.string,), dt.string)
)
def _json_type(text: str) -> dt.String:
    """DuckDB's function: the kind of a JSON value; broken text is an error."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="json_valid", signature=((dt.string,), dt.boolean)
)
def _json_valid(text: str) -> dt.Boolean:
    """DuckDB's function: whether a text is JSON."""


def read_records(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    columns: Mapping[str, str],
    envelope: tuple[str, ...] = (),
    *,
    tolerant: bool = False,
) -> tuple[ibis.Table, str | None]:
    """Open the records of JSON files; they are read when the table is.

    Args:
        backend: The engine.
        files: Files of any form and mixture, plain or gzip, as UTF-8.
        columns: Field of a record: DuckDB's type. Fields that a record lacks are null,
            those not asked for are left out. Ask for VARCHAR where texts may be no
            numbers or times: every value fits a text.
        envelope: Fields of a page that may hold the array of records.
        tolerant: Keep broken lines apart, and take what has another shape than its type
            for null. Without it both are an error of the engine.

    Returns:
        The lazy table with `_file`, in the order of the files and of their records, and
        the name of the engine's table of rejected lines.
    """
    passing = passing_folder(backend)
    groups = _by_form(files, columns, envelope, passing)
    if not tolerant:
        typed = _all(_strict(backend, f, form, columns) for form, f in groups.items())
        return _named(typed, passing), None
    mark = uuid.uuid4().hex
    good, bad = [], []
    for form, paths in groups.items():
        texts, rejects = _texts(backend, paths, form)
        numbered = as_view(texts.mutate(**{NUMBER: ibis.row_number()}))
        bad.append(_broken(backend, numbered, rejects))
        good.append(numbered.filter(_is_record(numbered[RECORD])))
    broken = pd.concat(bad, ignore_index=True)
    broken[FILE] = [str(passing.origin(Path(file))) for file in broken[FILE]]
    add_rejects(backend, mark, broken)
    fields = json_fields(as_view(_all(good)), RECORD, columns, FILE)
    return _named(fields, passing), mark


def _all(parts: Iterable[ibis.Table]) -> ibis.Table:
    return reduce(lambda left, right: left.union(right), parts)


def _named(rows: ibis.Table, passing: PassingFolder) -> ibis.Table:
    """Name the files that passing copies stand for."""
    return as_view(rows.mutate(**{FILE: passing.origins(rows[FILE])}))


def _by_form(
    files: Iterable[Path],
    columns: Iterable[str],
    envelope: tuple[str, ...],
    passing: PassingFolder,
) -> dict[Form, list[Path]]:
    groups: dict[Form, list[Path]] = {}
    for file in files:
        form, path = json_form(file, columns, envelope), file
        if is_large_page(file, form):
            path = passing.copy_of(file)
            cut_array(file, form.key, path, MAX_RECORD)
            form = Form("array")
        groups.setdefault(form, []).append(path)
    return groups


def _strict(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    form: Form,
    columns: Mapping[str, str],
) -> ibis.Table:
    """Let the engine give every field its type while it reads."""
    if form.layout != "page":
        return _read_json(backend, files, form, columns, records="true").select(
            *columns, FILE
        )
    array = {form.key: f"{struct_type(columns)}[]"}
    pages = _read_json(backend, files, form, array, records="true")
    rows = as_view(pages.select(FILE, **{RECORD: pages[form.key].unnest()}))
    fields = {name: rows[RECORD][name] for name in columns}
    return rows.select(**fields, **{FILE: rows[FILE]})


def _texts(
    backend: ibis.BaseBackend, files: Sequence[Path], form: Form
) -> tuple[ibis.Table, str | None]:
    """Open files as one JSON text for each record; lines may be rejected."""
    if form.layout == "newline_delimited":
        lines, mark = read_lines(backend, files, packed=form.packed, longest=MAX_RECORD)
        return lines.select(FILE, **{RECORD: lines[LINE]}), mark
    if form.layout == "page":
        pages = _read_json(backend, files, form, {form.key: "JSON[]"}, records="true")
        texts = pages.select(FILE, **{RECORD: pages[form.key].unnest()})
    else:
        texts = _read_json(backend, files, form, {RECORD: "JSON"}, records="false")
    return texts.select(FILE, **{RECORD: texts[RECORD].cast("string")}), None


def _read_json(
    backend: ibis.BaseBackend,
    files: Sequence[Path],
    form: Form,
    columns: Mapping[str, str],
    **more: str,
) -> ibis.Table:
    return backend.read_json(
        [str(file) for file in files],
        table_name=new_name(),
        columns=dict(columns),
        filename=FILE,
        **form.options,
        **more,
    )


def _is_record(text: ibis.Value) -> ibis.Value:
    kind = ibis.ifelse(_json_valid(text), _json_type(text), "")
    return (kind == "OBJECT").fill_null(False)


def _broken(
    backend: ibis.BaseBackend, numbered: ibis.Table, rejects: str | None
) -> pd.DataFrame:
    """List what is no record, by its number within its file."""
    firsts = numbered.group_by(FILE).agg(first=numbered[NUMBER].min())
    broken = numbered.filter(~_is_record(numbered[RECORD])).join(firsts, FILE)
    number = broken[NUMBER] - broken["first"] + 1
    frame = broken.select(FILE, **{LINE: number}).to_pandas()
    found: pd.DataFrame = frame.assign(**{REASON: BROKEN})
    if rejects is None:
        return found
    lines = engine_rejects(backend, rejects, first=1)
    for file, gone in lines.groupby(FILE):
        here = found[FILE] == file
        found.loc[here, LINE] = moved_on(found.loc[here, LINE], gone[LINE])
    found = pd.concat([found, lines], ignore_index=True)
    return found.drop_duplicates([FILE, LINE])


def struct_type(columns: Mapping[str, str]) -> str:
    """Write DuckDB's type of a record."""
    quoted = ((name.replace('"', '""'), kind) for name, kind in columns.items())
    fields = ", ".join(f'"{name}" {kind}' for name, kind in quoted)
    return f"STRUCT({fields})"


def field_names(
    backend: ibis.BaseBackend, files: Sequence[Path], place: str
) -> list[str]:
    """List the fields of all records, in the order in which they turn up.

    Raises:
        DataError: There is no record.
    """
    names: dict[str, None] = {}
    for form, paths in _by_form(files, (), (), passing_folder(backend)).items():
        is_lines = form.layout == "newline_delimited"
        rows = backend.read_json(
            [str(path) for path in paths],
            table_name=new_name(),
            union_by_name=True,
            maximum_depth=1,
            sample_size=-1,
            ignore_errors=is_lines,
            **form.options,
        )
        names |= dict.fromkeys(rows.columns)
    # The engine calls a record that is no object so.
    if not set(names) - {"json"}:
        raise DataError(
            f"{place}.path: {files[0].name} holds no JSON records; check the export, or "
            f"take this source out of the config."
        )
    return list(names)


def json_fault(error: duckdb.Error, place: str, file: str) -> DataError:
    """Build the error for JSON that the engine cannot read, with the place in the file.

    Args:
        error: What the engine said; its words may hold values and are not shown.
        place: Where the source stands in the config.
        file: A file's name when the engine gives none.
    """
    found = FAULT_PLACE.search(str(error))
    at = "somewhere"
    if found:
        file = Path(found[1]).name
        # The engine counts a broken record before it names it.
        number = int(found[4]) - (1 if found[2] else 0)
        at = f"{found[3]} {max(number, 1):,}"
        at = f"byte {int(found[2]):,} of {at}" if found[2] else at
    return DataError(
        f"{place}.path: {file} is broken JSON or of an unknown form at {at}; send the file "
        f"again, whole, as one record per line, an array of records, or pages around one."
    )
