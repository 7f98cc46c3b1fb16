"""CXone: completed contacts of the reporting interface, as JSON.

A contact comes again when its after-call work is stored: the last lastUpdateTime counts.
Numbers may be texts, and durations may be written as PT1M30S.
"""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.split import FAULT
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, as_text
from ccml.sources.platforms.cxone_contacts import (
    GAPS,
    NO_NAME,
    RING,
    TALK,
    as_seconds,
    contact_legs,
    nothing,
)
from ccml.sources.platforms.platform import Platform, Reading, Records
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import typed_rows

TEXTS: Mapping[str, str] = {
    "number": "contactId",
    "master": "masterContactId",
    "media": "mediaTypeName",
    "skill": "skillName",
    "campaign": "campaignName",
    "agent": "agentId",
    "outcome": "primaryDispositionId",
}
SECONDS: Mapping[str, str] = {
    "pre_queue": "preQueueSeconds",
    "in_queue": "inQueueSeconds",
    "routing": "routingTime",
    "agent_time": "agentSeconds",
    "hold_time": "holdSeconds",
    "acw": "ACWSeconds",
    "total_time": "totalDurationSeconds",
    "callback_time": "callbackTime",
}
FLAGS: Mapping[str, str] = {
    "is_out": "isOutbound",
    "abandoned": "abandoned",
    "short_abandon": "isShortAbandon",
    "refused": "isRefused",
}
OTHERS = (
    "contactStart",
    "lastUpdateTime",
    "fromAddr",
    "toAddr",
    "serviceLevelFlag",
    "transferIndicatorId",
    "transferIndicatorName",
)
COLUMNS = dict.fromkeys(
    (*TEXTS.values(), *SECONDS.values(), *FLAGS.values(), *OTHERS), "VARCHAR"
)


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    rows = as_view(raw.rows.mutate(**{FAULT: _strange(raw.rows)}))
    casts = _casts(rows, reading.zone or "UTC")
    facts = as_view(typed_rows(rows, casts | nothing(casts)))
    return contact_legs(facts, reading, rings=reading.switch(RING.switch))


def _strange(rows: ibis.Table) -> ibis.Value:
    return ibis.ifelse(rows.contactId.isnull(), "no contact", ibis.null("string"))


def _casts(rows: ibis.Table, zone: str) -> dict[str, Cast]:
    goes_out = as_flag(rows.isOutbound).value.fill_null(False)
    theirs = ibis.ifelse(goes_out, rows.toAddr, rows.fromAddr)
    ours = ibis.ifelse(goes_out, rows.fromAddr, rows.toAddr)
    return {
        **{name: as_text(rows[column]) for name, column in TEXTS.items()},
        **{name: as_seconds(rows[column]) for name, column in SECONDS.items()},
        **{name: as_flag(rows[column]) for name, column in FLAGS.items()},
        "began": as_instant(rows.contactStart, zone),
        "updated": as_instant(rows.lastUpdateTime, zone),
        "sla": as_number(rows.serviceLevelFlag),
        "phone": as_text(theirs),
        "line": as_text(ours),
        "moved": Cast(_moved(rows)),
    }


def _moved(rows: ibis.Table) -> ibis.Value:
    """Tell whether the contact was passed on; null where no indicator is given."""
    told = rows.transferIndicatorId.fill_null(rows.transferIndicatorName)
    return ~told.lower().isin(NO_NAME)


PLATFORM = Platform(
    label="cxone",
    kind="records",
    legs=_legs,
    records=Records(COLUMNS, ("completedContacts", "contacts", "contactHistory")),
    assumptions=(TALK, RING),
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
