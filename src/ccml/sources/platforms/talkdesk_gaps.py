"""Talkdesk: what neither the calls report nor the contacts report tells."""

_MARKETING = "Marketing sources are no part of the report."
_SURVEY = "The report holds no such survey."
GAPS = {
    "customer_key": "The report names customers by their numbers only.",
    "skill": "Ring groups are reported as queues.",
    "nps": _SURVEY,
    "ces": _SURVEY,
    "quality_score": "The report holds no evaluations.",
    "ivr_s": "The time in the menu is not reported.",
    "consult_s": "Consultations are not reported.",
    "source": _MARKETING,
    "medium": _MARKETING,
    "campaign": _MARKETING,
    "keyword": _MARKETING,
    "click_key": _MARKETING,
    "is_first_call": "The report does not say whether a number calls for the first time.",
    "region": "The report knows no regions of customers.",
    "priority": "The priority of a call in its queue is not reported.",
    "callback_of": "A callback does not name the call that asked for it.",
}
"""Canonical column: why no report has it."""
