"""Rows that keep the contract, and rows set aside with one reason each."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from ccml.contracts.schema import DUPLICATE, Contract, broken_rules, is_harmless
from ccml.errors import DataError

POSITION = ("source_file", "row_no")
REASON = "reason"


@dataclass(frozen=True)
class Split:
    """What became of a source's rows: `kept` and `aside` hold every row once.

    `aside` has the columns source_file, row_no and reason, and no other.
    """

    kept: ibis.Table
    aside: ibis.Table


def with_reason(contract: Contract, rows: ibis.Table, fault: str) -> ibis.Table:
    """Add `reason`: the fault found at reading, else the first broken rule, else null."""
    rules = [(is_bad, reason) for reason, is_bad in broken_rules(contract, rows)]
    first = ibis.cases(
        (rows[fault].notnull(), rows[fault]), *rules, else_=ibis.null("string")
    )
    return rows.mutate(**{REASON: first}).drop(fault)


def split_rows(contract: Contract, judged: ibis.Table) -> Split:
    """Part rows by their reason, and keep the newest of those with an equal key.

    The newest is the one with the last `known_at`; among equals the order of all columns
    decides, so that it does not matter how the export was cut into files.

    Args:
        contract: What a row must keep.
        judged: Rows with source_file, row_no and `reason`.
    """
    good = judged.filter(judged[REASON].isnull())
    bad = judged.filter(judged[REASON].notnull()).select(*POSITION, REASON)
    copies = _copies(contract, good)
    return Split(
        kept=good.anti_join(copies, POSITION).drop(REASON),
        aside=bad.union(copies.select(*POSITION, REASON)),
    )


def _copies(contract: Contract, good: ibis.Table) -> ibis.Table:
    """List the rows that are not the newest of their key."""
    sizes = good.group_by(list(contract.keys)).agg(copies=good.count())
    many = sizes.filter(sizes.copies > 1)
    repeated = good.semi_join(many, list(contract.keys))
    content = [name for name in contract.names if name != "source_file"]
    order = [
        ibis.desc(repeated.known_at),
        *(repeated[name] for name in content if name != "known_at"),
        *(repeated[name] for name in POSITION),
    ]
    ranked = repeated.mutate(
        rank=_rank(repeated, contract.keys, order),
        twin=_rank(repeated, content, order),
    )
    reason = ibis.ifelse(ranked.twin > 0, DUPLICATE, contract.copies)
    return ranked.mutate(**{REASON: reason}).filter(ranked["rank"] > 0)


def _rank(rows: ibis.Table, by: Sequence[str], order: Sequence[ibis.Value]) -> ibis.Value:
    window = ibis.window(group_by=[rows[name] for name in by], order_by=order)
    return ibis.row_number().over(window)


def count_reasons(aside: ibis.Table) -> dict[str, int]:
    """Count the rows set aside, by reason in alphabetical order."""
    counts = aside.group_by(REASON).agg(rows=aside.count()).order_by(REASON)
    frame: pd.DataFrame = counts.to_pandas()
    return dict(zip(frame[REASON], frame.rows.astype(int), strict=True))


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
