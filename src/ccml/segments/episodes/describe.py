"""One row per episode: how it began, how long it went on, how it ended, what it cost."""

import numpy as np
import pyarrow as pa

from ccml.segments.episodes.chain import Chains, window_us
from ccml.segments.episodes.ledger import (
    SOLVED,
    Floats,
    Ints,
    Ledger,
    Rules,
    changes,
    taken,
)

INSTANT = pa.timestamp("us", "UTC")
HOUR_S = 3600
EPISODES = pa.schema(
    {
        "episode_id": pa.string(),
        "customer_id": pa.string(),
        "started_at": INSTANT,
        "ended_at": INSTANT,
        "known_at": INSTANT,
        "calls": pa.int64(),
        "repeats": pa.int64(),
        "redials": pa.int64(),
        "reason": pa.string(),
        "queue": pa.string(),
        "last_reason": pa.string(),
        "reasons": pa.int64(),
        "queues": pa.int64(),
        "agents": pa.int64(),
        "transferred_calls": pa.int64(),
        "is_resolved": pa.bool_(),
        "is_open": pa.bool_(),
        "handle_s": pa.float64(),
        "repeat_handle_s": pa.float64(),
        "cost_eur": pa.float64(),
        "repeat_cost_eur": pa.float64(),
    }
)
"""Columns of the table `episodes`."""
EPISODE_CALLS = pa.schema(
    {"call_id": pa.string(), "episode_id": pa.string(), "place": pa.int64()}
)
"""Columns of the table `episode_calls`."""


def episode_rows(calls: Ledger, chains: Chains, rules: Rules) -> pa.Table:
    """Describe each episode.

    reason and queue are the trigger call's, last_reason is that of the last call that
    tells one; reasons, queues and agents count distinct ones. is_resolved: the last call
    was answered and settled the matter (null when it does not tell). is_open: a call
    that would continue it could still come after the end of the data. known_at: when it
    was known that the episode is over and what it held. repeat_handle_s leaves out the
    first attempt with its redials.
    """
    if not calls.size:
        return EPISODES.empty_table()
    order, first, last = chains.order, chains.first, chains.last
    start = calls.start[order]
    window = window_us(rules.episodes.window_days)
    over_at = start[last] + window
    trigger = order[first]
    outcome = calls.outcome[order[last]]
    handle, repeat = handled(calls, chains)
    hourly = rules.cost_per_hour_eur / HOUR_S
    reason = calls.codes["reason"]
    known_at = np.maximum.reduceat(calls.times["known_at"][order], first)
    columns = {
        "episode_id": calls.call_id.take(pa.array(trigger)),
        "customer_id": taken(calls.customer_ids, calls.customer[trigger]),
        "started_at": _instant(start[first]),
        "ended_at": _instant(
            np.maximum.reduceat(calls.times["ended_at"][order], first)
        ),
        "known_at": _instant(np.maximum(known_at, over_at)),
        "calls": np.diff(np.append(first, calls.size)),
        "repeats": _count(chains.is_repeat, first),
        "redials": _count(chains.is_redial, first),
        "reason": calls.named("reason", reason[trigger]),
        "queue": calls.named("queue", calls.codes["queue"][trigger]),
        "last_reason": calls.named("reason", last_told(reason[order], first)),
        "reasons": distinct(chains, reason[order]),
        "queues": distinct(chains, calls.codes["queue"][order]),
        "agents": _agents(calls, chains),
        "transferred_calls": _count(calls.flags["transferred"][order], first),
        "is_resolved": pa.array(outcome == SOLVED, mask=outcome < 0),
        "is_open": over_at > rules.end_us,
        "handle_s": _known(handle),
        "repeat_handle_s": _known(repeat),
        "cost_eur": _known(handle * hourly),
        "repeat_cost_eur": _known(repeat * hourly),
    }
    arrays = [pa.array(columns[name]).cast(EPISODES.field(name).type) for name in
              EPISODES.names]  # fmt: skip
    return pa.Table.from_arrays(arrays, schema=EPISODES)


def episode_call_rows(calls: Ledger, chains: Chains) -> pa.Table:
    """Tell the episode of each call, and its place in it."""
    if not calls.size:
        return EPISODE_CALLS.empty_table()
    ids = calls.call_id
    episode = ids.take(pa.array(chains.order[chains.first][chains.episode]))
    arrays = [ids.take(pa.array(chains.order)), episode, pa.array(chains.place)]
    return pa.Table.from_arrays(arrays, schema=EPISODE_CALLS)


def handled(calls: Ledger, chains: Chains) -> tuple[Floats, Floats]:
    """Sum the handle time of each episode, and that of its repeats, in seconds.

    What single calls do not tell counts as none; an episode of which no call tells any
    has nan.
    """
    amount = calls.amount_s[chains.order]
    told = ~np.isnan(amount)
    known = np.where(told, amount, 0.0)
    so_far = np.cumsum(chains.is_repeat)
    began: Ints = so_far - so_far[chains.first][chains.episode]
    whole = np.add.reduceat(known, chains.first)
    again = np.add.reduceat(np.where(began > 0, known, 0.0), chains.first)
    tells = np.logical_or.reduceat(told, chains.first)
    return np.where(tells, whole, np.nan), np.where(tells, again, np.nan)


def distinct(chains: Chains, codes: Ints) -> Ints:
    """Count the different told values of each episode."""
    return _distinct(chains.episode, codes, chains.size)


def last_told(codes: Ints, first: Ints) -> Ints:
    """Find the code of the last entry of each episode that tells one, else -1."""
    rows = np.arange(len(codes))
    place = np.maximum.reduceat(np.where(codes >= 0, rows, -1), first)
    return np.where(place >= 0, codes[place], -1)


def _agents(calls: Ledger, chains: Chains) -> Ints:
    """Count the agents of each episode; a call tells its first and its last one."""
    names = pa.concat_arrays([calls.names["agent_id"], calls.names["first_agent_id"]])
    same = names.dictionary_encode().indices.to_numpy()
    shift = len(calls.names["agent_id"])
    places = []
    for column, offset in (("agent_id", 0), ("first_agent_id", shift)):
        codes = calls.codes[column][chains.order]
        if len(calls.names[column]):
            codes = np.where(codes >= 0, same[np.maximum(codes, 0) + offset], -1)
        places.append(codes)
    twice = np.concatenate([chains.episode, chains.episode])
    return _distinct(twice, np.concatenate(places), chains.size)


def _distinct(episode: Ints, codes: Ints, size: int) -> Ints:
    told = codes >= 0
    width = int(codes.max(initial=0)) + 1
    # Sorting beats np.unique here, which hashes whole numbers.
    pairs = np.sort(episode[told] * width + codes[told])
    return np.bincount(pairs[changes(pairs)] // width, minlength=size)


def _count(flag: "np.ndarray[tuple[int], np.dtype[np.bool_]]", first: Ints) -> Ints:
    return np.asarray(np.add.reduceat(flag.astype(np.int64), first))


def _instant(microseconds: Ints) -> pa.Array:
    return pa.array(microseconds).cast(INSTANT)


def _known(values: Floats) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
