"""Asterisk and FreePBX call detail records: one row per path between two parties.

Sources: the Asterisk CDR specification, FreePBX's CDR module. Rows of one call share
`linkedid`. `billsec` counts from the moment a menu or a queue took the call, so that the
talk of calls through a queue is not known from the records; the queue log has it.
"""

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.schema import INTERNAL_CALL
from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import Cast, as_instant, as_number, as_text
from ccml.sources.csv_files import FILE
from ccml.sources.layouts import Layout, match_layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.asterisk_cdr_files import OPENING
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view

TEXTS = (
    "src",
    "dst",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "disposition",
    "uniqueid",
    "linkedid",
    "did",
    "cnum",
    "outbound_cnum",
    "extra_1",
    "extra_2",
)
NUMBERS = ("duration", "billsec", "sequence", "extra_3")
OPTIONAL = (
    "src",
    "dst",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "billsec",
    "uniqueid",
    "linkedid",
    "sequence",
)
LAYOUTS = (
    Layout(
        "Asterisk CDR",
        ("start", "duration", "disposition"),
        (*OPTIONAL, "end", "extra_1", "extra_2", "extra_3"),
    ),
    Layout(
        "FreePBX CDR",
        ("calldate", "duration", "disposition"),
        (*OPTIONAL, "did", "cnum", "outbound_cnum"),
    ),
)
CHANNEL_ID = r"^(.+-)?\d{9,}\.\d+$"
SPIES = ("chanspy", "extenspy")
ANSWERED, QUEUE, MESSAGE, DIAL = "answered", "queue", "voicemail", "dial"
WORDS = ("answered", "no_answer", "busy", "failed", "congestion")


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = _facts(reading, raw)
    rows = as_view(rows.mutate(**_sides(rows, reading.switch("external_min_digits"))))
    rows = as_view(rows.mutate(**_of_call(rows)))
    needs_peer = reading.switch("answered_needs_peer")
    rows = as_view(rows.mutate(**_course(rows, needs_peer=needs_peer)))
    return leg_rows(rows, _casts(rows, reading.zone))


def _facts(reading: Reading, raw: RawFiles) -> ibis.Table:
    """Name the columns alike; those that the file lacks are null."""
    header = reading.source.header
    names = match_layout(LAYOUTS, raw.columns, header, raw.name, PLACE).names
    texts = {
        name: as_text(raw.rows[names[name]]).value
        if name in names
        else ibis.null("string")
        for name in (*TEXTS, *NUMBERS, "end")
    }
    begun = as_text(raw.rows[names["start" if "start" in names else "calldate"]])
    facts = as_view(raw.rows.select(ROW, FILE, begun=begun.value, **texts))
    began = as_instant(facts.begun, reading.zone).value
    extra = ibis.cases(
        (facts.extra_1.re_search(CHANNEL_ID), facts.extra_1),
        (facts.extra_2.re_search(CHANNEL_ID), facts.extra_2),
        else_=ibis.null("string"),
    )
    # Builds without uniqueid have the number of the channel only.
    number = facts.channel.re_extract("-([0-9a-fA-F]+)(;[12])?$", 1).nullif("")
    second = _second(began)
    named = as_view(
        facts.mutate(
            began=began,
            uniqueid=facts.uniqueid.fill_null(second + "." + number.fill_null("0")),
            linkedid=facts.linkedid.fill_null(extra),
            order=facts.sequence.fill_null(facts.extra_3),
            app=facts.lastapp.lower().fill_null(""),
            said=facts.disposition.lower().re_replace("[^a-z]+", "_"),
        )
    )
    return as_view(named.mutate(call=named.linkedid.fill_null(named.uniqueid)))


def _second(instant: ibis.Value) -> ibis.Value:
    return instant.epoch_seconds().cast("int64").cast("string")


def _digits(number: ibis.Value) -> ibis.Value:
    return number.re_replace(r"^\+|^sip:", "").fill_null("")


def _sides(rows: ibis.Table, least: int) -> dict[str, ibis.Value]:
    """Tell extensions from numbers outside, and so the direction."""
    caller = rows.cnum.fill_null(rows.src)
    plain, to = _digits(caller), _digits(rows.dst)
    is_number = r"^[0-9*#]+$"
    inside = plain.re_search(is_number) & (plain.length() < least)
    outside = to.re_search(is_number) & (to.length() >= least)
    return {
        "caller": caller,
        "is_outside": outside,
        "way": ibis.cases(
            (rows.did.notnull(), "inbound"),
            (inside & outside, "outbound"),
            (inside, "internal"),
            else_="inbound",
        ),
    }


def _of_call(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Look at all rows of the call."""
    call = ibis.window(group_by=rows.call)
    return {
        "has_queue": (rows.app == QUEUE).any().over(call),
        "is_later": rows.began > rows.began.min().over(call),
    }


def _course(rows: ibis.Table, *, needs_peer: bool) -> dict[str, ibis.Value]:
    """Say what each row is of the call."""
    has_peer = rows.dstchannel.notnull()
    taken = rows.said == ANSWERED
    reached = taken & has_peer if needs_peer else taken
    inbound = rows.way == "inbound"
    away = inbound & rows.is_outside & rows.is_later & (rows.app == DIAL) & has_peer
    consulted = (rows.uniqueid != rows.call) & (rows.way == "internal")
    kind = ibis.cases(
        (consulted, "consult"),
        (inbound & has_peer & ~taken, "ring"),
        (rows.app == MESSAGE, "voicemail"),
        (away, "external"),
        (reached | ~inbound, "agent"),
        (rows.app == QUEUE, "queue"),
        else_="ivr",
    )
    fault = ibis.cases(
        (rows.app.isin(SPIES), INTERNAL_CALL),
        (rows.said.notin(WORDS), "unknown disposition"),
        else_=ibis.null("string"),
    )
    return {
        "kind": kind,
        "reached": reached & (rows.app != MESSAGE),
        FAULT: fault,
    }


def _casts(rows: ibis.Table, zone: str | None) -> dict[str, Cast]:
    kind, way = rows.kind, rows.way
    duration, billed = as_number(rows.duration), as_number(rows.billsec)
    after = rows.began + (duration.value * 1e6).cast("int64").as_interval("us")
    own = kind == "agent"
    met = own & rows.reached
    is_ring = kind == "ring"
    by_queue = rows.app == QUEUE
    party = ibis.ifelse(way == "inbound", rows.dstchannel, rows.channel)
    answering = ibis.ifelse(way == "internal", rows.dstchannel, party)
    values = {
        "row_key": _key(rows),
        "link_id": rows.call,
        "call_ref": rows.call,
        "is_origin": rows.uniqueid == rows.call,
        "leg_type": kind,
        "direction": way,
        "channel": ibis.literal("voice"),
        "customer_phone": ibis.cases(
            (kind == "consult", None), (way == "outbound", rows.dst), else_=rows.caller
        ),
        "dialed_number": ibis.cases(
            (kind == "consult", None),
            (way == "inbound", rows.did),
            (way == "outbound", rows.outbound_cnum),
            else_=rows.dst,
        ),
        "agent_id": ibis.ifelse(own | is_ring, _party(answering), None),
        "queue": ibis.ifelse(by_queue, rows.lastdata.re_split("[,|]")[0], None),
        "system_outcome": ibis.ifelse(is_ring | (kind == "consult"), None, rows.said),
        "queued": by_queue & ~is_ring,
        "answered": ibis.ifelse(kind.isin(["external", "voicemail"]), None, met),
        "abandoned": kind == "queue",
        "flow_out": kind == "voicemail",
        "voicemail": kind == "voicemail",
    }
    talk = ibis.ifelse(
        (met & ~rows.has_queue) | (kind == "consult"), billed.value, None
    )
    ended = ibis.ifelse(rows.end.notnull(), as_instant(rows.end, zone).value, after)
    return {
        "started_at": as_instant(rows.begun, zone),
        "ended_at": Cast(ended, rows.end.fill_null(rows.duration)),
        "order_no": as_number(rows.order),
        "duration_s": duration,
        "talk_s": Cast(talk, ibis.ifelse(billed.value.isnull(), rows.billsec, None)),
        **{name: Cast(value) for name, value in values.items()},
    }


def _party(channel: ibis.Value) -> ibis.Value:
    """Name the phone of a channel: PJSIP/101-0000002a and Local/101@queue-1;1 are 101."""
    name = channel.re_replace("^[^/]*/", "").re_replace("@.*$", "")
    return name.re_replace("(;[12])$", "").re_replace("-[0-9a-fA-F]{4,}$", "")


def _key(rows: ibis.Table) -> ibis.Value:
    """Name the row; without a sequence phones may ring side by side."""
    alike = ibis.window(
        group_by=[rows.uniqueid, rows.call, rows.begun, rows.order],
        order_by=[rows.dstchannel, rows.lastapp, rows.dst, rows.disposition],
    )
    place = ibis.dense_rank().over(alike).cast("string")
    by_place = _second(rows.began) + "/" + place
    return rows.uniqueid.concat("|", rows.call, "|", rows.order.fill_null(by_place))


NOT_RECORDED = "The records do not tell it."
OF_THE_LOG = "The records do not part menu, waiting and talk; the queue log does."
GAPS = {
    "customer_key": NOT_RECORDED,
    "skill": "Queues have members, not skills.",
    "reason": NOT_RECORDED,
    "disposition": "The disposition of a record is the switch's, not the agent's.",
    "ivr_s": OF_THE_LOG,
    "wait_s": OF_THE_LOG,
    "requeue_wait_s": OF_THE_LOG,
    "ring_s": "The seconds of ringing phones are not told apart from the wait.",
    "hold_s": "The time on hold is a part of the talk and not told apart.",
    "wrap_s": "The work after a call is not recorded.",
    "transferred": "A transferred call has further rows, as has a call that rang at "
    "several phones; no row says that it is a transfer.",
    "n_transfers": "No row says that it is a transfer.",
    "transfer_type": "No row says that it is a transfer.",
    "callback": "A call back looks like any other outbound call.",
    "callback_of": "A call back looks like any other outbound call.",
    "csat": NOT_RECORDED,
    "nps": NOT_RECORDED,
    "ces": NOT_RECORDED,
    "quality_score": NOT_RECORDED,
    "source": NOT_RECORDED,
    "medium": NOT_RECORDED,
    "campaign": NOT_RECORDED,
    "keyword": NOT_RECORDED,
    "click_key": NOT_RECORDED,
    "is_first_call": NOT_RECORDED,
    "region": NOT_RECORDED,
    "priority": NOT_RECORDED,
}
PLATFORM = Platform(
    label="asterisk",
    kind="csv",
    legs=_legs,
    layouts=LAYOUTS,
    opening=OPENING,
    zone="needed",
    assumptions=(
        Assumption(
            "answered_needs_peer",
            True,
            "a row that was answered and names no other channel met a menu or a queue",
        ),
        Assumption(
            "external_min_digits",
            7,
            "numbers of seven digits or more are outside, shorter ones extensions",
        ),
    ),
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
