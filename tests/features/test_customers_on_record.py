from datetime import UTC, datetime

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.features.as_of import customers_on_record, rows_valid_at

FIRST = pd.Timestamp("2025-01-01", tz="UTC")
CUTOFF = datetime(2025, 1, 6, tzinfo=UTC)
DAYS = st.integers(0, 10)
INTERVALS = st.lists(
    st.tuples(st.sampled_from("abc"), DAYS, st.none() | DAYS, DAYS),
    min_size=1,
    max_size=12,
    unique_by=lambda row: (row[0], row[1], row[3]),
)


def customers(intervals):
    frame = pd.DataFrame(
        intervals, columns=["customer_id", "valid_from", "valid_to", "known_at"]
    )
    for name in ("valid_from", "valid_to", "known_at"):
        moments = FIRST + pd.to_timedelta(frame[name].astype("float64"), unit="D")
        frame[name] = moments.astype("datetime64[us, UTC]")
    return ibis.memtable(frame)


@settings(deadline=None)
@pytest.mark.usefixtures("shared_backend")
@given(INTERVALS)
def test_who_is_on_record_is_who_has_a_valid_row(intervals):
    table = customers(intervals)
    ids = pd.DataFrame({"customer_id": list("abc"), "row_id": range(3)})
    spine = ibis.memtable(ids).mutate(
        cutoff_at=ibis.literal(pd.Timestamp(CUTOFF), type="timestamp('UTC')")
    )
    rows = rows_valid_at(spine, table, []).execute()
    expected = {
        "abc"[row]: first
        for row, first in zip(rows["row_id"], rows["first_valid_from"], strict=True)
    }
    found = customers_on_record(table, CUTOFF).execute()
    assert dict(zip(found["customer_id"], found["first_valid_from"], strict=True)) == (
        expected
    )
