"""Rows that keep the contract, and rows set aside with one reason each."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from ccml.contracts.schema import DUPLICATE, Contract, broken_rules, is_harmless
from ccml.errors import DataError

ROW = "_row_no"
FAULT = "_fault"
"""First thing wrong with a row. The names begin so that no export's column is hit."""
POSITION = ("source_file", ROW)
PART = "_part"
"""Number of a row among those that were made of one row of the file."""
REASON = "reason"


@dataclass(frozen=True)
class Split:
    """What became of a source's rows: `kept` and `aside` hold every row once.

    `aside` has the columns source_file, _row_no, reason and perhaps _part, no other.
    """

    kept: ibis.Table
    aside: ibis.Table


def judge(contract: Contract, rows: ibis.Table) -> ibis.Table:
    """Set the fault of rows that were read well to the first rule they break."""
    rules = [(is_bad, reason) for reason, is_bad in broken_rules(contract, rows)]
    first = ibis.cases(
        (rows[FAULT].notnull(), rows[FAULT]), *rules, else_=ibis.null("string")
    )
    return rows.mutate(**{FAULT: first})


def split_rows(contract: Contract, judged: ibis.Table) -> Split:
    """Part rows by their fault, and keep the newest of those with an equal key.

    The newest is the one with the last `known_at`; among equals the order of all columns
    decides, so that it does not matter how the export was cut into files.

    Args:
        contract: What a row must keep.
        judged: Rows with source_file, row number and fault.
    """
    good = judged.filter(judged[FAULT].isnull()).drop(FAULT)
    bad = judged.filter(judged[FAULT].notnull())
    copies = _copies(contract, good)
    return Split(
        kept=good.anti_join(copies, position(good)),
        aside=set_aside(bad, bad[FAULT]).union(copies),
    )


def set_aside(rows: ibis.Table, reason: ibis.Value) -> ibis.Table:
    """Reduce rows to where they stood and why they are not used."""
    return rows.select(*position(rows), **{REASON: reason})


def position(rows: ibis.Table) -> tuple[str, ...]:
    """Name the columns that tell rows apart by where they stood."""
    return (*POSITION, PART) if PART in rows.columns else POSITION


@dataclass(frozen=True)
class Records:
    """The same by rows of the files, where one became several.

    A row of a file is kept when something of it is kept. `partly` counts, by reason,
    what was set aside of rows that are kept.
    """

    kept: int
    aside: ibis.Table
    partly: dict[str, int]


def by_record(parted: Split) -> Records:
    """Count rows of the files in place of what was made of them."""
    kept, aside = parted.kept, parted.aside
    if PART not in kept.columns:
        return Records(int(kept.count().execute()), aside, {})
    used = kept.select(*POSITION).distinct()
    lost = aside.anti_join(used, POSITION)
    first = lost.mutate(_rank=_rank(lost, POSITION, [lost[PART], lost[REASON]]))
    first = first.filter(first["_rank"] == 0).select(*POSITION, REASON)
    partly = aside.semi_join(used, POSITION).to_pandas()
    reasons = {
        f"{reason} (one of several values of a row)": rows
        for reason, rows in count_reasons(partly).items()
    }
    return Records(int(used.count().execute()), first, reasons)


def _copies(contract: Contract, good: ibis.Table) -> ibis.Table:
    """List the rows that are not the newest of their key."""
    sizes = good.group_by(list(contract.keys)).agg(copies=good.count())
    many = sizes.filter(sizes.copies > 1)
    repeated = good.semi_join(many, list(contract.keys))
    content = [name for name in contract.names if name != "source_file"]
    order = [
        ibis.desc(repeated.known_at),
        *(repeated[name] for name in content if name != "known_at"),
        *(repeated[name] for name in position(repeated)),
    ]
    ranked = repeated.mutate(
        _rank=_rank(repeated, contract.keys, order),
        _twin=_rank(repeated, content, order),
    )
    late = ranked.filter(ranked["_rank"] > 0)
    return set_aside(late, ibis.ifelse(late["_twin"] > 0, DUPLICATE, contract.copies))


def _rank(
    rows: ibis.Table, by: Sequence[str], order: Sequence[ibis.Value]
) -> ibis.Value:
    window = ibis.window(group_by=[rows[name] for name in by], order_by=order)
    return ibis.row_number().over(window)


def count_reasons(aside: pd.DataFrame) -> dict[str, int]:
    """Count the rows set aside, by reason in alphabetical order."""
    counts = aside[REASON].value_counts().sort_index()
    return {str(reason): int(rows) for reason, rows in counts.items()}


def require_quality(
    rows_in: int, reasons: dict[str, int], max_bad_share: float, place: str
) -> None:
    """Stop when too many rows broke the contract; copies of rows do not count.

    Raises:
        DataError: With the counts by reason.
    """
    bad = {reason: rows for reason, rows in reasons.items() if not is_harmless(reason)}
    total = sum(bad.values())
    if total > max_bad_share * rows_in:
        told = ", ".join(f"{reason}: {rows:,}" for reason, rows in bad.items())
        raise DataError(
            f"{place}.max_bad_share: {total:,} of {rows_in:,} rows would be set aside "
            f"({told}), above the share {max_bad_share:g} that is allowed; mend the "
            f"export or the column names, or raise {place}.max_bad_share."
        )
