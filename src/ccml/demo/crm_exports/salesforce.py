"""The demo company as Salesforce's Data Loader writes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo.campaigns import PLAN
from ccml.demo.crm_exports.files import Columns, local_days, utc_stamps, write_tables
from ccml.demo.crm_exports.records import Records, crm_records, customer_numbers

DIGITS = np.array(
    list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
)
CHECK_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))
POD = "5g0M"
WIDTH, CHUNK = 8, 5
ACCOUNT, CONTACT, CASE, OPPORTUNITY = "001", "003", "500", "006"
TASK, ATTEMPT, CAMPAIGN, MEMBER = "00T", "00T", "701", "00v"


def write(tables: Mapping[str, pa.Table], folder: Path, part: int) -> None:
    """Write one chunk as Contact, Account, Case, Opportunity, Task and CampaignMember.

    Args:
        tables: The chunk's raw tables.
        folder: Gets a folder for each object.
        part: Number of the chunk, for the files' names.
    """
    records = crm_records(tables)
    made = {
        "contacts": _contacts(records),
        "accounts": _accounts(records),
        "cases": _cases(records),
        "opportunities": _opportunities(records),
        "tasks": _tasks(records, part),
        "campaign_members": _members(records),
    }
    write_tables(folder, part, made, quote_all=True)


def contact_ids(customer_id: "pd.Series[str]") -> "pd.Series[str]":
    """Give the ids of contacts for the company's customer numbers."""
    return salesforce_ids(CONTACT, customer_numbers(customer_id))


def salesforce_ids(prefix: str, number: Any) -> "pd.Series[str]":
    """Write ids of 18 characters: object, pod, number in base 62, check letters."""
    numbers = np.asarray(number, dtype=np.int64)
    powers = len(DIGITS) ** np.arange(WIDTH - 1, -1, -1, dtype=np.int64)
    tail = DIGITS[numbers[:, None] // powers % len(DIGITS)]
    head = np.tile(np.array(list(prefix + POD)), (len(numbers), 1))
    short = np.concatenate([head, tail], axis=1)
    is_capital = (short >= "A") & (short <= "Z")
    bits = is_capital.reshape(len(numbers), -1, CHUNK) @ (1 << np.arange(CHUNK))
    whole = np.concatenate([short, CHECK_LETTERS[bits]], axis=1)
    index = number.index if isinstance(number, pd.Series) else None
    return pd.Series(["".join(row) for row in whole], index=index, dtype="str")


def _campaign_ids(campaign: "pd.Series[str]") -> "pd.Series[str]":
    """Give the ids of campaigns; null stays null."""
    known = [plan.campaign_id for plan in PLAN]
    ids = salesforce_ids(CAMPAIGN, np.arange(len(known)))
    return campaign.map(dict(zip(known, ids, strict=True)))


def _whose(customer_id: "pd.Series[str]") -> Columns:
    number = customer_numbers(customer_id)
    return {
        "AccountId": salesforce_ids(ACCOUNT, number),
        "ContactId": salesforce_ids(CONTACT, number),
    }


def _contacts(records: Records) -> Columns:
    rows = records.contacts
    return {
        "Id": salesforce_ids(CONTACT, rows.number),
        "AccountId": salesforce_ids(ACCOUNT, rows.number),
        **_same_length(rows, ["IsDeleted"], ["false"]),
        "LastName": "Customer " + rows.customer_id.str.slice(1),
        **_same_length(rows, ["Phone", "HomePhone"], ["", ""]),
        "MobilePhone": rows.mobile,
        "OtherPhone": rows.other,
        "DoNotCall": rows.do_not_call,
        "HasOptedOutOfEmail": rows.opted_out,
        "CreatedDate": utc_stamps(rows.created_at),
        "Customer_Number__c": rows.customer_id,
        "Tariff__c": rows.tariff,
        "Region__c": rows.region,
        "Status__c": rows.status,
    }


def _same_length(rows: pd.DataFrame, names: list[str], values: list[str]) -> Columns:
    """Repeat one value in every row."""
    return {
        name: pd.Series(value, index=rows.index, dtype="str")
        for name, value in zip(names, values, strict=True)
    }


def _accounts(records: Records) -> Columns:
    rows = records.contacts
    return {
        "Id": salesforce_ids(ACCOUNT, rows.number),
        "Name": "Household " + rows.customer_id.str.slice(1),
        "Phone": rows.mobile,
        **_same_length(rows, ["Type", "BillingCountry"], ["Household", "Poland"]),
        "CreatedDate": utc_stamps(rows.created_at),
    }


def _cases(records: Records) -> Columns:
    rows = records.tickets
    is_closed = rows.closed_at.notna()
    changed = rows.closed_at.fillna(rows.opened_at)
    return {
        "Id": salesforce_ids(CASE, rows.number),
        **_same_length(rows, ["IsDeleted"], ["false"]),
        "CaseNumber": rows.number.astype("str").str.zfill(8),
        **_whose(rows.customer_id),
        **_same_length(rows, ["Origin", "Priority"], ["Phone", "Medium"]),
        "Reason": rows.category,
        "Status": is_closed.map({True: "Closed", False: "New"}),
        "IsClosed": is_closed.map({True: "true", False: "false"}),
        "CreatedDate": utc_stamps(rows.opened_at),
        "ClosedDate": utc_stamps(rows.closed_at),
        "LastModifiedDate": utc_stamps(changed),
    }


def _opportunities(records: Records) -> Columns:
    rows = records.deals
    fixed = {
        "IsDeleted": "false",
        "StageName": "Closed Won",
        "Probability": "100",
        "IsClosed": "true",
        "IsWon": "true",
        "ForecastCategory": "Closed",
        "LeadSource": "Phone",
    }
    return {
        "Id": salesforce_ids(OPPORTUNITY, rows.number),
        **_whose(rows.customer_id),
        **_same_length(rows, list(fixed), list(fixed.values())),
        "Amount": rows.amount_eur,
        "Type": rows.kind,
        "CampaignId": _campaign_ids(rows.campaign_id),
        "CloseDate": local_days(rows.closed_at),
        "CreatedDate": utc_stamps(rows.closed_at),
        "LastModifiedDate": utc_stamps(rows.closed_at),
    }


def _tasks(records: Records, part: int) -> Columns:
    """Log calls of the desktop with the platform's call id, and campaign attempts."""
    calls, attempts = records.calls, records.attempts
    logged = pd.DataFrame(
        {
            "Id": salesforce_ids(TASK, calls.number + part * 10**9),
            "WhoId": contact_ids(calls.customer_id),
            "WhatId": "",
            "CallType": calls.direction.str.capitalize(),
            "CallDisposition": calls.disposition,
            "CallDurationInSeconds": calls.duration_s,
            "CallObject": calls.call_id,
            "CreatedDate": utc_stamps(calls.ended_at),
        }
    )
    tried = pd.DataFrame(
        {
            "Id": salesforce_ids(ATTEMPT, attempts.number),
            "WhoId": contact_ids(attempts.customer_id),
            "WhatId": _campaign_ids(attempts.campaign_id),
            "CallType": "Outbound",
            "CallDisposition": attempts.outcome,
            "CallDurationInSeconds": "",
            "CallObject": "",
            "CreatedDate": utc_stamps(attempts["at"]),
        }
    )
    rows = pd.concat([logged, tried], ignore_index=True)
    fixed = _same_length(rows, ["Subject", "Status"], ["Call", "Completed"])
    return {name: rows[name] for name in rows.columns} | fixed


def _members(records: Records) -> Columns:
    rows = records.members
    has_responded = rows.responded_at.notna()
    return {
        "Id": salesforce_ids(MEMBER, rows.number),
        "CampaignId": _campaign_ids(rows.campaign_id),
        "ContactId": contact_ids(rows.customer_id),
        **_same_length(rows, ["LeadId"], [""]),
        "Status": rows.outcome,
        "HasResponded": has_responded.map({True: "true", False: "false"}),
        "FirstRespondedDate": local_days(rows.responded_at),
        "CreatedDate": utc_stamps(rows.added_at),
    }
