"""Genesys Cloud: the CSV of Performance > Interactions, one row per conversation.

Its times are those of who exported it, to the minute; agents and queues are lists. A row
is told in as many legs as it names agents or queues, since only then their order is kept;
all its seconds stand on the first of them.
"""

import ibis
import ibis.expr.datatypes as dt

from ccml.contracts.calls import CALLS
from ccml.contracts.split import FAULT
from ccml.errors import DataError
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, local_instant
from ccml.sources.layouts import Layout, match_layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.leg_durations import EXCEEDS, seconds_between
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

TEXTS = {
    "Full Export Completed": "whole",
    "Media Type": "media",
    "Users": "users",
    "Remote": "remote",
    "Date": "began",
    "End Date": "finished",
    "Direction": "way",
    "Initial Direction": "first_way",
    "ANI": "ani",
    "DNIS": "dnis",
    "Queue": "queues",
    "First Queue": "first_queue",
    "Wrap-up": "codes",
    "Flow": "flow",
    "Conversation ID": "conversation",
    "Disconnect Type": "ended_by",
}
SECONDS = {
    "Duration": "lasted",
    "Total Handle": "handle",
    "Total IVR": "ivr",
    "Total Queue": "wait",
    "Total Alert": "ring",
    "Total Talk": "talk",
    "Total Hold": "hold",
    "Total ACW": "wrap",
}
OTHERS = {"Abandoned": "abandoned", "Flow-Out": "flow_out", "Transfers": "transfers"}
NAMES = TEXTS | SECONDS | OTHERS
NEEDED = ("Conversation ID", "Date", "Duration", "Direction", "Users", "Queue")
LAYOUTS = (
    Layout(
        "Performance > Interactions",
        NEEDED,
        tuple(name for name in NAMES if name not in NEEDED),
    ),
)
DATES = (
    "%m/%d/%y %I:%M %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%y %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
)
COMPLETE = ("yes", "true")
CHANNELS = ("voice", "chat", "email", "message", "callback")
APART_S = 120
"""Begin and end stand to the minute, so that they may differ so much from the duration."""
UNIT = (
    f"{NOTE}Duration is not the time from Date to End Date: see switches.duration_unit"
)
ASSUMPTIONS = (
    Assumption(
        "duration_unit",
        "auto",
        "durations without a colon are milliseconds",
    ),
)
CHOSEN = "Only where the column {} is chosen for the view."
TOLD = "Marketing sources are not in this export."
GAPS = {
    "customer_key": "The export shows no key of the customer.",
    "skill": "Skills are not in this export.",
    "system_outcome": "Outcomes that the system notes are not in this export.",
    "ivr_s": CHOSEN.format("Total IVR"),
    "wait_s": CHOSEN.format("Total Queue"),
    "requeue_wait_s": "The time in all queues is one figure.",
    "ring_s": CHOSEN.format("Total Alert"),
    "talk_s": CHOSEN.format("Total Talk"),
    "hold_s": CHOSEN.format("Total Hold"),
    "wrap_s": CHOSEN.format("Total ACW"),
    "consult_s": "Consultations are not told from conversations.",
    "flow_out": CHOSEN.format("Flow-Out"),
    "transferred": CHOSEN.format("Transfers"),
    "n_transfers": CHOSEN.format("Transfers"),
    "transfer_type": "The kind of a transfer is not in this export.",
    "callback_of": "A callback does not name the call that asked for it.",
    "voicemail": "Messages are not told from other calls.",
    "csat": "Surveys are in another export.",
    "nps": "Surveys are in another export.",
    "ces": "Surveys are in another export.",
    "quality_score": "Evaluations are in another export.",
    "source": TOLD,
    "medium": TOLD,
    "campaign": TOLD,
    "keyword": TOLD,
    "click_key": TOLD,
    "is_first_call": "The export does not say whether a number calls for the first time.",
    "region": "The customer's region is not in this export.",
    "priority": "The priority in the queue is not in this export.",
}


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="try_strptime", signature=((dt.string, dt.string), dt.timestamp)
)
def _clock(text: str, form: str) -> dt.Timestamp:
    """DuckDB's function: a clock time in a given form, or null."""


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    header = reading.source.header
    found = match_layout(LAYOUTS, raw.columns, header, raw.name, PLACE)
    named = {
        name: raw.rows[found.names[column]] if found.has(column) else _nothing()
        for column, name in NAMES.items()
    }
    kept = [name for name in raw.rows.columns if name not in raw.columns]
    texts = {name: value.cast("string").strip() for name, value in named.items()}
    rows = as_view(
        raw.rows.select(*kept, **{n: t.nullif("") for n, t in texts.items()})
    )
    _refuse_partial(rows, raw.name)
    told = as_view(rows.mutate(**_facts(rows, reading)))
    split = as_view(told.mutate(no=ibis.range(told.n_legs).unnest()))
    return leg_rows(split, _casts(split, has_end=found.has("End Date")))


def _nothing() -> ibis.Value:
    return ibis.null("string")


def _refuse_partial(rows: ibis.Table, file: str) -> None:
    """Stop at an export that was broken off.

    Raises:
        DataError: So it was.
    """
    partial = rows.filter(rows.whole.lower().notin(COMPLETE)).count().execute()
    if partial:
        raise DataError(
            f"{PLACE}.path: {file} is a partial export: Full Export Completed is not YES "
            f"in {partial:,} rows; export the view again, over a shorter time."
        )


def _facts(rows: ibis.Table, reading: Reading) -> dict[str, ibis.Value]:
    users, queues = _parts(rows.users), _parts(rows.queues)
    unit = reading.switch("duration_unit")
    several = ibis.ifelse(queues.length() > 1, 2, 1)
    is_inside = rows.ani.lower().startswith("sip:")
    way = rows.first_way.fill_null(rows.way.split("/")[0]).lower()
    is_faulty = rows.conversation.isnull()
    return {
        "agents": users,
        "places": queues,
        "n_legs": ibis.greatest(users.length(), several),
        "codes": _parts(rows.codes),
        "begun": _instant(rows.began, reading.zone),
        "over": _instant(rows.finished, reading.zone),
        "direction": ibis.cases(
            (is_inside.fill_null(False), "internal"),
            (rows.media.lower() == "callback", "callback"),
            else_=way,
        ),
        FAULT: ibis.ifelse(is_faulty, "no conversation", None),
        **{name: _seconds(rows[name], unit) for name in SECONDS.values()},
        **{f"{name}_text": rows[name] for name in SECONDS.values()},
    }


def _parts(text: ibis.Value) -> ibis.Value:
    """Cut a list of names at its semicolons."""
    given = text.fill_null("").split(";").map(lambda part: part.strip())
    return given.filter(lambda part: part != "")


def _instant(text: ibis.Value, zone: str | None) -> ibis.Value:
    written = ibis.coalesce(*(_clock(text, form) for form in DATES))
    iso = as_instant(text, zone).value
    return local_instant(written, zone or "UTC").fill_null(iso)


def _seconds(text: ibis.Value, unit: str) -> ibis.Value:
    """Read a duration: clock times by their colon, else in the unit."""
    value = as_number(text).value
    plain = value if unit == "s" else value / 1000
    return ibis.ifelse(text.contains(":"), value, plain)


def _casts(rows: ibis.Table, *, has_end: bool) -> dict[str, Cast]:
    is_first, is_last = rows.no == 0, rows.no == rows.n_legs - 1
    end = rows.begun + (rows.lasted * 1000).round().cast("int64").as_interval("ms")
    # Without an end the call goes on, if the export has a column for it.
    ended = ibis.ifelse(rows.over.isnull(), None, end) if has_end else end
    grown = rows.lasted + rows.handle.fill_null(0) + rows.codes.length().cast("float64")
    span = seconds_between(rows.begun, rows.over)
    is_odd = ((rows.lasted - span).abs() > APART_S).fill_null(False)
    whole = {
        "row_key": rows.conversation,
        "link_id": rows.conversation,
        "call_ref": rows.conversation,
        "is_origin": is_first,
        "order_no": rows.no.cast("float64"),
        # Figures only grow from one export to the next.
        "version_at": rows.begun
        + (grown * 1000).round().cast("int64").as_interval("ms"),
        "channel": ibis.ifelse(
            rows.media.lower().isin(CHANNELS), rows.media.lower(), "other"
        ),
        "direction": rows.direction,
        "parse_flags": ibis.ifelse(is_odd, EXCEEDS, None),
        UNIT: is_odd,
        **_places(rows, is_first, is_last),
        **_states(rows),
    }
    return {
        **{name: Cast(value) for name, value in whole.items()},
        **_durations(rows, is_first),
        "started_at": Cast(rows.begun, rows.began),
        "ended_at": Cast(ended, rows.finished if has_end else rows.lasted_text),
    }


def _places(
    rows: ibis.Table, is_first: ibis.Value, is_last: ibis.Value
) -> dict[str, ibis.Value]:
    calls_out = rows.direction.isin(["outbound", "callback"])
    first = rows.first_queue.fill_null(rows.places[0])
    return {
        "customer_phone": ibis.ifelse(calls_out, rows.dnis, rows.ani),
        "dialed_number": ibis.ifelse(calls_out, rows.ani, rows.dnis).re_replace(
            "^tel:", ""
        ),
        "queue": ibis.cases((is_first, first), (is_last, rows.places[-1]), else_=None),
        "agent_id": rows.agents[rows.no],
        "disposition": ibis.ifelse(is_last, rows.codes[-1], None),
        "reason": rows.flow,
        "disconnect_by": rows.ended_by,
    }


def _states(rows: ibis.Table) -> dict[str, ibis.Value]:
    inbound, met = rows.direction == "inbound", rows.agents.length() > 0
    served = rows.talk.fill_null(rows.handle)
    # Who dialled out stands in the list, whether anybody answered or not.
    answered = ibis.ifelse(served.isnull() & inbound, met, served > 0).fill_null(False)
    has_agent = rows.agents[rows.no].notnull()
    moves = as_number(rows.transfers).value
    is_first = rows.no == 0
    return {
        "leg_type": ibis.cases(
            (has_agent, "agent"), (rows.places.length() > 0, "queue"), else_="ivr"
        ),
        "answered": answered & has_agent,
        "queued": inbound & (rows.places.length() > 0),
        "abandoned": as_flag(rows.abandoned).value,
        "flow_out": as_number(rows.flow_out).value > 0,
        "callback": rows.direction == "callback",
        "n_transfers": ibis.ifelse(is_first, moves, None),
        "transferred": moves > 0,
    }


def _durations(rows: ibis.Table, is_first: ibis.Value) -> dict[str, Cast]:
    return {
        f"{name}_s": Cast(
            ibis.ifelse(is_first, rows[name], None),
            ibis.ifelse(is_first, rows[f"{name}_text"], None),
        )
        for name in SECONDS.values()
        if name != "lasted"
    }


PLATFORM = Platform(
    label="genesys_cloud",
    kind="csv",
    legs=_legs,
    layouts=LAYOUTS,
    assumptions=ASSUMPTIONS,
    zone="needed",
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
