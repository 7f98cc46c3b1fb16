"""Ids of CRMs: Salesforce's 15 or 18 characters, and GUIDs.

The last three characters of an 18-character Salesforce id tell which of the first 15
are capitals, five characters to each. Reports give the first 15 only, and two such ids
may differ in capitals alone, so a tool that changes capitals makes customers one.
"""

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.errors import DataError
from ccml.sources.crm.export import IdForm

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORT, LONG, CHUNK = 15, 18, 5
LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
LEAD = "00Q"
ENOUGH = 50
"""So many ids of 15 characters without any capital letter are no chance."""
GUID = r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"


def known_id(text: ibis.Value, form: IdForm) -> ibis.Value:
    """Bring an id into the one form by which records are joined; else null."""
    if form == "salesforce":
        return salesforce_id(text)
    if form == "guid":
        bare = text.lower().replace("{", "").replace("}", "")
        return ibis.ifelse(bare.re_search(GUID), bare, None)
    return text


def salesforce_id(text: ibis.Value) -> ibis.Value:
    """Write an id of 15 or 18 characters with 18; null when its check letters are wrong."""
    return _whole_id(text).nullif("")


def refuse_changed_capitals(
    rows: ibis.Table, columns: Sequence[str], file: str, place: str
) -> None:
    """Stop when the capitals of Salesforce ids were changed on their way.

    Args:
        rows: The ids as the file gives them.
        columns: Columns with ids.
        file: The file's name, for the error.
        place: Where the source stands in the config.

    Raises:
        DataError: With the column and counts.
    """
    sums: dict[str, ibis.Value] = {}
    for i, name in enumerate(columns):
        is_long, is_short = rows[name].length() == LONG, rows[name].length() == SHORT
        is_flat = (rows[name] == rows[name].lower()) | (
            rows[name] == rows[name].upper()
        )
        is_small = is_short & (rows[name] == rows[name].lower())
        changed = is_long & is_flat & salesforce_id(rows[name]).isnull()
        sums |= {
            f"changed{i}": changed.sum().fill_null(0),
            f"short{i}": ibis.ifelse(is_short, rows[name], None).nunique(),
            f"small{i}": ibis.ifelse(is_small, rows[name], None).nunique(),
        }
    counts = rows.aggregate(**sums).to_pyarrow().to_pylist()[0] if sums else {}
    for i, name in enumerate(columns):
        short, small = counts[f"short{i}"], counts[f"small{i}"]
        bad = counts[f"changed{i}"] or (small if small == short >= ENOUGH else 0)
        if bad:
            raise DataError(
                f"{place}.path: the capital letters of {bad:,} ids in column {name!r} of "
                f"{file} were changed, by which customers become one; take the ids as "
                f"Salesforce gives them (Data Loader, 18 characters), not from a "
                f"spreadsheet or a database that changes capitals."
            )


@ibis.udf.scalar.pyarrow  # type: ignore[untyped-decorator]
def _whole_id(text: str) -> str:
    """Complete ids, many at once, which the engine's own words take far longer for.

    Ids that are wrong become empty.
    """
    given: pa.Array = text
    if isinstance(given, pa.ChunkedArray):
        given = given.combine_chunks()
    fits = pc.match_substring_regex(
        given, f"^[0-9A-Za-z]{{{SHORT}}}([0-9A-Za-z]{{3}})?$"
    )
    safe = pc.if_else(pc.fill_null(fits, False), given, "0" * SHORT)
    signs = np.array(safe.to_pylist(), dtype=f"S{LONG}").view(np.uint8)
    signs = signs.reshape(len(safe), LONG)
    short = signs[:, :SHORT]
    capitals = (short >= ord("A")) & (short <= ord("Z"))
    bits = capitals.reshape(len(safe), SHORT // CHUNK, CHUNK) @ (1 << np.arange(CHUNK))
    check = LETTERS[bits]
    tail = signs[:, SHORT:]
    small = (tail >= ord("a")) & (tail <= ord("z"))
    is_right = (np.where(small, tail - 32, tail) == check).all(axis=1)
    is_good = is_right | (tail == 0).all(axis=1)
    whole = np.concatenate([short, check], axis=1).reshape(-1).view(f"S{LONG}")
    known = pc.and_(pc.fill_null(fits, False), pa.array(is_good))
    ids = pa.array(whole.astype(str).tolist(), pa.string())
    return pc.if_else(known, ids, "")  # type: ignore[no-any-return]
