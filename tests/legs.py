"""Legs as tests write them, and calls folded from them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from ccml.contracts.split import FAULT, ROW
from ccml.sources.ingest_legs import Folded, Rules, fold_legs
from ccml.sources.legs import KIND, TYPES

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
RENAMED = {
    "customer_phone": "phone_key",
    "dialed_number": "dialed_key",
    "click_id": "click_key",
}
"""Raw columns that are pseudonyms once legs are folded."""
COLUMNS = {RENAMED.get(name, name): TYPES[kind] for name, kind in KIND.items()} | {
    "phone_status": "string",
    "source_file": "string",
    ROW: "int64",
    FAULT: "string",
}


def at(seconds: float) -> datetime:
    """The instant so many seconds after nine o'clock."""
    return START + timedelta(seconds=seconds)


def leg(id="a", start=0.0, end=60.0, **changes) -> dict[str, Any]:
    """One answered leg of an inbound call, from `start` to `end` in seconds."""
    row = {
        "row_key": id,
        "link_id": id,
        "links": None,
        "leg_type": "agent",
        "is_origin": True,
        "direction": "inbound",
        "channel": "voice",
        "started_at": at(start),
        "ended_at": None if end is None else at(end),
        "answered": True,
    }
    return row | changes


def leg_table(backend: Any, rows: list[dict[str, Any]]) -> ibis.Table:
    """Make the table of typed legs; each row stands at its own place unless it says so."""
    whole = [
        {"source_file": "a.csv", ROW: number, **row}
        for number, row in enumerate(rows, start=1)
    ]
    frame = pd.DataFrame(whole).reindex(columns=list(COLUMNS))
    table = ibis.memtable(_arrow(frame))
    return backend.create_table("test_legs", table, overwrite=True)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Give every column its type, also those without any value."""
    schema = ibis.schema(COLUMNS).to_pyarrow()
    columns = [
        pa.array([_plain(value) for value in frame[name]], schema.field(name).type)
        for name in COLUMNS
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return value
    return None if pd.isna(value) else value


def folded(backend: Any, *rows: dict[str, Any], short_abandon_s: float = 5.0) -> Folded:
    """Fold legs as the platform `test`."""
    return fold_legs(leg_table(backend, list(rows)), Rules("test", short_abandon_s))


def calls_of(backend: Any, *rows: dict[str, Any], **settings: float) -> pd.DataFrame:
    """Fold legs, and load the calls in order of their ids."""
    frame: pd.DataFrame = folded(backend, *rows, **settings).calls.to_pandas()
    return frame.sort_values("call_id").reset_index(drop=True)


def call_of(backend: Any, *rows: dict[str, Any], **settings: float) -> pd.Series:
    """Fold legs of one call."""
    calls = calls_of(backend, *rows, **settings)
    assert len(calls) == 1
    return calls.iloc[0]
