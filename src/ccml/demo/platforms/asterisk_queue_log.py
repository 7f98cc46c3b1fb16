"""Asterisk's queue log: what happened in queues, one event per line."""

import numpy as np
import pandas as pd

_MEMBER_EVENTS = ("QUEUESTART", "ADDMEMBER", "PAUSE", "UNPAUSE", "REMOVEMEMBER")
_SWITCH_KEYS = ("NONE", "MANAGER", "REALTIME")
_EXTENSION, _CONTEXT = "600", "from-internal"


def lines(legs: pd.DataFrame) -> pd.DataFrame:
    """List the events of all queues in order of time: at and text.

    Args:
        legs: Legs of spoken calls, with uniqueid.
    """
    queues = legs[legs.leg_type == "queue"].set_index("leg_id", drop=False)
    agents = legs[(legs.leg_type == "agent") & legs.parent_leg_id.isin(queues.index)]
    wait = agents.parent_leg_id.map(queues.wait_s)
    came = agents.assign(queue=agents.parent_leg_id.map(queues.queue), wait_s=wait)
    rings = legs[legs.leg_type == "ring"]
    pieces = [
        _enters(queues),
        _event(rings, rings.ended_at, "RINGNOANSWER", _ms(rings.ring_s)),
        _connects(came),
        _ends(came),
        _leaves(queues),
        _of_members(legs),
    ]
    events = pd.concat(pieces, ignore_index=True)
    return events.sort_values(["at", "order"], kind="stable", ignore_index=True)


def _text(column: pd.Series) -> pd.Series:
    return column.astype("int64").astype(str)


def _ms(seconds: pd.Series) -> pd.Series:
    return _text(seconds * 1000)


def _event(
    legs: pd.DataFrame, at: pd.Series, name: str | pd.Series, *data: pd.Series | str
) -> pd.DataFrame:
    """Write one event for each leg: epoch, uniqueid, queue, member, event, data."""
    epoch = at.dt.tz_convert(None).to_numpy().astype("datetime64[s]").astype("int64")
    line = pd.Series(epoch, legs.index).astype(str)
    member = legs.agent_id.fillna("NONE")
    for field in (legs.uniqueid, legs.queue, member, name, *data):
        line = line + "|" + field
    return pd.DataFrame({"at": at, "text": line, "order": legs.leg_no})


def _enters(queues: pd.DataFrame) -> pd.DataFrame:
    shown = queues.customer_phone.fillna("")
    events = _event(queues, queues.started_at, "ENTERQUEUE", "", shown, "1")
    return events.assign(order=events.order - 0.5)


def _connects(agents: pd.DataFrame) -> pd.DataFrame:
    bridged = agents.uniqueid + "9"
    return _event(
        agents,
        agents.started_at,
        "CONNECT",
        _text(agents.wait_s),
        bridged,
        _text(agents.ring_s),
    )


def _ends(agents: pd.DataFrame) -> pd.DataFrame:
    """Write how talks ended; hold is a part of them."""
    wait, talk = _text(agents.wait_s), _text(agents.talk_s + agents.hold_s)
    moved = agents.transferred.astype(bool)
    consulted = agents.transfer_type == "consult"
    by_customer = agents.disconnect_by == "customer"
    event = pd.Series("COMPLETEAGENT", agents.index, dtype="str")
    event = event.mask(by_customer, "COMPLETECALLER")
    event = event.mask(moved, "BLINDTRANSFER").mask(
        moved & consulted, "ATTENDEDTRANSFER"
    )
    kinds = (
        (~moved, ()),
        (moved & ~consulted, (_EXTENSION, _CONTEXT)),
        (moved & consulted, ("BRIDGE", "4e1f-22")),
    )
    parts = []
    for of, to in kinds:
        rows = agents[of]
        data = (*to, wait[of], talk[of], "1")
        parts.append(_event(rows, rows.ended_at, event[of], *data))
    ended = pd.concat(parts)
    return ended.assign(order=ended.order + 0.25)


def _leaves(queues: pd.DataFrame) -> pd.DataFrame:
    """Write who hung up, pressed a key for a callback, or waited too long."""
    wait = _text(queues.wait_s)
    lost = queues.abandoned.fillna(False).astype(bool)
    left = queues.flow_out.fillna(False).astype(bool)
    called = left & queues.call_ref.isin(_with_outcome(queues, "callback_requested"))
    out = left & ~called
    return pd.concat(
        [
            _event(
                queues[lost], queues.ended_at[lost], "ABANDON", "1", "1", wait[lost]
            ),
            _event(
                queues[called],
                queues.ended_at[called],
                "EXITWITHKEY",
                *("1", "1", "1", wait[called]),
            ),
            _event(
                queues[out],
                queues.ended_at[out],
                "EXITWITHTIMEOUT",
                "1",
                "1",
                wait[out],
            ),
        ]
    ).assign(order=99)


def _with_outcome(legs: pd.DataFrame, outcome: str) -> pd.Series:
    return legs.call_ref[legs.system_outcome == outcome]


def _of_members(legs: pd.DataFrame) -> pd.DataFrame:
    """Write what members did, a few lines a month; no caller has to do with it."""
    month = legs.started_at.dt.tz_convert(None).dt.to_period("M")
    some = legs[legs.queue.notna()].groupby(month, group_keys=False).head(3)
    kind = np.arange(len(some))
    key = pd.Series(np.array(_SWITCH_KEYS)[kind % len(_SWITCH_KEYS)], some.index)
    name = pd.Series(np.array(_MEMBER_EVENTS)[kind % len(_MEMBER_EVENTS)], some.index)
    named = some.assign(uniqueid=key)
    return _event(named, some.started_at, name, "").assign(order=0)
