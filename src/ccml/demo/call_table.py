"""Write the call log as the centre exports it, with the mess of real exports."""

import numpy as np
import pyarrow as pa

from ccml.demo import names, text
from ccml.demo.arrays import Floats, Ints
from ccml.demo.callers import ANONYMOUS_WORDS, CALLBACK, REASON_WORDS, CallLog
from ccml.demo.clock import DAY, HOUR, LAST_EPOCH, to_epoch
from ccml.demo.crm import customer_ids
from ccml.demo.population import Population

LATE_SHARE = 0.03
LATE_HOURS = (2.0, 96.0)
DUPLICATE_SHARE = 0.004  # identical rows
REDELIVERED_SHARE = 0.001  # the same row again with a later loaded_at
BROKEN_SHARE = 0.002
SERVICE_NUMBERS = tuple(f"+4880012300{digit}" for digit in range(5))
BREAKAGES = ("started_at", "call_id", "talk_seconds", "ended_at", "direction")


def call_ids(chunk: int, size: int) -> pa.Array:
    """Write the ids of the calls of a chunk in order of time."""
    return text.codes(f"k{chunk:04d}-", np.arange(size, dtype=np.int64), 8)


def calls_table(
    rng: np.random.Generator, people: Population, log: CallLog, chunk: int
) -> pa.Table:
    """Write the rows of a chunk in order of loading, duplicates and all."""
    loaded = to_epoch(log.contact.end_at) + _lag(rng, len(log.at))
    table = text.table(_columns(rng, people, log, chunk, loaded))
    rows, table_loaded = _deliveries(rng, loaded)
    out = table.take(pa.array(rows))
    out = _put(out, "loaded_at", text.instants(table_loaded))
    return _break(rng, out.filter(pa.array(table_loaded < LAST_EPOCH)))


def _lag(rng: np.random.Generator, size: int) -> Ints:
    lag = rng.uniform(5, 90, size)
    late = rng.random(size) < LATE_SHARE
    lag = np.where(late, rng.uniform(*LATE_HOURS, size) * HOUR, lag)
    return np.round(lag).astype(np.int64)


def _deliveries(rng: np.random.Generator, loaded: Ints) -> tuple[Ints, Ints]:
    """Return which row is delivered when; some rows come twice."""
    number = np.arange(len(loaded))
    draw = rng.random(len(loaded))
    twice = number[draw < DUPLICATE_SHARE]
    again = number[draw > 1 - REDELIVERED_SHARE]
    rows = np.concatenate([number, twice, again])
    later = loaded[again] + rng.integers(HOUR, 3 * DAY, len(again))
    when = np.concatenate([loaded, loaded[twice], later])
    order = np.lexsort((rows, when))
    return rows[order], when[order]


def _columns(
    rng: np.random.Generator,
    people: Population,
    log: CallLog,
    chunk: int,
    loaded: Ints,
) -> dict[str, pa.Array]:
    call = log.contact
    size = len(log.at)
    theirs = _numbers(rng, log)
    ours = text.words(SERVICE_NUMBERS, call.queue)
    inbound = ~log.outbound
    connected = call.answered
    routed = call.queued | log.outbound
    ids = customer_ids(people, np.maximum(log.customer, 0))
    nobody = text.constant(None, size)
    return {
        "call_id": call_ids(chunk, size),
        "started_at": text.local_instants(log.at),
        "ended_at": text.local_instants(call.end_at),
        "loaded_at": text.instants(loaded),
        "direction": text.words(("inbound", "outbound"), log.outbound.astype(int)),
        "channel": text.words(names.CHANNELS, call.channel),
        "caller_number": text.choose([theirs, ours], log.outbound.astype(np.int64)),
        "dialed_number": text.choose([ours, theirs], log.outbound.astype(np.int64)),
        "crm_id": text.choose([nobody, ids], log.shows_crm_id.astype(np.int64)),
        "queue": text.words(names.QUEUES, call.queue, routed),
        "last_queue": text.words(names.QUEUES, call.last_queue, routed),
        "agent_id": text.words(AGENTS, call.agent, connected),
        "reason": text.words(REASON_WORDS, log.reason),
        "disposition": text.words(names.DISPOSITIONS, call.disposition),
        "ivr_seconds": text.whole(call.ivr_s, inbound),
        "wait_seconds": text.whole(call.wait_s, call.queued),
        "talk_seconds": text.whole(call.talk_s),
        "hold_seconds": text.whole(call.hold_s),
        "wrap_seconds": text.whole(call.wrap_s),
        "queued": text.flags(call.queued),
        "answered": text.flags(connected),
        "ivr_only": text.flags(call.ivr_only),
        "abandoned": text.flags(call.abandoned),
        "transferred": text.flags(call.transfers > 0),
        "transfers": text.whole(call.transfers),
        "callback": text.flags(log.reason == CALLBACK),
        "csat": text.whole(call.csat, call.csat > 0),
        "region": text.words(names.REGIONS, log.region),
    }


AGENTS = tuple(
    f"A{number:03d}" for number in range(len(names.QUEUES) * names.AGENTS_PER_QUEUE)
)


def _numbers(rng: np.random.Generator, log: CallLog) -> pa.Array:
    """Write the customers' side, as the exchange showed it."""
    size = len(log.at)
    shown = text.phone_numbers(log.line, rng.integers(0, text.FORMATS, size))
    word = text.words(ANONYMOUS_WORDS, rng.integers(0, len(ANONYMOUS_WORDS), size))
    word = pa.compute.if_else(pa.array(log.contact.channel > 0), "", word)
    return text.choose([shown, word], log.anonymous.astype(np.int64))


def _break(rng: np.random.Generator, table: pa.Table) -> pa.Table:
    """Spoil one field of a few rows."""
    size = table.num_rows
    broken = rng.random(size) < BROKEN_SHARE
    kind = rng.integers(0, len(BREAKAGES), size)
    before = text.instants(np.full(size, _LONG_AGO))
    bad: list[pa.Array | str | None] = ["yesterday", None, "-41", before, "sideways"]
    for number, (column, value) in enumerate(zip(BREAKAGES, bad, strict=True)):
        hit = pa.array(broken & (kind == number))
        wrong = (
            pa.scalar(value, pa.string()) if not isinstance(value, pa.Array) else value
        )
        table = _put(table, column, pa.compute.if_else(hit, wrong, table[column]))
    return table


_LONG_AGO = 1_735_000_000  # before the period: an end before the start


def _put(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def truth_of_calls(
    people: Population, log: CallLog, causes: tuple[str, ...], chunk: int
) -> pa.Table:
    """Write the truth of each call: whose, why, and how likely a repeat is."""
    known = log.customer >= 0
    ids = customer_ids(people, np.maximum(log.customer, 0))
    nobody = text.constant(None, len(known))
    inbound: Floats = log.repeat_7d
    return pa.table(
        {
            "call_id": call_ids(chunk, len(known)),
            "customer_id": text.choose([nobody, ids], known.astype(np.int64)),
            "cause": text.words(causes, log.cause),
            "repeat_7d_probability": pa.array(inbound, mask=np.isnan(inbound)),
        }
    )
