"""Twilio: the Call resource, as the API's JSON or as CSV with its field names.

Source: the Twilio documentation of calls. A call that a flow dials on has child legs,
which name it as parent. `queue_time` is the wait for the rate at which calls may be
dialled, not a caller's wait, and is never read as one.
"""

import ibis

from ccml.contracts.split import FAULT
from ccml.sources.cast import Cast, as_number
from ccml.sources.layouts import Layout
from ccml.sources.legs import leg_rows
from ccml.sources.local_times import as_local
from ccml.sources.platforms.api_calls import api_platform, texts_of_calls
from ccml.sources.platforms.platform import PLACE, Assumption, Reading
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

REQUIRED = ("sid", "direction", "status", "start_time", "duration")
OPTIONAL = (
    "parent_call_sid",
    "from",
    "to",
    "end_time",
    "date_created",
    "date_updated",
    "answered_by",
)
LAYOUT = Layout("Twilio calls", REQUIRED, OPTIONAL)
STAMP = "%d %b %Y %H:%M:%S"
DAY_AND_ZONE = r"^[A-Za-z]{3}, (.*) (GMT|UTC|[+-]0000)$"
OPEN = ("queued", "initiated", "ringing", "in_progress")
ENDED = ("completed", "canceled", "failed", "busy", "no_answer")
MACHINES = ("machine", "fax")
SOMEBODY = ("client:", "sip:")
"""Addresses of agents: no telephone numbers."""
NO_CHILDREN = (
    f"{NOTE}inbound calls in files without any leg to somebody: answered by their "
    f"status, see {PLACE}.switches.answered_by_child"
)


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = _facts(reading, raw)
    by_child = reading.switch("answered_by_child")
    rows = as_view(rows.mutate(**_course(rows, by_child=by_child)))
    return leg_rows(rows, _casts(rows))


def _facts(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = texts_of_calls(reading, raw, LAYOUT)
    status = rows.status.lower().re_replace("[^a-z]+", "_")
    unknown = status.notin([*OPEN, *ENDED]).fill_null(True)
    return as_view(
        rows.mutate(
            status=status,
            way=rows.direction.lower(),
            by=rows.answered_by.lower().fill_null(""),
            seconds=as_number(rows.duration).value,
            parent=rows.parent_call_sid,
            **{FAULT: ibis.ifelse(unknown, "unknown status", None)},
        )
    )


def _course(rows: ibis.Table, *, by_child: bool) -> dict[str, ibis.Value]:
    """Say which legs are an agent's, and which calls came from an agent's own phone."""
    is_child = rows.parent.notnull()
    has_children = is_child.any().over(ibis.window())
    came = (rows.way == "inbound").fill_null(False) & ~is_child
    is_own = came & _is_somebody(rows["from"])
    call = ibis.window(group_by=rows.parent.fill_null(rows.sid))
    owner = ibis.ifelse(is_own, rows["from"], None).max().over(call)
    # What the child of such a call says of the customer is true of the whole of it.
    met = ibis.ifelse(is_child, rows["to"], None).max().over(call)
    shown = ibis.ifelse(is_child, rows["from"], None).max().over(call)
    by_machine = ibis.or_(*(rows.by.startswith(word) for word in MACHINES))
    lasted = (rows.status == "completed") & (rows.seconds > 0).fill_null(False)
    waits_for_child = is_own | (came & has_children & ibis.literal(by_child))
    goes_out = rows.way.startswith("outbound").fill_null(False) & ~is_child
    return {
        "is_child": is_child,
        "is_own": is_own,
        "goes_out": goes_out | is_own,
        "owner": owner,
        "met": met,
        "shown": shown,
        "reached": ibis.ifelse(waits_for_child, None, lasted & ~by_machine),
        "lacks_children": came & ~has_children & ibis.literal(by_child),
    }


def _is_somebody(address: ibis.Value) -> ibis.Value:
    return ibis.or_(*(address.startswith(word) for word in SOMEBODY)).fill_null(False)


def _instant(text: ibis.Value) -> Cast:
    return as_local(text.re_replace(DAY_AND_ZONE, r"\1"), (STAMP,), "UTC")


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    begun = rows.start_time.fill_null(rows.date_created)
    started, ended = _instant(begun), _instant(rows.end_time)
    microseconds = (rows.seconds.fill_null(0) * 1e6).cast("int64")
    closed = ended.value.fill_null(started.value + microseconds.as_interval("us"))
    is_open = rows.status.isin(OPEN)
    values = {
        "row_key": rows.sid,
        "link_id": rows.sid,
        "links": ibis.array([rows.parent]).filter(lambda one: one.notnull()),
        "call_ref": rows.parent.fill_null(rows.sid),
        "is_origin": ~rows.is_child,
        "leg_type": _kind(rows),
        "direction": ibis.cases(
            (rows.is_child, None), (rows.goes_out, "outbound"), else_="inbound"
        ),
        "channel": ibis.literal("voice"),
        **_parties(rows),
        "answered": rows.reached,
        NO_CHILDREN: rows.lacks_children,
    }
    return {
        "started_at": started,
        "ended_at": Cast(ibis.ifelse(is_open, None, closed), _unless(is_open, rows)),
        "version_at": _instant(rows.date_updated),
        "duration_s": as_number(rows.duration),
        **{name: Cast(value) for name, value in values.items()},
    }


def _unless(is_open: ibis.Value, rows: ibis.Table) -> ibis.Value:
    """Give the end only where there must be one."""
    return ibis.ifelse(is_open, None, rows.end_time)


def _kind(rows: ibis.Table) -> ibis.Value:
    """Name the leg: who was called and did not answer only rang."""
    reached = rows.reached.fill_null(False)
    return ibis.cases(
        (rows.is_child & ~reached & rows.owner.isnull(), "ring"),
        (reached | rows.is_child | rows.goes_out, "agent"),
        else_="ivr",
    )


def _parties(rows: ibis.Table) -> dict[str, ibis.Value]:
    """Say who the customer is: beyond an agent's own phone, whom the child leg met."""
    by_hand = rows.owner.notnull()
    to_agent = rows.is_child & ~by_hand
    agent = ibis.ifelse(rows.is_child, rows.owner.fill_null(rows["to"]), None)
    return {
        "customer_phone": ibis.cases(
            (by_hand, rows.met),
            (to_agent, None),
            (rows.goes_out, rows["to"]),
            else_=rows["from"],
        ),
        "dialed_number": ibis.cases(
            (by_hand, rows.shown),
            (to_agent, None),
            (rows.goes_out, rows["from"]),
            else_=rows["to"],
        ),
        "agent_id": agent.re_replace("^client:", ""),
        "system_outcome": ibis.cases(
            (rows.is_own | to_agent, None),
            (rows.by != "", rows.by),
            else_=rows.status,
        ),
    }


OTHER = "TaskRouter and Flex keep it in data of their own."
AFTER_THE_CALL = "What follows a call is in the CRM."
GAPS = {
    "customer_key": AFTER_THE_CALL,
    "queue": OTHER,
    "last_queue": OTHER,
    "skill": OTHER,
    "reason": OTHER,
    "disposition": OTHER,
    "ivr_s": "A call resource has one duration and does not part it.",
    "wait_s": "`queue_time` is a wait for the dialling rate; callers' waits are not told.",
    "requeue_wait_s": "Callers' waits are not told.",
    "ring_s": "A leg's ringing and talk are one duration.",
    "talk_s": "A leg's ringing and talk are one duration.",
    "hold_s": OTHER,
    "wrap_s": OTHER,
    "consult_s": OTHER,
    "handle_s": "A leg's ringing and talk are one duration.",
    "transferred": "A transfer is a further leg, as is a phone that rang before.",
    "n_transfers": "A transfer is a further leg, as is a phone that rang before.",
    "transfer_type": OTHER,
    "callback": "A call back looks like any other outbound call.",
    "callback_of": "A call back looks like any other outbound call.",
    "voicemail": "A message is a recording, a resource of its own.",
    "csat": AFTER_THE_CALL,
    "nps": AFTER_THE_CALL,
    "ces": AFTER_THE_CALL,
    "quality_score": AFTER_THE_CALL,
    "source": "A call resource names no marketing source.",
    "medium": "A call resource names no marketing source.",
    "campaign": "A call resource names no marketing source.",
    "keyword": "A call resource names no marketing source.",
    "click_key": "A call resource names no marketing source.",
    "is_first_call": "Whether a number calls for the first time is not told.",
    "region": AFTER_THE_CALL,
    "priority": OTHER,
    "queued": OTHER,
    "abandoned": "Without queues nobody can be said to have left one.",
    "short_abandon": "Without queues nobody can be said to have left one.",
    "flow_out": OTHER,
    "ivr_only": "Whether a caller reached a queue is not told.",
}
BY_CHILD = Assumption(
    "answered_by_child",
    True,
    "calls that came in were answered when one of their child legs was",
)
PLATFORM = api_platform("twilio", _legs, LAYOUT, BY_CHILD, GAPS)
