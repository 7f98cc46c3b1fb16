"""Ids of CRMs: Salesforce's 15 or 18 characters, and GUIDs.

The last three characters of an 18-character Salesforce id tell which of the first 15
are capitals, five characters to each. Reports give the first 15 only, and two such ids
may differ in capitals alone, so a tool that changes capitals makes customers one.
"""

import string
from collections.abc import Sequence

import ibis

from ccml.errors import DataError
from ccml.sources.crm.export import IdForm

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORT, LONG, CHUNK = 15, 18, 5
PATTERNS = " ".join(f"{number:05b}"[::-1] for number in range(len(ALPHABET)))
"""Where capitals stand among five characters, the first one counting least."""
SIGNS = string.digits + string.ascii_lowercase + string.ascii_uppercase
KINDS = "0" * 36 + "1" * 26
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
    short = text.substr(0, SHORT)
    whole = short + _check_letters(short)
    is_good = (text.length() == SHORT) | (
        (text.length() == LONG) & (text.substr(SHORT).upper() == whole.substr(SHORT))
    )
    return ibis.ifelse(is_good, whole, None)


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


def _check_letters(short: ibis.Value) -> ibis.Value:
    """Tell the capitals among each five characters by one letter; null for other signs."""
    capitals = short.translate(SIGNS, KINDS)
    letters = [_letter(capitals.substr(at, CHUNK)) for at in range(0, SHORT, CHUNK)]
    return letters[0] + letters[1] + letters[2]


def _letter(chunk: ibis.Value) -> ibis.Value:
    at = ibis.literal(PATTERNS).find(chunk)
    letter = ibis.literal(ALPHABET).substr(at // (CHUNK + 1), 1)
    return ibis.ifelse((at >= 0) & (chunk.length() == CHUNK), letter, None)
