"""Calls, customers and spine of the feature benchmark, the same for every engine.

Calls fall into opening hours (08:00 to 20:00 UTC) and are known within a quarter of an
hour, so none of them lies across a cutoff or an edge of a window: engines with only one
clock come to the same values as ccml with its two.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WINDOWS_DAYS = (7, 30, 90, 180, 365)
MEASURES = ("wait_s", "handle_s")
STATISTICS = ("sum", "mean", "max")
FLAGS = ("abandoned", "transferred")
VALUES = {
    "reason": ("bill", "fault", "move", "other", "tariff"),
    "queue": ("q1", "q2", "q3", "q4"),
}
FIRST_DAY, DAYS = "2024-01-01", 540
FIRST_CUTOFF = (2024, 7)


@dataclass(frozen=True)
class Size:
    """How much data: calls, customers, cutoffs, and memory for ccml."""

    rows: int
    customers: int
    cutoffs: int = 12
    memory_gb: float = 4


_CALLS = """
copy (
    select
        event_id, customer_id, event_at,
        event_at + to_seconds((300 + hash(i, 7) % 600)::integer) as known_at,
        (hash(i, 3) % 3000) / 10.0 as wait_s,
        (hash(i, 4) % 9000) / 10.0 as handle_s,
        hash(i, 5) % 10 = 0 as abandoned,
        hash(i, 6) % 7 = 0 as transferred,
        {reasons}[(1 + hash(i, 8) % 5)::integer] as reason,
        {queues}[(1 + hash(i, 9) % 4)::integer] as queue
    from (
        select
            i,
            printf('call-%010d', i) as event_id,
            printf('C%09d', least(
                floor({customers} * pow((hash(i, 1) % 1000000007) / 1000000007.0, 2)),
                {customers} - 1
            )::bigint) as customer_id,
            -- In order of time, as a log is; 43,200 seconds of every day.
            timestamptz '{first} 08:00' + to_days((i * {days} // {rows})::integer)
                + to_seconds((i * {days} % {rows} * 43200 // {rows})::integer)
                as event_at
        from range({rows}) as t(i)
    )
) to '{file}' (format parquet, compression zstd)
"""
_CUSTOMERS = """
copy (
    select
        printf('C%09d', i) as customer_id,
        timestamptz '2023-12-01' as valid_from,
        null::timestamptz as valid_to,
        timestamptz '2023-12-01' as known_at
    from range({customers}) as t(i)
) to '{file}' (format parquet, compression zstd)
"""
_SPINE = """
copy (
    select customer_id, make_timestamptz({year} + (c + {month} - 1) // 12,
        (c + {month} - 1) % 12 + 1, 1, 0, 0, 0) as cutoff_at
    from '{folder}/customers.parquet', range({cutoffs}) as t(c)
    order by all
) to '{file}' (format parquet, compression zstd)
"""


def make_data(folder: Path, size: Size) -> None:
    """Write calls, customers, spine and what is asked for into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _engine() as engine:
        names = {"reasons": list(VALUES["reason"]), "queues": list(VALUES["queue"])}
        calls = folder / "calls.parquet"
        engine.execute(
            _CALLS.format(
                file=calls, rows=size.rows, customers=size.customers,
                first=FIRST_DAY, days=DAYS, **names,
            )
        )  # fmt: skip
        people = folder / "customers.parquet"
        engine.execute(_CUSTOMERS.format(file=people, customers=size.customers))
        _make_spine(folder, size, engine)


def _make_spine(folder: Path, size: Size, engine: Any) -> None:
    """Write every customer at so many month starts, and what is asked for of them."""
    year, month = FIRST_CUTOFF
    spine = folder / "spine.parquet"
    engine.execute(
        _SPINE.format(
            folder=folder, file=spine, year=year, month=month, cutoffs=size.cutoffs
        )
    )
    asked = {
        "windows_days": WINDOWS_DAYS,
        "measures": MEASURES,
        "statistics": STATISTICS,
        "flags": FLAGS,
        "values": VALUES,
        "first": _month_start(0),
        "last_but_one": _month_start(size.cutoffs - 2),
        "last": _month_start(size.cutoffs - 1),
        "until": _month_start(size.cutoffs),
        "memory_gb": size.memory_gb,
    }
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")


def _month_start(number: int) -> str:
    year, month = FIRST_CUTOFF
    years, months = divmod(month - 1 + number, 12)
    return f"{year + years}-{months + 1:02}-01"


def scan_seconds(folder: Path) -> float:
    """Read every column that the features need once, and nothing else."""
    import time

    columns = ["customer_id", "event_at", "known_at", *MEASURES, *FLAGS, *VALUES]
    sums = ", ".join(f"max({column})" for column in columns)
    with _engine() as engine:
        began = time.perf_counter()
        engine.execute(f"select {sums} from '{folder}/calls.parquet'").fetchall()  # noqa: S608
        return time.perf_counter() - began


def _engine() -> Any:
    import duckdb

    engine = duckdb.connect()
    engine.execute("set TimeZone = 'UTC'")
    return engine
