"""What the readers of CRM exports know, so that a config need not say it."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import Field

from ccml.config.strict import StrictConfig

CrmReader = Literal[
    "salesforce_accounts",
    "salesforce_campaign_members",
    "salesforce_cases",
    "salesforce_contacts",
    "salesforce_opportunities",
    "salesforce_tasks",
    "hubspot_contacts",
    "hubspot_deals",
    "hubspot_tickets",
    "dynamics_cases",
    "dynamics_contacts",
    "dynamics_opportunities",
    "dynamics_phone_calls",
]
Kind = Literal["customers", "customer_phones", "events", "call_links"]
Values = dict[str, Any]

EVENT = "_event"
"""Column that a reader makes: opened, closed, won, ..."""
OWN = {"id": "_event_id", "event_at": "_event_at", "known_at": "_known_at"}
"""What a reader makes where one record of the CRM is several events."""


class CrmConfig(StrictConfig):
    """What an export of a CRM does not say by itself."""

    date_order: Literal["month_first", "day_first"] = Field(
        default="month_first",
        description="How dates such as 03/04/2024 are meant; ISO dates need no order.",
    )
    ends: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Closing event (won, lost, closed): stages or states that mean it, "
        "in any case.",
    )
    known_from_start: list[str] = Field(
        default_factory=list,
        description="Columns that never change after a record was created; all others "
        "hold today's values and are empty in the opening event.",
    )
    closing_known_at: Literal["close_date", "last_modified"] = Field(
        default="close_date",
        description="When a closing was known: at its close date (the end of that day, "
        "when it has no time), or at the record's last change, which is never too early.",
    )
    refusing_words: list[str] = Field(
        default_factory=lambda: ["do not allow"],
        description="Words of a consent column that mean a refusal, beside yes and true.",
    )
    allowing_words: list[str] = Field(
        default_factory=lambda: ["allow"],
        description="Words of a consent column that mean consent, beside no and false.",
    )
    keep_leads: bool = Field(
        default=False,
        description="Keep records of leads under the lead's id; else they are set aside.",
    )


def _since(column: str) -> Values:
    return {"valid_from": column, "known_at": column}


def _customer(key: str, created: str, **flags: str) -> Values:
    return {"customer_id": key, "current_only": True, **_since(created), **flags}


def _phones(key: str, created: str, *columns: str) -> Values:
    return {"customer_id": key, "phones": list(columns), **_since(created)}


def _several(
    key: str, categories: Mapping[str, str], crm: Values, **measures: str
) -> Values:
    """Describe records that become an opening and a closing event."""
    kept = {"event": EVENT, **categories}
    return {"key": key, "categories": kept, "measures": measures, "crm": crm, **OWN}


SALESFORCE: dict[str, dict[str, Values]] = {
    "salesforce_contacts": {
        "customers": _customer(
            "Id", "CreatedDate", opted_out="HasOptedOutOfEmail", do_not_call="DoNotCall"
        ),
        "customer_phones": _phones(
            "Id", "CreatedDate", "Phone", "MobilePhone", "HomePhone", "OtherPhone"
        ),
    },
    "salesforce_accounts": {
        "customers": _customer("Id", "CreatedDate"),
        "customer_phones": _phones("Id", "CreatedDate", "Phone"),
    },
    "salesforce_cases": {
        "events": _several(
            "ContactId",
            {
                "case_id": "Id",
                "origin": "Origin",
                "reason": "Reason",
                "priority": "Priority",
                "status": "Status",
            },
            {"known_from_start": ["Origin"]},
        )
    },
    "salesforce_opportunities": {
        "events": _several(
            "AccountId",
            {
                "opportunity_id": "Id",
                "type": "Type",
                "lead_source": "LeadSource",
                "stage": "StageName",
            },
            {"known_from_start": ["LeadSource"]},
            amount="Amount",
        )
    },
    "salesforce_tasks": {
        "events": {
            "id": "Id",
            "key": "WhoId",
            "event_at": "CreatedDate",
            "known_at": "CreatedDate",
            "measures": {"duration_s": "CallDurationInSeconds"},
            "categories": {
                "call_type": "CallType",
                "result": "CallDisposition",
                "about_id": "WhatId",
            },
        },
        "call_links": {
            "call_id": "CallObject",
            "customer_id": "WhoId",
            "known_at": "CreatedDate",
        },
    },
    "salesforce_campaign_members": {
        "events": _several("ContactId", {"campaign_id": "CampaignId"}, {})
    },
}

HUBSPOT: dict[str, dict[str, Values]] = {
    "hubspot_contacts": {
        "customers": _customer(
            "Record ID", "Create Date", opted_out="Unsubscribed from all email"
        ),
        "customer_phones": _phones(
            "Record ID", "Create Date", "Phone Number", "Mobile Phone Number"
        ),
    },
    "hubspot_deals": {
        "events": _several(
            "Associated Contact IDs",
            {"deal_id": "Record ID", "pipeline": "Pipeline", "stage": "Deal Stage"},
            {
                "ends": {
                    "won": ["closed won", "closedwon"],
                    "lost": ["closed lost", "closedlost"],
                },
                "known_from_start": ["Pipeline"],
            },
            amount="Amount",
        )
    },
    "hubspot_tickets": {
        "events": _several(
            "Associated Contact IDs",
            {
                "ticket_id": "Record ID",
                "source": "Source",
                "category": "Category",
                "priority": "Priority",
                "status": "Ticket status",
            },
            {"known_from_start": ["Source"]},
        )
    },
}

DYNAMICS: dict[str, dict[str, Values]] = {
    "dynamics_contacts": {
        "customers": _customer(
            "contactid",
            "createdon",
            opted_out="donotbulkemail",
            do_not_call="donotphone",
        ),
        "customer_phones": _phones(
            "contactid", "createdon", "telephone1", "mobilephone", "telephone2"
        ),
    },
    "dynamics_cases": {
        "events": _several(
            "_customerid_value",
            {
                "case_id": "incidentid",
                "origin": "caseorigincode",
                "type": "casetypecode",
                "priority": "prioritycode",
            },
            {
                "ends": {
                    "resolved": ["resolved", "1"],
                    "cancelled": ["canceled", "cancelled", "2"],
                },
                "known_from_start": ["caseorigincode"],
            },
        )
    },
    "dynamics_opportunities": {
        "events": _several(
            "_customerid_value",
            {"opportunity_id": "opportunityid"},
            {"ends": {"won": ["won", "1"], "lost": ["lost", "2"]}},
            amount="actualvalue",
        )
    },
    "dynamics_phone_calls": {
        "events": {
            "id": "activityid",
            "key": "_regardingobjectid_value",
            "event_at": "createdon",
            "known_at": "createdon",
            "measures": {"duration_s": "actualdurationminutes"},
            "categories": {"direction": "directioncode"},
        }
    },
}
PRESETS = SALESFORCE | HUBSPOT | DYNAMICS


def with_preset(kind: Kind, given: Any) -> Any:
    """Add what a CRM's reader knows to a section; what the section says wins.

    Raises:
        ValueError: The reader reads another kind of table.
    """
    reader = given.get("reader") if isinstance(given, dict) else None
    if not isinstance(reader, str) or reader not in get_args(CrmReader):
        return given
    known = PRESETS[reader]
    if kind not in known:
        fitting = [name for name, kinds in PRESETS.items() if kind in kinds]
        raise ValueError(
            f"reader: {reader} reads {sorted(known)} and no {kind}; these do: {fitting}"
        )
    filled = known[kind] | given
    if isinstance(given.get("crm", {}), dict):
        filled["crm"] = known[kind].get("crm", {}) | given.get("crm", {})
    return filled


LEVELS = {"AccountId": "accounts", "ContactId": "contacts", "WhoId": "contacts"}
OWN_LEVELS = {"salesforce_accounts": "accounts", "salesforce_contacts": "contacts"}


def key_level(reader: str, key: str) -> str | None:
    """Tell whether a Salesforce key names accounts or contacts, when it can be told."""
    if not reader.startswith("salesforce_"):
        return None
    return OWN_LEVELS.get(reader) if key == "Id" else LEVELS.get(key)


def refuse_mixed_levels(sources: Any) -> None:
    """Refuse keys that name accounts where the customers are contacts, or so.

    Args:
        sources: The section `sources`.

    Raises:
        ValueError: Nothing would be linked.
    """
    if sources.customers is None:
        return
    level = key_level(sources.customers.reader, sources.customers.customer_id)
    faults = [
        f"{place}: the key {key!r} names {other}, but sources.customers are {level}, so "
        f"nothing would be linked; name the column of the export that holds the ids of "
        f"{level}, or read {other} as customers"
        for place, reader, key in _keys(sources)
        if level and (other := key_level(reader, key)) and other != level
    ]
    if faults:
        raise ValueError("; ".join(faults))


def _keys(sources: Any) -> Iterator[tuple[str, str, str]]:
    """Name place, reader and customer key of every source that has customers."""
    for name, source in sources.events.items():
        yield f"events.{name}", source.reader, source.key
    for name in ("customer_phones", "call_links"):
        source = getattr(sources, name)
        if source:
            yield name, source.reader, source.customer_id
