"""Features of a few rows straight from events, without a project."""

from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pandas as pd

from ccml.engine.local_time import microseconds
from ccml.features.catalogue import Feature
from ccml.features.history import Rows, pack
from ccml.features.statistics import described
from ccml.features.walks import EVER


def describe_rows(
    spine: ibis.Table,
    events: ibis.Table,
    features: Sequence[Feature],
    values: dict[str, list[str]] | None = None,
) -> pd.DataFrame:
    """Describe spine rows (customer_id, cutoff_at), in the order of these columns."""
    rows = spine.order_by("customer_id", "cutoff_at").to_pandas()
    people = list(dict.fromkeys(rows.customer_id))
    numbers = ibis.memtable(
        {"customer_id": people, "person": np.arange(len(people), dtype=np.int32)}
    )
    found = events.join(numbers, "customer_id")
    columns: dict[str, Any] = {f.column: found[f.column] for f in features if f.column}
    table = found.select(
        "person",
        event_id=found.event_id.cast("string"),
        event_at=microseconds(found.event_at),
        known_at=microseconds(found.known_at),
        **columns,
    ).to_pyarrow()
    cutoff = rows.cutoff_at.astype("datetime64[us, UTC]").astype("int64").to_numpy()
    person = rows.customer_id.map(people.index).to_numpy(np.int32)
    never = np.full(len(rows), EVER)
    made = described(
        pack(table, len(people)), Rows(person, cutoff), features, never, values or {}
    )
    return pd.DataFrame({name: column.to_pandas() for name, column in made.items()})
