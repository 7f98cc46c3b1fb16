"""Avaya CMS: the call history, one row for each segment of a call.

A segment carries everything from the vector to the agent's work after the call; a
transfer or a consultation is a segment of its own. DURATION is the time on the trunk: it
overlaps that of other segments and is never added up. Direction, and calls between
desks, are told by rules, since no field says them.
"""

import ibis

from ccml.contracts.calls import CALLS
from ccml.errors import ConfigError
from ccml.sources.cast import Cast
from ccml.sources.layouts import match_layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.avaya_layouts import ALIASES, LAYOUTS, POSITIONS
from ccml.sources.platforms.avaya_segments import (
    ABANDONED,
    BUSY,
    DISCONNECTED,
    INTERFLOW,
    segments,
)
from ccml.sources.platforms.headerless_csv import positional_opening
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

WORDS = {1: "CONN", 2: "ANS", 3: "ABAN", 4: "IFLOW", 5: "FBUSY", 6: "FDISC", 7: "OTHER"}
SLACK_S = 2
MINUTES_20 = 1_200
MANY = 0.2
EXCEEDS = f"{NOTE}the parts of a segment are longer than its time on the trunk"
OTHER_CLOCK = (
    f"{NOTE}segments start at another time than their UCID says: see "
    f"switches.epoch_is_local"
)
ASSUMPTIONS = (
    Assumption(
        "epoch_is_local", False, "SEGSTART and SEGSTOP are in UTC, as in the UCID"
    ),
    Assumption(
        "phantom_abandon_s",
        10.0,
        "abandoned calls with up to 10 s of talk are phantom abandons",
    ),
    Assumption(
        "external_min_digits",
        7,
        "agents who dial 7 digits or more call outside, all others a colleague",
    ),
)
_MARKETING = "Marketing sources are no part of the call history."
_SURVEY = "The call history holds no answers of surveys."
GAPS = {
    "customer_key": "The call history knows no customers.",
    "skill": "A split is a skill; it is reported as the queue.",
    "reason": "Digits keyed in may be account numbers, so that they are not read.",
    "csat": _SURVEY,
    "nps": _SURVEY,
    "ces": _SURVEY,
    "quality_score": "The call history holds no evaluations.",
    "source": _MARKETING,
    "medium": _MARKETING,
    "campaign": _MARKETING,
    "keyword": _MARKETING,
    "click_key": _MARKETING,
    "is_first_call": "No field says whether a number calls for the first time.",
    "region": "The call history knows no regions of customers.",
    "priority": "Queue priorities are levels of a vector step and are not read.",
    "callback": "A callback looks like any outgoing call.",
    "callback_of": "A callback does not name the call that asked for it.",
    "voicemail": "A message looks like any interflow out of the queue.",
}


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    if reading.switch("epoch_is_local") and reading.zone is None:
        raise ConfigError(
            f"{PLACE}.time_zone: with switches.epoch_is_local the zone of the switch is "
            f"needed, such as Europe/Warsaw."
        )
    matched = match_layout(LAYOUTS, raw.columns, reading.source.header, raw.name, PLACE)
    own = {ALIASES.get(name, name): column for name, column in matched.names.items()}
    rows = segments(raw.rows, own, reading)
    typed = as_view(rows.mutate(leg_type=_leg_type(rows)))
    return leg_rows(typed, _casts(typed))


def _leg_type(rows: ibis.Table) -> ibis.Value:
    consults = ~rows.first & (rows.consulted > 0) & ~(rows.talked > 0).fill_null(False)
    leaves = rows.came_on & rows.login.isnull() & ~rows.queued & rows.outside
    met = rows.reached | rows.by_agent | rows.login.notnull()
    return ibis.cases(
        (rows.observed, "monitor"),
        (consults.fill_null(False), "consult"),
        (leaves, "external"),
        (met, "agent"),
        (rows.queued, "queue"),
        else_="ivr",
    )


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    values = {
        "row_key": _key(rows),
        "link_id": rows.ref,
        "call_ref": rows.ref,
        "is_origin": rows.first,
        "leg_type": rows.leg_type,
        "order_no": rows.segment,
        "channel": ibis.literal("voice"),
        "queue": _queue(rows),
        **_parties(rows),
        **_seconds(rows),
        **_states(rows),
        **_marks(rows),
    }
    end = rows.start + (rows.lasted * 1000).round().cast("int64").as_interval("ms")
    worked = (rows.wrapped.fill_null(0) * 1000).round().cast("int64")
    return {
        **{name: Cast(value) for name, value in values.items()},
        "started_at": Cast(rows.start, rows.start_given),
        # After a transfer SEGSTOP is later than the customer's end.
        "ended_at": Cast(end.fill_null(rows.stop - worked.as_interval("ms"))),
        "known_at": Cast(rows.stop, rows.stop_given),
    }


def _key(rows: ibis.Table) -> ibis.Value:
    second = rows.start.epoch_seconds().cast("string")
    number = rows.segment.cast("int64").cast("string")
    return rows.acd.fill_null("") + "|" + rows.ref + "|" + number + "|" + second


def _queue(rows: ibis.Table) -> ibis.Value:
    """Name the split at the end, or else the first one; unused splits are -1 or 0."""
    split = ibis.ifelse(rows.at_end > 0, rows.at_end, rows.first_split)
    return ibis.ifelse(split > 0, split.cast("int64").cast("string"), None)


def _parties(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Name who spoke; only the first segment tells the customer's side."""
    inside = rows.by_agent & ~rows.outside
    dialled_out = rows.by_agent & rows.outside
    # Without a number the trunk's port or group stands in its place.
    is_port = (rows.calling == rows.place) | (rows.calling == rows.trunk)
    caller = ibis.ifelse(is_port.fill_null(False) & ~inside, None, rows.calling)
    return {
        "direction": ibis.cases(
            (inside, "internal"),
            (dialled_out, "outbound"),
            (rows.first, "inbound"),
            else_=None,
        ),
        "customer_phone": ibis.cases(
            (dialled_out, rows.dialled), (rows.came_on, None), else_=caller
        ),
        "dialed_number": ibis.ifelse(rows.first & ~dialled_out, rows.dialled, None),
        "agent_id": rows.login.fill_null(
            ibis.ifelse(rows.by_agent, rows.origin_login, None)
        ),
    }


def _seconds(rows: ibis.Table) -> dict[str, ibis.Value]:
    met = rows.login.notnull() | rows.by_agent
    served = met & (rows.leg_type == "agent") & (rows.reached | (rows.talked > 0))
    apart = rows.waited.notnull() | rows.rang.notnull()
    known_wait = rows.waited.fill_null(0) + rows.rang.fill_null(0)
    wait = ibis.ifelse(apart, known_wait, rows.until)
    waits = rows.queued & rows.leg_type.isin(["queue", "agent"])
    in_menu = ibis.greatest(rows.until - known_wait, 0)
    own_hold = rows.own_held.fill_null(0) + rows.held.fill_null(0)
    # The wait for the colleague is no consultation yet.
    asked = ibis.ifelse(
        rows.came_on, ibis.greatest(rows.consulted - rows.until, 0), rows.consulted
    )
    return {
        "ivr_s": ibis.ifelse(rows.first & ~rows.by_agent & apart, in_menu, None),
        "wait_s": ibis.ifelse(waits, wait, None),
        "ring_s": ibis.ifelse(waits, rows.rang, None),
        "talk_s": ibis.ifelse(served, rows.talked, None),
        "hold_s": ibis.ifelse(
            served, ibis.ifelse(rows.by_agent, own_hold, rows.held), None
        ),
        "wrap_s": ibis.ifelse(served, rows.wrapped, None),
        "consult_s": ibis.ifelse(rows.observed, None, asked),
        "duration_s": rows.lasted,
    }


def _states(rows: ibis.Table) -> dict[str, ibis.Value]:
    faces = rows.leg_type.isin(["ivr", "queue", "agent"])
    lost = rows.queued & faces & ~rows.reached
    moves = ibis.ifelse(faces, rows.moved, None)
    way = ibis.cases(
        (~rows.came_on | rows.leg_type.isin(["consult", "monitor"]), None),
        (rows.leg_type == "external", "external"),
        (rows.queued, "queue"),
        (rows.consulted > 0, "consult"),
        else_="blind",
    )
    return {
        "queued": rows.queued & faces,
        "answered": rows.reached & faces,
        "abandoned": lost & (rows.code == ABANDONED),
        "flow_out": lost & (rows.code == INTERFLOW),
        "transferred": moves > 0,
        "n_transfers": moves,
        "transfer_type": way,
    }


def _marks(rows: ibis.Table) -> dict[str, ibis.Value]:
    aside = rows.leg_type.isin(["consult", "monitor"])
    parts = rows.until + rows.talked + rows.held.fill_null(0)
    exceeds = ((parts > rows.lasted + SLACK_S) & ~aside).fill_null(False)
    phantom = (rows.code == ABANDONED) & (rows.talked > 0) & ~rows.reached
    other = rows.ucid.right(10).try_cast("int64") - rows.start.epoch_seconds()
    shifted = (rows.has_ucid & rows.first & (other.abs() > MINUTES_20)).fill_null(False)
    words = {
        "conference": rows.joined > 0,
        "parts_exceed_duration": exceeds,
        "phantom_abandon": phantom,
    }
    flags = [
        ibis.ifelse(is_so.fill_null(False), ibis.literal(f"{word};"), "")
        for word, is_so in words.items()
    ]
    said = flags[0] + flags[1] + flags[2]
    ended = rows.code.cast("int64").cases(*WORDS.items(), else_=None)
    return {
        "disposition": ibis.ifelse(aside, None, rows.work_code),
        "system_outcome": ibis.ifelse(aside, None, ended),
        "disconnect_by": ibis.cases(
            (rows.moved > 0, "transfer"),
            (rows.code == ABANDONED, "customer"),
            (rows.code.isin([BUSY, DISCONNECTED]), "system"),
            (rows.released > 0, "agent"),
            (rows.reached, "customer"),
            else_=None,
        ),
        "parse_flags": said.nullif(""),
        EXCEEDS: exceeds & _are_many(exceeds),
        OTHER_CLOCK: shifted & _are_many(shifted),
    }


def _are_many(flags: ibis.Value) -> ibis.Value:
    return flags.cast("float64").mean().over(ibis.window()) > MANY


PLATFORM = Platform(
    label="avaya",
    kind="csv",
    legs=_legs,
    layouts=LAYOUTS,
    opening=positional_opening(POSITIONS),
    assumptions=ASSUMPTIONS,
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
