"""The folding of the sources makes the demo's calls of the demo's legs."""

from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ccml.contracts.split import FAULT, ROW
from ccml.demo.journey_schema import SHORT_ABANDON_S
from ccml.demo.journeys import journeys_of_company
from ccml.sources.ingest_legs import Rules, fold_legs
from ccml.sources.legs import KIND, TYPES

PSEUDONYMS = {
    "customer_phone": "phone_key",
    "dialed_number": "dialed_key",
    "click_id": "click_key",
}
TEXTS = (
    "direction",
    "channel",
    "phone_status",
    "customer_key",
    "queue",
    "last_queue",
    "reason",
    "disposition",
    "system_outcome",
    "transfer_type",
    "callback_of",
    "source",
    "medium",
    "campaign",
    "keyword",
    "region",
)
NUMBERS = (
    "ivr_s",
    "wait_s",
    "requeue_wait_s",
    "ring_s",
    "talk_s",
    "hold_s",
    "wrap_s",
    "consult_s",
    "handle_s",
    "duration_s",
    "n_agents",
    "n_transfers",
    "csat",
    "nps",
    "ces",
)
FLAGS = (
    "queued",
    "answered",
    "ivr_only",
    "abandoned",
    "flow_out",
    "voicemail",
    "transferred",
)
INSTANTS = ("started_at", "ended_at", "known_at")


def as_source_legs(legs: pa.Table) -> pa.Table:
    """Write the truth's legs as a platform's reader would, personal values as keys."""
    size = legs.num_rows
    told = {name: legs[name] for name in KIND if name in legs.column_names}
    told |= {"row_key": legs["leg_id"], "link_id": legs["leg_id"]}
    told |= {"order_no": legs["leg_no"]}
    columns = {PSEUDONYMS.get(name, name): column for name, column in told.items()}
    columns |= {"phone_status": legs["phone_status"], ROW: pa.array(range(size))}
    columns |= {"source_file": pa.array(["legs"] * size)}
    types = {PSEUDONYMS.get(name, name): TYPES[kind] for name, kind in KIND.items()}
    types |= {"phone_status": "string", "source_file": "string"}
    schema = ibis.schema(types | {ROW: "int64", FAULT: "string"}).to_pyarrow()
    return pa.table(
        [
            pc.cast(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(size, field.type)
            for field in schema
        ],
        schema,
    )


@pytest.fixture(scope="module")
def both(shared_backend: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The calls of the truth and of the folding, in the same order."""
    calls, legs = journeys_of_company(5, 400)
    table = shared_backend.create_table(
        "truth_legs", as_source_legs(legs), overwrite=True
    )
    folded = fold_legs(table, Rules("demo", SHORT_ABANDON_S))
    assert folded.aside.count().execute() == 0
    made = folded.calls.to_pandas().set_index("call_id").sort_index()
    truth = calls.to_pandas()
    truth.index = pd.Index("demo:" + truth.call_ref, name="call_id")
    assert made[FAULT].isna().all()
    return truth.sort_index(), made


def test_all_calls_are_there(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    truth, made = both
    assert list(truth.index) == list(made.index)


@pytest.mark.parametrize("name", [*TEXTS, *NUMBERS, *INSTANTS])
def test_what_a_call_tells_is_the_truth(
    both: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> None:
    truth, made = both
    found = made[name]
    if name == "n_transfers":  # without an agent nobody could tell of a transfer
        assert truth.n_transfers[found.isna()].eq(0).all()
        found = found.fillna(0)
    pd.testing.assert_series_equal(found, truth[name], check_dtype=False)


@pytest.mark.parametrize("name", FLAGS)
def test_flags_are_the_truth_where_they_are_told(
    both: tuple[pd.DataFrame, pd.DataFrame], name: str
) -> None:
    truth, made = both
    found = made[name].fillna(False).astype(bool)
    pd.testing.assert_series_equal(found, truth[name])


def test_agents_are_those_who_talked(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    truth, made = both
    for name in ("first_agent_id", "agent_id"):
        found = made[name][truth.answered]
        pd.testing.assert_series_equal(
            found, truth[name][truth.answered], check_dtype=False
        )
