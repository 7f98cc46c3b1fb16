"""Exports of HubSpot: CSV with display labels, times in the account's zone.

One column may hold several forms of dates. The labels of contacts are documented, those
of deals and tickets unconfirmed; another label is named by the config's `header`.
"""

import ibis

from ccml.config.crm import CrmConfig
from ccml.sources.crm.export import Export, Lifecycle, ended_by_words
from ccml.sources.layouts import Layout

TIMES = frozenset({"Create Date", "Close Date", "Last Modified Date"})
IDS = frozenset({"Record ID", "Associated Contact IDs"})


def _closed(rows: ibis.Table, _crm: CrmConfig) -> ibis.Value:
    return ibis.ifelse(rows["Close Date"].notnull(), "closed", None)


CONTACTS = Layout(
    "HubSpot contacts",
    ("Record ID", "Create Date"),
    (
        "First Name",
        "Last Name",
        "Email",
        "Phone Number",
        "Mobile Phone Number",
        "Lead Status",
        "Lifecycle Stage",
        "Associated Company",
        "Country/Region",
        "Contact owner",
        "Unsubscribed from all email",
    ),
)
DEALS = Layout(
    "HubSpot deals",
    ("Record ID", "Deal Stage", "Create Date", "Close Date", "Associated Contact IDs"),
    ("Deal Name", "Pipeline", "Amount", "Deal owner", "Last Modified Date"),
)
TICKET_COLUMNS = (
    "Ticket name",
    "Pipeline",
    "Ticket status",
    "Priority",
    "Source",
    "Category",
    "Last Modified Date",
)
TICKETS = tuple(
    Layout(
        f"HubSpot tickets ({key})",
        (key, "Create date", "Close date", "Associated Contact IDs"),
        TICKET_COLUMNS,
    )
    for key in ("Record ID", "Ticket ID")
)
LABELS = {
    "Ticket ID": "Record ID",
    "Create date": "Create Date",
    "Close date": "Close Date",
}

HUBSPOT = {
    "hubspot_contacts": Export(
        (CONTACTS,),
        "Record ID",
        times=TIMES,
        consent=frozenset({"Unsubscribed from all email"}),
    ),
    "hubspot_deals": Export(
        (DEALS,),
        "Record ID",
        ids=IDS,
        times=TIMES,
        lifecycle=Lifecycle(
            "created",
            "Create Date",
            ended_by_words("Deal Stage"),
            "Close Date",
            "Last Modified Date",
            ("Deal Stage",),
        ),
        joined_key="Associated Contact IDs",
    ),
    "hubspot_tickets": Export(
        TICKETS,
        "Record ID",
        names=LABELS,
        ids=IDS,
        times=TIMES,
        lifecycle=Lifecycle(
            "opened", "Create Date", _closed, "Close Date", "Last Modified Date"
        ),
        joined_key="Associated Contact IDs",
    ),
}
