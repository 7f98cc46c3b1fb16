"""Folding: the legs of a call become one call. One set of rules for all platforms.

The wait counts up to the first answer, what comes later is the wait of a transfer; talk,
hold and wrap-up are sums over the legs that face the customer; consultations are apart;
ring attempts and monitoring make neither calls nor abandons. Nothing depends on the order
of the rows, or on how the export was cut into files.
"""

from collections.abc import Callable

import ibis
import ibis.expr.datatypes as dt

from ccml.contracts.calls import LEG_TYPES
from ccml.sources.linking import CHAIN
from ccml.sources.scratch import as_view, keep_aside
from ccml.sources.staging import note_columns

SEQ = "leg_seq"
LEG = "_leg"
FACING = ("ivr", "queue", "agent", "external", "voicemail")
"""Types of legs in which the customer takes part."""
OF_THE_ORIGIN = (
    "call_ref",
    "direction",
    "channel",
    "phone_key",
    "phone_status",
    "customer_key",
    "dialed_key",
    "skill",
    "reason",
    "callback_of",
    "source",
    "medium",
    "campaign",
    "keyword",
    "click_key",
    "is_first_call",
    "region",
    "priority",
)
"""What a call has of the leg by which it began, or else of the first that tells it."""
OF_THE_LAST = ("system_outcome", "csat", "nps", "ces", "quality_score")
TIE_BREAKERS = ("link_id", "row_key", "agent_id", "queue")
ORDER_OF_TYPES = {name: place for place, name in enumerate(LEG_TYPES)}
"""Legs of one instant: the menu before the queue, the ring before the answer."""


@ibis.udf.agg.builtin(  # type: ignore[untyped-decorator]
    name="arg_min", signature=((dt.string, dt.int64), dt.string)
)
def _first_text(value: str, order: int) -> str:  # type: ignore[empty-body]
    """DuckDB's own function: the first value that is not null."""


@ibis.udf.agg.builtin(  # type: ignore[untyped-decorator]
    name="arg_min", signature=((dt.float64, dt.int64), dt.float64)
)
def _first_number(value: float, order: int) -> float:  # type: ignore[empty-body]
    """DuckDB's own function for numbers."""


@ibis.udf.agg.builtin(  # type: ignore[untyped-decorator]
    name="arg_min", signature=((dt.boolean, dt.int64), dt.boolean)
)
def _first_flag(value: bool, order: int) -> bool:  # type: ignore[empty-body]
    """DuckDB's own function for flags."""


def _first(value: ibis.Value, order: ibis.Value) -> ibis.Value:
    if value.type().is_string():
        return _first_text(value, order)
    return (_first_flag if value.type().is_boolean() else _first_number)(value, order)


def sequenced(legs: ibis.Table, left_out: ibis.Table) -> ibis.Table:
    """Number the legs of each call in order of time, and find its turning points.

    Only the columns that decide are sorted; the others are joined to them again.

    Args:
        legs: A passing table of legs with `_chain`.
        left_out: Chains that are not folded.

    Returns:
        The legs with leg_seq (from 1), `_facing`, `_answers`, and of their call:
        `_origin`, `_first_answer` and `_first_stop` (leg_seq of the leg that began the
        call, that was answered first, that was queued or answered first; null if none).
    """
    rows = as_view(legs.mutate(**{LEG: legs.rowid()}))
    legs = rows.anti_join(left_out, CHAIN)
    order = [
        legs.started_at,
        legs.order_no,
        legs.leg_type.cases(*ORDER_OF_TYPES.items(), else_=len(ORDER_OF_TYPES)),
        *(legs[name] for name in TIE_BREAKERS),
    ]
    by_call = ibis.window(group_by=legs[CHAIN], order_by=order)
    facing = legs.leg_type.isin(FACING)
    answers = facing & legs.answered.fill_null(False)
    numbered = as_view(
        legs.select(
            CHAIN,
            LEG,
            **{SEQ: ibis.row_number().over(by_call) + 1},
            _facing=facing,
            _answers=answers,
            _stops=answers | (facing & legs.queued.fill_null(False)),
            _begins=legs.is_origin.fill_null(False),
        )
    )
    points = numbered.group_by(CHAIN).agg(
        _origin=numbered[SEQ].min(where=numbered["_begins"]).fill_null(1),
        _first_answer=numbered[SEQ].min(where=numbered["_answers"]),
        _first_stop=numbered[SEQ].min(where=numbered["_stops"]),
    )
    narrow = numbered.select(CHAIN, LEG, SEQ, "_facing", "_answers").join(points, CHAIN)
    stored = keep_aside(ibis.get_backend(legs), narrow.drop(CHAIN))
    return as_view(rows.join(stored, LEG))


def fold(legs: ibis.Table) -> ibis.Table:
    """Fold legs into calls.

    Args:
        legs: Rows of `sequenced`, without open calls.

    Returns:
        One row per call: `_chain`, call_ref, and what the legs tell; what follows from
        it is added by `finish_calls`.
    """
    folded = as_view(
        legs.group_by(CHAIN).agg(
            source_file=legs.source_file.min(),
            source_rows=legs.row_key.nunique(),
            own_ref=_first_text(legs.link_id, _origin_first(legs)),
            **_texts(legs),
            **_times(legs),
            **_durations(legs),
            **_states(legs),
            **{name: legs[name].any() for name in note_columns(legs)},
        )
    )
    joined = _with_flags(folded, legs)
    return joined.mutate(**_settled(joined)).drop("own_ref", "counted")


def _origin_first(legs: ibis.Table) -> ibis.Value:
    return ibis.ifelse(legs[SEQ] == legs["_origin"], 0, legs[SEQ]).cast("int64")


def _only(value: ibis.Value, where: ibis.Value) -> ibis.Value:
    return ibis.ifelse(where, value, None)


def _texts(legs: ibis.Table) -> dict[str, ibis.Value]:
    order, seq = _origin_first(legs), legs[SEQ].cast("int64")
    facing, answers = legs["_facing"], legs["_answers"]
    queue = _only(legs.queue, facing)
    agent = _only(legs.agent_id, answers)
    wrapped = _only(legs.disposition, legs.leg_type == "agent")
    return {
        **{name: _first(legs[name], order) for name in OF_THE_ORIGIN},
        **{name: _first(legs[name], -seq) for name in OF_THE_LAST},
        "queue": _first(queue, seq),
        "last_queue": _first(queue, -seq),
        "first_agent_id": _first(agent, seq),
        "agent_id": _first(agent, -seq),
        "n_agents": agent.nunique().cast("float64"),
        "disposition": _first(wrapped, -seq),
        "transfer_type": _first(legs.transfer_type, seq),
    }


def _times(legs: ibis.Table) -> dict[str, ibis.Value]:
    facing = legs["_facing"]
    takes_part = legs.leg_type != "monitor"
    ends = _only(legs.ended_at, facing).max().fill_null(legs.ended_at.max())
    known = legs.known_at.fill_null(legs.ended_at).max()
    return {
        "started_at": _only(legs.started_at, takes_part)
        .min()
        .fill_null(legs.started_at.min()),
        "ended_at": ends,
        "known_at": ibis.greatest(known, ends),
    }


def _durations(legs: ibis.Table) -> dict[str, ibis.Value]:
    facing, seq = legs["_facing"], legs[SEQ]
    answer, stop = legs["_first_answer"], legs["_first_stop"]
    before = answer.isnull() | (seq <= answer)
    rings = legs.leg_type.notin(["monitor", "consult"]) & before
    consults = legs.consult_s.fill_null(_only(legs.talk_s, legs.leg_type == "consult"))

    def total(name: str, where: ibis.Value) -> ibis.Value:
        return _only(legs[name], where).sum()

    return {
        "ivr_s": total("ivr_s", facing & (stop.isnull() | (seq <= stop))),
        "wait_s": total("wait_s", facing & before),
        "requeue_wait_s": total("wait_s", facing & ~before),
        "ring_s": total("ring_s", rings),
        "talk_s": total("talk_s", facing),
        "hold_s": total("hold_s", facing),
        "wrap_s": total("wrap_s", facing),
        "handle_s": total("handle_s", facing),
        "duration_s": ibis.ifelse(
            facing.cast("int64").sum() == 1, total("duration_s", facing), None
        ),
        "consult_s": consults.sum(),
    }


def _states(legs: ibis.Table) -> dict[str, ibis.Value]:
    facing = legs["_facing"]
    flags: dict[str, Callable[[ibis.Value], ibis.Value]] = {
        name: lambda flag: _only(flag, facing).any()
        for name in ("queued", "abandoned", "short_abandon", "flow_out", "transferred")
    }
    anywhere = ("voicemail", "callback")
    return {
        "answered": legs["_answers"].any(),
        **{name: make(legs[name]) for name, make in flags.items()},
        **{name: legs[name].any() for name in anywhere},
        "n_transfers": legs.n_transfers.sum(),
        "counted": _only(legs.transferred.cast("float64"), facing).sum(),
    }


def _with_flags(folded: ibis.Table, legs: ibis.Table) -> ibis.Table:
    """Join the words that readers left on the legs of a call, each once."""
    marked = legs.filter(legs.parse_flags.notnull())
    words = marked.select(CHAIN, word=marked.parse_flags.split(";").unnest())
    words = words.filter(words.word != "").distinct()
    joined = words.group_by(CHAIN).agg(
        parse_flags=words.word.group_concat(";", order_by=words.word)
    )
    return folded.left_join(joined, CHAIN).drop(f"{CHAIN}_right")


def _settled(calls: ibis.Table) -> dict[str, ibis.Value]:
    """Say what one answer anywhere in the call decides for the whole of it."""
    unanswered = ~calls.answered
    abandoned = calls.abandoned & unanswered
    transfers = calls.n_transfers.fill_null(calls.counted)
    ring = ibis.ifelse(
        calls.wait_s.notnull(), ibis.least(calls.ring_s, calls.wait_s), calls.ring_s
    )
    return {
        "call_ref": calls.call_ref.fill_null(calls.own_ref),
        "abandoned": abandoned,
        "short_abandon": ibis.ifelse(abandoned, calls.short_abandon, None),
        "flow_out": ibis.ifelse(
            calls.flow_out.isnull(),
            None,
            calls.flow_out & unanswered & ~abandoned.fill_null(False),
        ),
        "transferred": calls.transferred.fill_null(transfers > 0),
        "n_transfers": transfers,
        # Phones that ring side by side would add up to more than the wait.
        "ring_s": ibis.ifelse(calls.ring_s.isnull(), None, ring),
        # Where the parts are known, their sum is the handle time.
        "handle_s": ibis.ifelse(calls.talk_s.isnull(), calls.handle_s, None),
    }
