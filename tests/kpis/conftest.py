from collections.abc import Callable
from itertools import count
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from ccml.config.project import EngineConfig
from ccml.contracts.calls import CALLS
from ccml.engine.connection import connect

INSTANT = pa.timestamp("us", "UTC")
KINDS = {
    "text": pa.string(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "instant": INSTANT,
}
DERIVED = {
    "asked_callback": pa.bool_(),
    "callback_at": INSTANT,
    "callback_reached": pa.bool_(),
    "agent_at": INSTANT,
}
SCHEMA = pa.schema(
    {column.name: KINDS[column.kind] for column in CALLS.columns}
    | {"customer_id": pa.string(), "event_at": INSTANT}
    | DERIVED
)
INSTANTS = [field.name for field in SCHEMA if field.type == INSTANT]
USUAL = {
    "customer_id": "A",
    "direction": "inbound",
    "channel": "voice",
    "source_platform": "test",
    "queued": True,
    "answered": True,
    "abandoned": False,
    "asked_callback": False,
    "started_at": "2025-01-02 10:00",
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    backend = connect(EngineConfig(), tmp_path_factory.mktemp("spill"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ibis.options, "default_backend", backend)
        yield backend


@pytest.fixture(scope="module")
def calls(backend, tmp_path_factory) -> Callable[..., ibis.Table]:
    """Build a table of calls; what a row does not say is as usual, or unknown."""
    number_of, folder = count(), tmp_path_factory.mktemp("calls")

    def build(*rows: dict[str, Any]) -> ibis.Table:
        full = [_full_row(number, row) for number, row in enumerate(rows)]
        frame = pd.DataFrame(full, columns=SCHEMA.names).astype(object)
        frame = frame.where(frame.notna(), None)
        table = pa.Table.from_pandas(frame, SCHEMA, preserve_index=False)
        file = folder / f"calls_{next(number_of)}.parquet"
        parquet.write_table(table, file)
        return backend.read_parquet(file)

    return build


def _full_row(number: int, row: dict[str, Any]) -> dict[str, Any]:
    full = {"call_id": f"c{number}", **USUAL, **row}
    start = full["started_at"]
    full = {"ended_at": start, "event_at": start, "known_at": start} | full
    instants = {
        name: pd.Timestamp(full[name], tz="UTC") for name in INSTANTS & full.keys()
    }
    return full | instants
