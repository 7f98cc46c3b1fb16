"""The share of calls of the top callers, as rows of key figures."""

import ibis
import pandas as pd

from ccml.kpis.concentration import TOP_SHARES, CountTable, top_shares
from ccml.kpis.cuts import everywhere
from ccml.kpis.measure import COLUMNS, known_types


def concentration_rows(calls: ibis.Table, customers: int | None) -> pd.DataFrame:
    """Give the share of calls of the top callers, over the whole period.

    Args:
        calls: Calls with customer_id.
        customers: Customers on record, so that those without a call count too.
    """
    inbound = calls.filter((calls.direction == "inbound") & calls.customer_id.notnull())
    counted = inbound.group_by("customer_id").agg(calls=inbound.count()).to_pandas()
    per_customer = counted["calls"].to_numpy()
    populations = {"customers who called": per_customer}
    if customers is not None:
        silent = max(customers - len(per_customer), 0)
        padded = pd.Series(per_customer).reindex(range(len(per_customer) + silent))
        populations["customers on record"] = padded.fillna(0).to_numpy()
    rows = [
        row
        for words, numbers in populations.items()
        for row in _top_rows(words, CountTable.of(numbers), len(numbers))
    ]
    return everywhere(known_types(pd.DataFrame(rows, columns=list(COLUMNS))))


def _top_rows(words: str, counts: CountTable, n: int) -> list[tuple[object, ...]]:
    total = float((counts.calls * counts.customers).sum())
    shares = top_shares(counts, TOP_SHARES)[0] if n else [float("nan")] * 5
    return [
        (
            "concentration",
            f"inbound calls of the top {top * 100:g} % of {words}",
            share,
            share * total,
            total,
            n,
            "share",
            None,
            None,
            None,
            None if n else "no known customer called",
        )
        for top, share in zip(TOP_SHARES, shares, strict=True)
    ]
