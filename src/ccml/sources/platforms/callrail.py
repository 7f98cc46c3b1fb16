"""CallRail: calls to tracking numbers, as the API's JSON or as CSV with its field names.

Source: models of the CallRail API. One record is one call; the platform forwards it and
knows no queue. Without `fields=` the API gives some 16 fields only.
"""

import ibis

from ccml.sources.cast import Cast, as_flag, as_instant, as_number
from ccml.sources.layouts import Layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms.api_calls import api_platform, texts_of_calls
from ccml.sources.platforms.platform import Assumption, Reading
from ccml.sources.raw import RawFiles

REQUIRED = ("id", "start_time", "duration", "answered")
OPTIONAL = (
    "direction",
    "voicemail",
    "customer_phone_number",
    "tracking_phone_number",
    "first_call",
    "source_name",
    "medium",
    "campaign",
    "keywords",
    "gclid",
    "fbclid",
    "msclkid",
    "agent_email",
)
LAYOUT = Layout("CallRail calls", REQUIRED, OPTIONAL)
CLICKS = ("gclid", "fbclid", "msclkid")


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = texts_of_calls(reading, raw, LAYOUT)
    short_s = reading.switch("short_missed_s")
    return leg_rows(rows, _casts(rows, reading.zone, short_s))


def _casts(rows: ibis.Table, zone: str | None, short_s: float) -> dict[str, Cast]:
    begun, lasted = as_instant(rows.start_time, zone), as_number(rows.duration)
    answered, message = as_flag(rows.answered), as_flag(rows.voicemail)
    to_us = rows.direction.lower().fill_null("inbound") != "outbound"
    is_message = message.value.fill_null(False)
    missed = to_us & ~answered.value & ~is_message
    microseconds = (lasted.value * 1e6).round().cast("int64")
    values = {
        "row_key": rows.id,
        "link_id": rows.id,
        "call_ref": rows.id,
        "is_origin": ibis.literal(True),
        "leg_type": ibis.cases(
            (answered.value, "agent"), (is_message, "voicemail"), else_="external"
        ),
        "ended_at": begun.value + microseconds.as_interval("us"),
        "direction": rows.direction.lower(),
        "channel": ibis.literal("voice"),
        "customer_phone": rows.customer_phone_number,
        "dialed_number": rows.tracking_phone_number,
        "agent_id": rows.agent_email,
        "abandoned": missed,
        "short_abandon": missed & (lasted.value < short_s),
        "flow_out": to_us & is_message,
        "source": rows.source_name,
        "medium": rows.medium,
        "campaign": rows.campaign,
        "keyword": rows.keywords,
        "click_id": ibis.coalesce(*(rows[name] for name in CLICKS)),
    }
    return {
        "started_at": begun,
        "duration_s": lasted,
        "answered": answered,
        "voicemail": message,
        "is_first_call": as_flag(rows.first_call),
        **{name: Cast(value) for name, value in values.items()},
    }


NO_QUEUE = "The platform forwards calls; it knows no queue and no desk."
AFTER_THE_CALL = "What follows a call is in the CRM."
GAPS = {
    "customer_key": AFTER_THE_CALL,
    "queue": NO_QUEUE,
    "last_queue": NO_QUEUE,
    "skill": NO_QUEUE,
    "reason": "Tags and notes are texts of their own; they are not read.",
    "disposition": "The status of the lead is not the outcome of the call.",
    "system_outcome": "Whether a call was answered or left a message is told by flags.",
    "ivr_s": NO_QUEUE,
    "wait_s": NO_QUEUE,
    "requeue_wait_s": NO_QUEUE,
    "ring_s": NO_QUEUE,
    "talk_s": "The duration holds the menu, the ringing and the talk.",
    "hold_s": NO_QUEUE,
    "wrap_s": NO_QUEUE,
    "consult_s": NO_QUEUE,
    "handle_s": "The duration holds the menu, the ringing and the talk.",
    "transferred": NO_QUEUE,
    "n_transfers": NO_QUEUE,
    "transfer_type": NO_QUEUE,
    "callback": "A call back looks like any other outbound call.",
    "callback_of": "A call back looks like any other outbound call.",
    "csat": AFTER_THE_CALL,
    "nps": AFTER_THE_CALL,
    "ces": AFTER_THE_CALL,
    "quality_score": "The lead score is not the quality of the call.",
    "region": "City and state of the number's owner are not read.",
    "priority": NO_QUEUE,
    "queued": NO_QUEUE,
    "ivr_only": "Whether a missed caller was in a menu is not told.",
}
SHORT = Assumption(
    "short_missed_s", 5.0, "missed calls shorter than 5 s were short abandons"
)
PLATFORM = api_platform("callrail", _legs, LAYOUT, SHORT, GAPS)
