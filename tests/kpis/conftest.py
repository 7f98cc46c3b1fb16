from collections.abc import Callable
from itertools import count
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from ccml.config.project import EngineConfig
from ccml.engine.connection import connect

SCHEMA = pa.schema(
    {
        "call_id": pa.string(),
        "customer_id": pa.string(),
        "direction": pa.string(),
        "channel": pa.string(),
        "started_at": pa.timestamp("us", "UTC"),
        "event_at": pa.timestamp("us", "UTC"),
        "known_at": pa.timestamp("us", "UTC"),
        "queue": pa.string(),
        "reason": pa.string(),
        "disposition": pa.string(),
        "ivr_s": pa.float64(),
        "wait_s": pa.float64(),
        "hold_s": pa.float64(),
        "handle_s": pa.float64(),
        "queued": pa.bool_(),
        "answered": pa.bool_(),
        "abandoned": pa.bool_(),
        "short_abandon": pa.bool_(),
        "ivr_only": pa.bool_(),
        "transferred": pa.bool_(),
        "csat": pa.float64(),
    }
)
USUAL = {
    "customer_id": "A",
    "direction": "inbound",
    "channel": "voice",
    "queued": True,
    "answered": True,
    "abandoned": False,
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
        full = []
        for number, row in enumerate(rows):
            start = pd.Timestamp(row.get("started_at", "2025-01-02 10:00"), tz="UTC")
            times = dict.fromkeys(("started_at", "event_at", "known_at"), start)
            full.append({"call_id": f"c{number}", **USUAL, **row, **times})
        frame = pd.DataFrame(full, columns=SCHEMA.names).astype(object)
        frame = frame.where(frame.notna(), None)
        table = pa.Table.from_pandas(frame, SCHEMA, preserve_index=False)
        file = folder / f"calls_{next(number_of)}.parquet"
        parquet.write_table(table, file)
        return backend.read_parquet(file)

    return build
