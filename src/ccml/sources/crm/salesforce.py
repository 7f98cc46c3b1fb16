"""Exports of Salesforce: Data Loader files, or reports with the API's names.

Data Loader writes every value in quotes, the API's names as header (capitals throughout
in older files), times in UTC and ids of 18 characters. The columns of Opportunity and
Task are documented; those of Account, Contact, Case and CampaignMember are the object
reference's names, which no published export was at hand to confirm.
"""

import ibis

from ccml.config.crm import CrmConfig
from ccml.sources.cast import as_flag
from ccml.sources.crm.export import Export, Lifecycle
from ccml.sources.layouts import Layout

IDS = frozenset(
    {
        "Id",
        "AccountId",
        "ContactId",
        "LeadId",
        "WhoId",
        "WhatId",
        "CampaignId",
        "OwnerId",
    }
)
TIMES = frozenset(
    {"CreatedDate", "ClosedDate", "CloseDate", "FirstRespondedDate", "LastModifiedDate"}
)
CHANGED = "LastModifiedDate"
SYSTEM = ("IsDeleted", CHANGED, "OwnerId")


def _closed(rows: ibis.Table, _crm: CrmConfig) -> ibis.Value:
    is_closed = _flag(rows, "IsClosed") | rows.ClosedDate.notnull()
    return ibis.ifelse(is_closed, "closed", None)


def _won_or_lost(rows: ibis.Table, _crm: CrmConfig) -> ibis.Value:
    end = ibis.ifelse(_flag(rows, "IsWon"), "won", "lost")
    return ibis.ifelse(_flag(rows, "IsClosed"), end, None)


def _responded(rows: ibis.Table, _crm: CrmConfig) -> ibis.Value:
    return ibis.ifelse(rows.FirstRespondedDate.notnull(), "responded", None)


def _flag(rows: ibis.Table, column: str) -> ibis.Value:
    return as_flag(rows[column]).value.fill_null(False)


def _export(
    name: str,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    lifecycle: Lifecycle | None = None,
    lead_key: str | None = None,
) -> Export:
    return Export(
        layouts=(Layout(f"Salesforce {name}", required, (*optional, *SYSTEM)),),
        id="Id",
        id_form="salesforce",
        ids=IDS,
        times=TIMES,
        consent=frozenset({"DoNotCall", "HasOptedOutOfEmail"}),
        lifecycle=lifecycle,
        lead_key=lead_key,
        deleted="IsDeleted",
    )


SALESFORCE = {
    "salesforce_contacts": _export(
        "Contact",
        ("Id", "CreatedDate"),
        (
            "AccountId",
            "FirstName",
            "LastName",
            "Email",
            "Phone",
            "MobilePhone",
            "HomePhone",
            "OtherPhone",
            "DoNotCall",
            "HasOptedOutOfEmail",
        ),
    ),
    "salesforce_accounts": _export(
        "Account",
        ("Id", "CreatedDate"),
        (
            "Name",
            "Phone",
            "Industry",
            "Type",
            "AnnualRevenue",
            "NumberOfEmployees",
            "BillingCountry",
        ),
    ),
    "salesforce_cases": _export(
        "Case",
        ("Id", "CreatedDate", "ClosedDate"),
        (
            "CaseNumber",
            "AccountId",
            "ContactId",
            "Origin",
            "Reason",
            "Status",
            "Priority",
            "IsClosed",
            "SuppliedPhone",
        ),
        Lifecycle(
            "opened", "CreatedDate", _closed, "ClosedDate", CHANGED, ("IsClosed",)
        ),
    ),
    "salesforce_opportunities": _export(
        "Opportunity",
        ("Id", "CreatedDate", "CloseDate", "IsClosed", "IsWon"),
        (
            "AccountId",
            "ContactId",
            "Name",
            "StageName",
            "Amount",
            "Probability",
            "Type",
            "LeadSource",
            "ForecastCategory",
            "CampaignId",
        ),
        Lifecycle(
            "created",
            "CreatedDate",
            _won_or_lost,
            "CloseDate",
            CHANGED,
            ("IsClosed", "IsWon"),
        ),
    ),
    "salesforce_tasks": _export(
        "Task",
        ("Id", "CreatedDate"),
        (
            "WhoId",
            "WhatId",
            "AccountId",
            "ActivityDate",
            "Subject",
            "Status",
            "Description",
            "CallDurationInSeconds",
            "CallType",
            "CallDisposition",
            "CallObject",
        ),
        lead_key="WhoId",
    ),
    "salesforce_campaign_members": _export(
        "CampaignMember",
        ("Id", "CampaignId", "CreatedDate"),
        ("ContactId", "LeadId", "Status", "HasResponded", "FirstRespondedDate"),
        Lifecycle("added", "CreatedDate", _responded, "FirstRespondedDate", CHANGED),
        lead_key="LeadId",
    ),
}
