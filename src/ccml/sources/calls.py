"""The call log of a generic export: canonical columns by the config's mapping."""

from functools import partial

import ibis

from ccml.config.sources import CallsSource
from ccml.config.table_columns import CALL_COLUMNS
from ccml.contracts.calls import CALLS
from ccml.contracts.schema import TYPES
from ccml.errors import DataError
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, as_text
from ccml.sources.headers import shown_names
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE, Shape, typed_rows

PLACE = "sources.calls"
KIND = {column.name: column.kind for column in CALLS.columns}
LATE_END = f"{NOTE}known before its end, known_at moved to ended_at"
RAW_TEXTS = frozenset(
    {"customer_phone", "customer_phone_outbound", "dialed_number", "click_id"}
)
"""Texts that stand in no stored table; pseudonyms take their place."""


def calls_shape(source: CallsSource) -> Shape:
    """Make the reader of a generic call log."""
    return partial(_shape, source)


def _shape(source: CallsSource, raw: RawFiles) -> ibis.Table:
    mapping = _mapping(source, raw)
    casts = {
        name: _cast(name, raw.rows[column], source) for name, column in mapping.items()
    }
    return one_phone(typed_rows(raw.rows, casts))


def _mapping(source: CallsSource, raw: RawFiles) -> dict[str, str]:
    """Map canonical columns to the file's; without a mapping the names are the same."""
    mapping = source.columns or {n: n for n in CALL_COLUMNS if n in raw.columns}
    require_columns(raw, {f"columns.{k}": v for k, v in mapping.items()}, PLACE)
    needed = [("call_id",), ("started_at",), ("ended_at", "duration_s")]
    for names in needed:
        if not set(names) & set(mapping):
            raise DataError(
                f"{PLACE}.columns: no column of {raw.name} is named for "
                f"{' or '.join(names)}; its columns: {shown_names(raw.columns)}."
            )
    return mapping


def _cast(name: str, column: ibis.Value, source: CallsSource) -> Cast:
    kind = "text" if name in RAW_TEXTS else KIND[name]
    if kind == "instant":
        return as_instant(column, source.time_zone)
    if kind == "number":
        return as_number(column)
    return as_flag(column) if kind == "flag" else as_text(column)


def one_phone(typed: ibis.Table) -> ibis.Table:
    """Take the dialled number of outbound calls, when the config names it."""
    if not {"direction", "customer_phone_outbound"} <= set(typed.columns):
        return typed
    is_outbound = typed.direction.lower() == "outbound"
    dialled = typed.customer_phone_outbound
    given = typed.customer_phone if "customer_phone" in typed.columns else ibis.null()
    number = ibis.ifelse(is_outbound & dialled.notnull(), dialled, given)
    return typed.mutate(customer_phone=number).drop("customer_phone_outbound")


def finish_calls(
    typed: ibis.Table, short_abandon_s: float, platform: str
) -> ibis.Table:
    """Add every canonical column that the export does not give, where it follows.

    Args:
        typed: Calls whose numbers and agents are pseudonyms already.
        short_abandon_s: Abandons sooner than this are short.
        platform: Name of the platform.
    """
    reported = set(typed.columns)
    calls = as_view(typed.mutate(**_absent(reported)))
    calls = calls.mutate(
        source_platform=ibis.literal(platform),
        direction=_word(calls.direction, "inbound"),
        channel=_word(calls.channel, "voice"),
        last_queue=calls.last_queue.fill_null(calls.queue),
        first_agent_id=calls.first_agent_id.fill_null(calls.agent_id),
        source_rows=calls.source_rows.fill_null(1),
        ended_at=calls.ended_at.fill_null(_after(calls.started_at, calls.duration_s)),
    )
    calls = as_view(calls)
    calls = calls.mutate(**_times(calls, reported), **_durations(calls))
    calls = as_view(calls)
    calls = as_view(calls.mutate(**_states(calls)))
    return calls.mutate(**_outcomes(calls, short_abandon_s))


def _absent(reported: set[str]) -> dict[str, ibis.Value]:
    """Make null columns for what the export does not report."""
    given = reported | {"source_file"}
    return {
        name: ibis.null(TYPES[kind]) for name, kind in KIND.items() if name not in given
    }


def _word(column: ibis.Value, default: str) -> ibis.Value:
    return column.lower().fill_null(default)


def _after(start: ibis.Value, seconds: ibis.Value) -> ibis.Value:
    milliseconds = (seconds * 1000).round().cast("int64")
    return start + milliseconds.as_interval("ms")


def _times(calls: ibis.Table, reported: set[str]) -> dict[str, ibis.Value]:
    """Say when a call was known: never before it ended.

    A known time before the start stays, for the contract to set the row aside.
    """
    if "known_at" not in reported:
        return {
            "known_at": calls.ended_at,
            LATE_END: ibis.literal(value=False),
        }
    early = (calls.known_at >= calls.started_at) & (calls.known_at < calls.ended_at)
    return {
        "known_at": ibis.ifelse(early, calls.ended_at, calls.known_at),
        LATE_END: early.fill_null(False),
    }


def _durations(calls: ibis.Table) -> dict[str, ibis.Value]:
    """Add up the handle time from its parts, unless the platform gives it."""
    parts = calls.talk_s + calls.hold_s.fill_null(0) + calls.wrap_s.fill_null(0)
    seconds = calls.ended_at.delta(calls.started_at, unit="microsecond") / 1e6
    source = ibis.cases(
        (calls.handle_s.notnull(), "platform"),
        (parts.notnull(), "parts"),
        else_=ibis.null("string"),
    )
    return {
        "handle_s": calls.handle_s.fill_null(parts),
        "handle_src": source,
        "duration_s": calls.duration_s.fill_null(seconds),
    }


def _states(calls: ibis.Table) -> dict[str, ibis.Value]:
    answered = calls.answered.fill_null((calls.talk_s > 0) | (calls.handle_s > 0))
    waited = (calls.wait_s > 0) | (answered & calls.queue.notnull())
    return {
        "answered": answered.fill_null(False),
        "queued": calls.queued.fill_null(waited).fill_null(False),
        "transferred": calls.transferred.fill_null(calls.n_transfers > 0),
    }


def _outcomes(calls: ibis.Table, short_abandon_s: float) -> dict[str, ibis.Value]:
    unanswered = ~calls.answered
    inbound = calls.direction == "inbound"
    left = calls.flow_out.fill_null(False)
    abandoned = calls.abandoned.fill_null(inbound & calls.queued & unanswered & ~left)
    by_wait = abandoned & (calls.wait_s < short_abandon_s)
    source = ibis.cases(
        (calls.short_abandon.notnull(), "platform"),
        (by_wait.notnull() & abandoned, f"wait below {short_abandon_s:g} s"),
        else_=ibis.null("string"),
    )
    return {
        "abandoned": abandoned,
        "short_abandon": calls.short_abandon.fill_null(by_wait),
        "short_abandon_src": source,
        "ivr_only": calls.ivr_only.fill_null(inbound & ~calls.queued & unanswered),
    }
