"""Talkdesk: the calls report, one row per call, in its old and its new layout.

The old layout writes durations as HH:MM:SS or as fractions of a day, the new one as
whole seconds. In this report a caller who leaves the menu counts as abandoned, and one
who leaves while an agent's telephone rings as missed.
"""

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, as_text
from ccml.sources.csv_files import FILE
from ccml.sources.layouts import Matched, match_layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms import talkdesk_gaps
from ccml.sources.platforms.leg_durations import exceed, marked
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.platforms.talk_and_hold import talk_of
from ccml.sources.platforms.talkdesk_columns import FIELDS, NEW, NEW_NAME, OLD
from ccml.sources.platforms.talkdesk_files import report_opening
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

DAY_S = 86_400
MS = 1_000
CLOCK = ":"
DAMAGED = "damaged record"
LOST = ("abandoned", "short_abandoned", "missed", "voicemail")
TYPES = ("inbound", "outbound", "outbound_missed", *LOST)
SECONDS = ("wait_time", "total_ringing_time", "talk_time", "hold_time", "total_time")
MANY = 0.2
EXCEEDS = f"{NOTE}wait, talk and hold exceed the call: see switches.talk_includes_hold"
ASSUMPTIONS = (
    Assumption("talk_includes_hold", False, "the talk time does not contain the hold"),
    Assumption(
        "missed_is_abandoned",
        False,
        "who hangs up while a telephone rings is missed, and not abandoned",
    ),
    Assumption(
        "duration_unit",
        "auto",
        "durations of the old layout without colons are fractions of a day when they "
        "are below 1, and seconds otherwise",
    ),
)
_ONE_ROW = "A call is one row, however often it was passed on."
GAPS = talkdesk_gaps.GAPS | {
    "requeue_wait_s": _ONE_ROW,
    "wrap_s": "The calls report has no work after the call; the contacts report has.",
}


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    matched = match_layout(
        (NEW, OLD), raw.columns, reading.source.header, raw.name, PLACE
    )
    rows = _told(raw.rows, matched, reading)
    return leg_rows(rows, _casts(rows, reading))


def _told(rows: ibis.Table, matched: Matched, reading: Reading) -> ibis.Table:
    """Read all columns under the names of the new layout."""
    own = {NEW_NAME.get(name, name): file for name, file in matched.names.items()}
    fields = {
        name: as_text(rows[own[name]]).value if name in own else ibis.null("string")
        for name in FIELDS
    }
    texts = as_view(rows.select(**fields, **{n: rows[n] for n in (ROW, FILE)}))
    is_old = matched.layout is OLD
    unit = reading.switch("duration_unit")
    kind = texts.type.lower().re_replace("[ -]+", "_")
    faults = [
        ((texts.data_status.lower() == "damaged").fill_null(False), DAMAGED),
        (kind.notin(TYPES).fill_null(False), "unknown call type"),
    ]
    seconds = {f"{n}_s": _duration(texts[n], unit, is_old) for n in SECONDS}
    return as_view(
        texts.mutate(
            kind=kind,
            outward=kind.startswith("outbound"),
            back=as_flag(texts.is_callback_from_queue).value.fill_null(False),
            moved=as_flag(texts.is_transfer).value,
            away=as_flag(texts.is_external_transfer).value,
            ended_by_agent=as_flag(texts.agent_disconnected).value,
            group=texts.ring_groups.split(",")[0].strip().nullif(""),
            **seconds,
            **{FAULT: ibis.cases(*faults, else_=ibis.null("string"))},
        )
    )


def _duration(text: ibis.Value, unit: str, is_old: bool) -> ibis.Value:
    """Read a duration as seconds; fractions of a day have the noise of their digits."""
    number = as_number(ibis.ifelse(text.contains(CLOCK), None, text)).value
    days = (number * DAY_S).round().cast("float64")
    by_unit = {
        "s": number,
        "ms": number / MS,
        "days": days,
        "clock": ibis.null("float64"),
        "auto": ibis.ifelse(number < 1, days, number) if is_old else number,
    }
    clock = as_number(ibis.ifelse(text.contains(CLOCK), text, None)).value
    return clock.fill_null(by_unit[unit])


def _casts(rows: ibis.Table, reading: Reading) -> dict[str, Cast]:
    states = _states(rows, reading.switch("missed_is_abandoned"))
    ended = as_instant(rows.end_at, reading.zone)
    values = {
        "row_key": rows.call_id,
        "link_id": rows.call_id,
        "call_ref": rows.call_id,
        "is_origin": ibis.literal(value=True),
        "version_at": ended.value,
        "channel": ibis.literal("voice"),
        **states,
        **_parties(rows),
    }
    return {
        **{name: Cast(value) for name, value in values.items()},
        "started_at": as_instant(rows.start_at, reading.zone),
        "ended_at": ended,
        "csat": as_number(rows.csat_score),
        **_seconds(rows, states["answered"], reading.switch("talk_includes_hold")),
    }


def _states(rows: ibis.Table, missed_is_abandoned: bool) -> dict[str, ibis.Value]:
    kind, inward = rows.kind, ~rows.outward
    served = kind.isin(["inbound", "outbound"])
    waited = (rows.wait_time_s > 0) | rows.group.notnull() | kind.isin(LOST)
    left = ["abandoned", "short_abandoned"] + ["missed"] * missed_is_abandoned
    asks_back = inward & rows.back & ~served
    lost = kind.isin(left) & ~asks_back
    moved = rows.moved | rows.away
    return {
        "leg_type": ibis.ifelse(served | rows.outward, "agent", "queue"),
        "queued": inward & waited.fill_null(False),
        "answered": served,
        "abandoned": lost,
        "short_abandon": ibis.ifelse(lost, kind == "short_abandoned", None),
        "flow_out": (kind == "voicemail") | asks_back,
        "voicemail": kind == "voicemail",
        "callback": rows.outward & rows.back,
        "transferred": moved.fill_null(rows.moved),
        "transfer_type": ibis.ifelse(rows.away, "external", None),
    }


def _parties(rows: ibis.Table) -> dict[str, ibis.Value]:
    agents = (
        rows.handling_user_id,
        rows.user_id,
        rows.handling_user_name,
        rows.user_name,
    )
    by_agent = rows.ended_by_agent
    return {
        "direction": ibis.cases(
            (rows.outward & rows.back, "callback"),
            (rows.outward, "outbound"),
            else_="inbound",
        ),
        "customer_phone": rows.contact_phone_number,
        "dialed_number": rows.talkdesk_phone_number,
        "agent_id": ibis.coalesce(*agents),
        "queue": rows.group,
        "reason": rows.ivr_options,
        "disposition": rows.disposition_code,
        "system_outcome": rows.type,
        "disconnect_by": ibis.cases((by_agent, "agent"), (~by_agent, "customer")),
    }


def _seconds(
    rows: ibis.Table, answered: ibis.Value, includes_hold: bool
) -> dict[str, Cast]:
    talk, hold = rows.talk_time_s, rows.hold_time_s
    talk = talk_of(talk, hold, includes=includes_hold)
    talk_given = ibis.ifelse(rows.talk_time_s.isnull(), rows.talk_time, None)
    hold_given = ibis.ifelse(hold.isnull(), rows.hold_time, None)
    inward = ~rows.outward
    exceeds = exceed([rows.wait_time_s, talk, hold], rows.total_time_s)
    many = exceeds.cast("float64").mean().over(ibis.window()) > MANY

    def where(is_so: ibis.Value, name: str) -> Cast:
        seconds, text = rows[f"{name}_s"], rows[name]
        bad = ibis.ifelse(seconds.isnull(), text, None)
        return Cast(ibis.ifelse(is_so, seconds, None), bad)

    return {
        "wait_s": where(inward, "wait_time"),
        "ring_s": where(inward, "total_ringing_time"),
        "talk_s": Cast(ibis.ifelse(answered, talk, None), talk_given),
        "hold_s": Cast(ibis.ifelse(answered, hold, None), hold_given),
        "duration_s": where(ibis.literal(value=True), "total_time"),
        "parse_flags": Cast(marked(exceeds)),
        EXCEEDS: Cast((exceeds & many).fill_null(False)),
    }


PLATFORM = Platform(
    label="talkdesk",
    kind="other",
    legs=_legs,
    layouts=(NEW, OLD),
    opening=report_opening((NEW, OLD), ()),
    assumptions=ASSUMPTIONS,
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
