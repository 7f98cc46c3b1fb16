"""The clean truth of the call log: calls and their legs, for the platforms' exports."""

from typing import Any

import numpy as np
import pyarrow as pa

from ccml.contracts.calls import TRANSFER_TYPES
from ccml.demo import journey_schema, names, text
from ccml.demo.arrays import Bools
from ccml.demo.chunk import ChunkLife, simulate_chunk
from ccml.demo.faults import draw_faults
from ccml.demo.journey_calls import (
    QUEUE_IDS,
    SKILLS,
    STAFF_IDS,
    STAFF_NAMES,
    calls_truth,
    in_order,
    known_words,
    seconds,
)
from ccml.demo.journey_course import ENDINGS, draw_course
from ccml.demo.journey_ids import LEG, uuids
from ccml.demo.journey_legs import Legs, draw_legs
from ccml.demo.journey_schema import CUSTOMER_FACING, LEG_TYPES
from ccml.demo.journey_stock import draw_stock
from ccml.demo.journey_told import draw_told
from ccml.demo.truth import utc_times

_SECONDS = ("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "dial_s")
_FLAGS = ("answered", "abandoned", "short_abandon", "flow_out", "voicemail")
_FACING = [LEG_TYPES.index(name) for name in CUSTOMER_FACING]
_OUTCOME = ("disposition", "system_outcome", "csat", "nps", "ces")


def journeys_of_company(seed: int, customers: int) -> tuple[pa.Table, pa.Table]:
    """Make the calls and legs of a small company, of one chunk of customers."""
    life = simulate_chunk(seed, 0, 0, customers, draw_faults(seed))
    return chunk_journeys(life)


def chunk_journeys(life: ChunkLife) -> tuple[pa.Table, pa.Table]:
    """Make the truth tables `calls` and `legs` of a chunk (see journey_schema)."""
    rng = life.rng("journeys")
    stock = draw_stock(rng, life)
    course = draw_course(rng, stock)
    told = draw_told(rng, life, stock)
    calls, common = calls_truth(life, stock, course, told)
    legs = draw_legs(stock, course)
    table = _legs_table(life, calls, legs, common)
    order = in_order(calls)
    place = np.empty(len(order), dtype=np.int64)
    place[order.to_numpy()] = np.arange(len(order))
    rows = np.lexsort((legs["number"], place[legs["call"]]))
    return calls.take(order), table.take(pa.array(rows))


def _legs_table(
    life: ChunkLife, calls: pa.Table, legs: Legs, common: dict[str, Any]
) -> pa.Table:
    call = pa.array(legs["call"])
    wrap = np.nan_to_num(legs["wrap_s"])
    columns = {
        "call_ref": calls["call_ref"].take(call),
        "leg_id": _leg_ids(life, legs, "at"),
        "leg_no": pa.array(legs["number"]),
        "leg_type": text.words(LEG_TYPES, legs["kind"]),
        "is_origin": pa.array(legs["number"] == 1),
        "transfer_in": pa.array(legs["transfer_in"]),
        "parent_leg_id": _leg_ids(life, legs, "parent"),
        "started_at": utc_times(legs["start"]),
        "ended_at": utc_times(legs["end"]),
        "known_at": utc_times(legs["end"] + wrap),
        **{name: column.take(call) for name, column in common.items()},
        **_parties(legs),
        **{name: _if_closes(calls[name], legs) for name in _OUTCOME},
        **_figures(legs),
        **_marks(legs),
    }
    schema = journey_schema.LEGS
    return pa.table({name: columns[name] for name in schema.names}, schema)


def _leg_ids(life: ChunkLife, legs: Legs, at: str) -> pa.Array:
    """Write ids by the place of a leg in its call; null for no place."""
    place = legs[at]
    ids = uuids(LEG, life.seed, life.chunk, legs["call"], place)
    rows = np.arange(len(place), dtype=np.int64)
    return ids.take(pa.array(rows, mask=place < 0))


def _parties(legs: Legs) -> dict[str, pa.Array]:
    return {
        "agent_id": known_words(STAFF_IDS, legs["agent"]),
        "agent_name": known_words(STAFF_NAMES, legs["agent"]),
        "from_agent_id": known_words(STAFF_IDS, legs["from_agent"]),
        "queue": known_words(names.QUEUES, legs["queue"]),
        "queue_id": known_words(QUEUE_IDS, legs["queue"]),
        "skill": known_words(SKILLS, legs["queue"]),
        "disconnect_by": known_words(ENDINGS, legs["ended_by"]),
    }


def _if_closes(column: pa.ChunkedArray, legs: Legs) -> pa.Array:
    """Give the call's outcome to the leg that closed it."""
    return column.take(pa.array(legs["call"], mask=~legs["closes"]))


def _figures(legs: Legs) -> dict[str, pa.Array]:
    told = {name: seconds(legs[name], ~np.isnan(legs[name])) for name in _SECONDS}
    spoken: Bools = ~np.isnan(legs["talk_s"]) & ~np.isnan(legs["wrap_s"])
    handled = sum(np.nan_to_num(legs[name]) for name in ("talk_s", "hold_s", "wrap_s"))
    return told | {
        "consult_s": pa.nulls(len(spoken), pa.float64()),
        "handle_s": seconds(handled, spoken),
        "duration_s": pa.array((legs["end"] - legs["start"]).astype(np.float64)),
    }


def _marks(legs: Legs) -> dict[str, pa.Array]:
    sends: Bools = legs["how"] >= 0
    no_agent: Bools = legs["kind"] != LEG_TYPES.index("agent")
    return {
        **{name: pa.array(legs[name] == 1, mask=legs[name] < 0) for name in _FLAGS},
        "queued": pa.array(legs["queued"] == 1, mask=~np.isin(legs["kind"], _FACING)),
        "transferred": pa.array(sends, mask=no_agent),
        "n_transfers": pa.array(sends.astype(np.int64), mask=no_agent),
        "transfer_type": known_words(TRANSFER_TYPES, legs["how"]),
    }
