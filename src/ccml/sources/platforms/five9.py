"""Five9: the call log as CSV, with one or more rows for a call.

Sources: the Five9 web-services guide, a public tap and a public dashboard. Clock times
are US Pacific from the API; scheduled exports use a user's zone. A callback stands under
the CALL ID of the call that asked for it, and is a call of its own here.
"""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.schema import INTERNAL_CALL, JUNK_CALLBACK, TEST_CALL
from ccml.contracts.split import FAULT
from ccml.sources.cast import Cast, as_number, as_text
from ccml.sources.csv_files import FILE
from ccml.sources.layouts import Layout, match_layout
from ccml.sources.legs import KIND, leg_rows
from ccml.sources.local_times import as_local
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.platforms.talk_and_hold import SUSPECT, hold_flags, suspicion, talk_of
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE, typed_rows

STAMPS = ("%a, %d %b %Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M")
TEXTS = {
    "CALL ID": "number",
    "SESSION ID": "session",
    "CALL TYPE": "kind",
    "AGENT": "agent",
    "SKILL": "skill",
    "CAMPAIGN": "campaign",
    "DISPOSITION": "outcome",
    "ANI": "ani",
    "DNIS": "dnis",
}
NUMBERS = {
    "CALL TIME": "call_time",
    "IVR TIME": "ivr_time",
    "QUEUE WAIT TIME": "queue_wait_time",
    "QUEUE CALLBACK WAIT TIME": "queue_callback_wait_time",
    "RING TIME": "ring_time",
    "TALK TIME": "talk_time",
    "HOLD TIME": "hold_time",
    "AFTER CALL WORK TIME": "after_call_work_time",
    "TRANSFERS": "transfers",
    "ABANDONED": "abandoned",
}
REQUIRED = ("CALL ID", "TIMESTAMP", "CALL TYPE", "CALL TIME")
LAYOUTS = (
    Layout(
        "Five9 Call Log",
        REQUIRED,
        tuple(name for name in (*TEXTS, *NUMBERS) if name not in REQUIRED),
    ),
)
INBOUND = ("INBOUND", "INBOUND_VOICEMAIL")
CALLBACK, VOICEMAIL = "QUEUE_CALLBACK", "INBOUND_VOICEMAIL"
OUTBOUND = (
    "OUTBOUND",
    "OUTBOUND_PREVIEW",
    "OUTBOUND_VOICEMAIL",
    "AUTODIAL",
    "MANUAL",
    "AGENT",
)
INTERNAL = ("INTERNAL", "INTERNAL_VOICEMAIL")
NOBODY, DELETED = "[none]", "[deleted]"
ABANDON = "abandon"
SYSTEM_WORDS = (
    ABANDON,
    "answering_machine",
    "busy",
    "caller_disconnected",
    "dial_error",
    "fax",
    "hardware_timeout",
    "no_answer",
    "no_disposition",
    "no_response_from_caller",
    "operator_intercept",
    "resource_unavailable",
    "sent_to_voicemail",
    "system_error",
    "system_shutdown",
    "transferred_to_3rd_party",
    "unreachable",
)
"""Dispositions that no agent chose, with low lines for blanks."""
FULL_FILE = 50_000
"""Rows of the longest report that the platform gives."""
CUT = f"{NOTE}in a file of {FULL_FILE:,} rows, the most of a report: perhaps cut off"


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = _states(_facts(reading, raw))
    talk = rows.talk_time
    includes = reading.switch("talk_includes_hold")
    checked = as_view(
        rows.mutate(
            talk_s=talk_of(talk, rows.hold_time, includes=includes),
            flags=hold_flags(
                talk,
                rows.hold_time,
                [rows.ivr_time, rows.queue_wait_time],
                rows.call_time,
                includes=includes,
            ),
        )
    )
    given = reading.source.switches.attributes or {}
    return leg_rows(checked, _casts(checked) | _own(checked, given))


def _facts(reading: Reading, raw: RawFiles) -> ibis.Table:
    """Type the columns of the file; those that it lacks are null."""
    header = reading.source.header
    names = match_layout(LAYOUTS, raw.columns, header, raw.name, PLACE).names
    given = reading.source.switches.attributes or {}
    require_columns(
        raw, {f"switches.attributes.{k}": v for k, v in given.items()}, PLACE
    )
    casts = {"began": as_local(raw.rows[names["TIMESTAMP"]], STAMPS, reading.zone)}
    for column, name in TEXTS.items():
        absent = Cast(ibis.null("string"))
        casts[name] = as_text(raw.rows[names[column]]) if column in names else absent
    for column, name in NUMBERS.items():
        absent = Cast(ibis.null("float64"))
        casts[name] = as_number(raw.rows[names[column]]) if column in names else absent
    for name, column in given.items():
        read = as_number if KIND[name] == "number" else as_text
        casts[f"own_{name}"] = read(raw.rows[column])
    casts["knows_agents"] = Cast(ibis.literal("AGENT" in names))
    casts["knows_lost"] = Cast(ibis.literal("ABANDONED" in names))
    return as_view(typed_rows(raw.rows, casts))


def _named(text: ibis.Value) -> ibis.Value:
    """Take the words for no name and for a deleted one for null."""
    return ibis.ifelse(text.lower().isin([NOBODY, DELETED]), None, text)


def _word(text: ibis.Value) -> ibis.Value:
    return text.lower().re_replace("[^a-z0-9]+", "_").re_replace("^_|_$", "")


def _states(facts: ibis.Table) -> ibis.Table:
    """Tell what each row is, and which are no calls."""
    kind = _word(facts.kind).upper()
    said = _word(facts.outcome).nullif("")
    has_agent = facts.agent.notnull() & (facts.agent.lower() != NOBODY)
    rows = as_view(
        facts.mutate(
            kind=kind,
            said=said,
            is_in=kind.isin(INBOUND) & (kind != VOICEMAIL),
            is_out=kind.isin(OUTBOUND),
            is_back=kind == CALLBACK,
            has_agent=has_agent,
            reached=(facts.talk_time > 0).fill_null(False)
            & (has_agent | ~facts.knows_agents)
            & (kind != VOICEMAIL),
            has_skill=(facts.skill.lower() != NOBODY).fill_null(False),
            lost=ibis.ifelse(facts.knows_lost, (facts.abandoned == 1), None),
        )
    )
    strange = ibis.cases(
        (rows.kind == "TEST", TEST_CALL),
        (rows.kind.isin(INTERNAL), INTERNAL_CALL),
        (rows.is_back & ~rows.reached, JUNK_CALLBACK),
        (~rows.kind.isin([*INBOUND, *OUTBOUND, CALLBACK]), "unknown CALL TYPE"),
        else_=ibis.null("string"),
    )
    waited = (rows.queue_wait_time > 0).fill_null(False)
    lost = ibis.ifelse(rows.knows_lost, rows.lost.fill_null(False), None)
    return as_view(
        rows.mutate(
            lost=lost,
            queued=rows.is_in & (waited | rows.has_skill | lost.fill_null(False)),
            **{FAULT: strange.fill_null(rows[FAULT])},
        )
    )


def _seconds(value: ibis.Value) -> ibis.Value:
    return value.fill_null(0).cast("int64").as_interval("s")


def _keys(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Name the row, and the call that it is of.

    The export does not say when a row was written: of two copies, the one with more
    work after the call is newer, then the one with an agent's disposition.
    """
    suffix = ibis.ifelse(rows.is_back, ":callback", "")
    second = rows.began.epoch_seconds().cast("string")
    parts = [rows.number, second, rows.kind, rows.agent.fill_null("")]
    ended = rows.began + _seconds(rows.call_time)
    known = ended + _seconds(rows.after_call_work_time)
    is_settled = rows.said.notnull() & (rows.said != "no_disposition")
    is_first = (rows.ivr_time > 0) | (rows.queue_wait_time > 0)
    return {
        "row_key": parts[0].concat("|", parts[1], "|", parts[2], "|", parts[3]),
        "link_id": rows.number + suffix,
        "call_ref": rows.session.fill_null(rows.number) + suffix,
        "callback_of": ibis.ifelse(
            rows.is_back, rows.session.fill_null(rows.number), None
        ),
        "started_at": rows.began,
        "ended_at": ended,
        "known_at": known,
        "version_at": known + _seconds(is_settled.cast("int64")),
        "order_no": is_first.fill_null(False).ifelse(0.0, 1.0),
    }


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    reached, agent = rows.reached, ibis.ifelse(rows.has_agent, rows.agent, None)
    by_system = rows.said.isin(SYSTEM_WORDS) | ~rows.has_agent
    said = ibis.ifelse(rows.said == ABANDON, "abandoned", rows.said)
    queue = _named(rows.skill)
    waited = rows.queue_wait_time + ibis.ifelse(
        rows.is_back, rows.queue_callback_wait_time.fill_null(0), 0.0
    )
    left = rows.queued & ~reached & ~rows.lost
    values = {
        "leg_type": ibis.cases(
            (rows.kind == VOICEMAIL, "voicemail"),
            (reached | rows.is_out | rows.is_back, "agent"),
            (rows.queued, "queue"),
            else_="ivr",
        ),
        "direction": ibis.cases(
            (rows.is_out, "outbound"), (rows.is_back, "callback"), else_="inbound"
        ),
        "channel": ibis.literal("voice"),
        "customer_phone": ibis.ifelse(rows.is_out, rows.dnis, rows.ani),
        "dialed_number": ibis.ifelse(rows.is_out, rows.ani, rows.dnis),
        "agent_id": _named(agent),
        "queue": queue,
        "skill": queue,
        "campaign": _named(rows.campaign),
        "disposition": ibis.ifelse(by_system, None, rows.outcome),
        "system_outcome": ibis.ifelse(by_system, said, None),
        "queued": rows.queued,
        "answered": reached,
        "abandoned": rows.lost & ~reached,
        "flow_out": left,
        "voicemail": rows.kind == VOICEMAIL,
        "callback": rows.is_back,
        "transferred": rows.transfers.fill_null(0) > 0,
        "n_transfers": rows.transfers.fill_null(0),
        "ivr_s": ibis.ifelse(rows.is_in, rows.ivr_time, None),
        "wait_s": ibis.ifelse(rows.queued | rows.is_back, waited, None),
        "ring_s": ibis.ifelse(rows.is_in, rows.ring_time, None),
        "talk_s": ibis.ifelse(reached, rows.talk_s, None),
        "hold_s": ibis.ifelse(reached, rows.hold_time, None),
        "wrap_s": ibis.ifelse(reached, rows.after_call_work_time, None),
        "duration_s": rows.call_time,
        "parse_flags": rows.flags,
        SUSPECT: suspicion(rows.flags, rows.hold_time),
        CUT: rows.began.count().over(ibis.window(group_by=rows[FILE])) == FULL_FILE,
    }
    return {name: Cast(value) for name, value in (values | _keys(rows)).items()}


def _own(rows: ibis.Table, given: Mapping[str, str]) -> dict[str, Cast]:
    """Take the customer's own columns, such as `Global.` variables of the flow."""
    return {name: Cast(rows[f"own_{name}"]) for name in given}


NO_MARKETING = "Marketing sources are no part of the call log."
GAPS = {
    "consult_s": "A consultation is a row of its own, between agents, and not told apart.",
    "transfer_type": "The log counts transfers but does not tell of what kind they were.",
    "source": NO_MARKETING,
    "medium": NO_MARKETING,
    "keyword": NO_MARKETING,
    "click_key": NO_MARKETING,
    "is_first_call": "The platform does not say whether a number calls for the first "
    "time.",
    "priority": "The priority of a call in its queue is not exported.",
    "quality_score": "Quality scores are no part of the call log.",
}
PLATFORM = Platform(
    label="five9",
    kind="csv",
    legs=_legs,
    layouts=LAYOUTS,
    zone="needed",
    assumptions=(
        Assumption(
            "talk_includes_hold",
            True,
            "TALK TIME holds HOLD TIME, which is taken off it",
        ),
    ),
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
