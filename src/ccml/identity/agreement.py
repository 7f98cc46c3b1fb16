"""Contracts between tables: do the sources reach as far, and do their keys meet?

Every check is told as a row, kept or broken; the broken ones stop the run all at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

import ibis
import pandas as pd

from ccml.config.files import FileSource
from ccml.engine.stage import Stage
from ccml.engine.store import Store, Table
from ccml.errors import DataError
from ccml.project import Project

TABLE = "contract_checks"
CODE = ("identity/agreement",)
ABOUT = "one row per table and check between tables: what was found, what is allowed"
FRESH = "freshness"
LINKED = "customers exist"
DAY_S = 86_400
TIMES = ("event_at", "started_at", "known_at")
"""Which column tells how far a table reaches: the first that it has."""


@dataclass(frozen=True)
class Check:
    """One check: `value` must be at most `limit`; without a limit it is only told."""

    table: str
    check: str
    rows: int
    bad: int
    value: float
    limit: float | None
    sentence: str

    @property
    def is_kept(self) -> bool:
        """Tell whether the contract is kept."""
        return self.limit is None or self.value <= self.limit


def check_agreement(project: Project, tables: list[str]) -> bool:
    """Make `contract_checks`; tell whether the stage ran.

    Args:
        project: The project, whose sources have been read.
        tables: Their stored tables.

    Raises:
        DataError: With a sentence for every contract that is broken.
    """
    if not tables:
        return False
    stage = Stage(
        name="check what the tables owe each other",
        outputs=(TABLE,),
        inputs=tables,
        settings={
            "sources": project.config.sources,
            "until": project.config.data_until,
        },
        code=CODE,
    )
    ran = project.stages.run(stage, lambda: {TABLE: _stored(_checks(project, tables))})
    broken = project.store.frame(TABLE)
    broken = broken[~broken.is_kept]
    if len(broken):
        raise DataError("\n".join(broken.sentence))
    return ran


def _stored(checks: list[Check]) -> Table:
    names = [item.name for item in fields(Check)]
    rows = [[getattr(check, name) for name in names] for check in checks]
    frame = pd.DataFrame(rows, columns=names).astype({"limit": "float64"})
    frame["is_kept"] = [check.is_kept for check in checks]
    return Table(frame, ("table", "check"), ABOUT)


def _checks(project: Project, tables: list[str]) -> list[Check]:
    return [*_freshness(project, tables), *_links(project, tables)]


def _freshness(project: Project, tables: list[str]) -> Iterator[Check]:
    """Compare the newest row of each table with the end of the data."""
    newest = {name: _newest(project.store, name) for name in tables}
    told = {name: last for name, last in newest.items() if last is not None}
    end = project.config.data_until or max(told.values(), default=None)
    for name, last in told.items():
        source = source_of(project, name)
        if end is None or source is None:
            continue
        age = max((end - last).total_seconds() / DAY_S, 0.0)
        rows = int(project.store.read(name).count().execute())
        place = place_of(name)
        yield Check(
            name,
            FRESH,
            rows,
            0,
            round(age, 3),
            source.max_age_days,
            f"{place}.max_age_days: the newest row is {age:.1f} days older than the end "
            f"of the data, allowed are {source.max_age_days}; send the newest export, "
            f"set data_until, or raise the limit.",
        )


def _newest(store: Store, name: str) -> datetime | None:
    table = store.read(name)
    column = next((time for time in TIMES if time in table.columns), None)
    if column is None:
        return None
    last = table[column].max().execute()
    return None if pd.isna(last) else last.to_pydatetime()


def _links(project: Project, tables: list[str]) -> Iterator[Check]:
    """Count rows that name a customer whom the customers' source does not have."""
    if "customers" not in tables:
        return
    known = project.store.read("customers").select("customer_id").distinct()
    for name in tables:
        source = source_of(project, name)
        column = "customer_key" if name == "calls" else "customer_id"
        table = project.store.read(name)
        if source is None or name == "customers" or column not in table.columns:
            continue
        rows, bad = _orphans(table[[column]].rename(customer_id=column), known)
        share = bad / rows if rows else 0.0
        # A platform's key may be another one than the CRM's: told, not refused.
        limit = None if name == "calls" else source.max_orphan_share
        yield Check(
            name,
            LINKED,
            rows,
            bad,
            round(share, 6),
            limit,
            f"{place_of(name)}.max_orphan_share: {bad:,} of {rows:,} rows name a "
            f"customer that sources.customers does not have, allowed is a share of "
            f"{source.max_orphan_share:g}; check the key columns of both (leading zeros, "
            f"prefixes, another system's key), or raise the limit.",
        )


def _orphans(keys: ibis.Table, known: ibis.Table) -> tuple[int, int]:
    named = keys.filter(keys.customer_id.notnull())
    rows = int(named.count().execute())
    return rows, int(named.anti_join(known, "customer_id").count().execute())


def source_of(project: Project, table: str) -> FileSource | None:
    """Find the section of the config that a stored table comes from."""
    sources = project.config.sources
    fixed: FileSource | None = getattr(sources, table, None)
    return fixed if fixed is not None else sources.events.get(table)


def place_of(table: str) -> str:
    """Name a table's section of the config."""
    fixed = {"calls", "customers", "customer_phones", "call_links", "customer_keys"}
    return f"sources.{table}" if table in fixed else f"sources.events.{table}"
