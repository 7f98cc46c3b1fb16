"""Talkdesk: the columns of the calls report, in its old and its new layout."""

from ccml.sources.layouts import Layout

FIELDS = {
    "call_id": "Interaction ID",
    "type": "Call Type",
    "start_at": "Start Time",
    "end_at": "End Time",
    "talkdesk_phone_number": "Talkdesk Phone Number",
    "contact_phone_number": "Customer Phone Number",
    "user_id": "",
    "user_name": "Agent Name",
    "handling_user_id": "",
    "handling_user_name": "Handling Agent",
    "total_time": "Total Time",
    "talk_time": "Talk Time",
    "wait_time": "Waiting Time",
    "hold_time": "Holding Time",
    "total_ringing_time": "Total Ringing Time",
    "disposition_code": "Disposition Code",
    "ring_groups": "Ring Groups",
    "ivr_options": "IVR Options",
    "is_callback_from_queue": "Callback From Queue?",
    "is_transfer": "Transfer?",
    "is_external_transfer": "External Transfer?",
    "csat_score": "CSAT Score",
    "agent_disconnected": "Agent Disconnected",
    "data_status": "",
}
"""Column of the new layout: that of the old one; empty where it has none."""
NEEDED = ("call_id", "type", "start_at", "end_at", "talk_time", "wait_time")
NEW = Layout(
    "Talkdesk calls, from 11 May 2026",
    NEEDED,
    tuple(name for name in FIELDS if name not in NEEDED),
)
OLD = Layout(
    "Talkdesk calls, before 11 May 2026",
    tuple(FIELDS[name] for name in NEEDED),
    tuple(old for name, old in FIELDS.items() if old and name not in NEEDED),
)
NEW_NAME = {old: new for new, old in FIELDS.items() if old}
