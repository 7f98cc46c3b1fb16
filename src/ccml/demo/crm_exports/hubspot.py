"""The demo company as HubSpot exports it: labels, local times of two forms."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ccml.demo.crm_exports.files import Columns, mixed_stamps, write_tables
from ccml.demo.crm_exports.records import Records, crm_records, customer_numbers

FIRST_RECORD = 1_000_001
WON = "Closed won"


def write(tables: Mapping[str, pa.Table], folder: Path, part: int) -> None:
    """Write one chunk as contacts, deals and tickets.

    Args:
        tables: The chunk's raw tables.
        folder: Gets a folder for each object.
        part: Number of the chunk, for the files' names.
    """
    records = crm_records(tables)
    made = {
        "contacts": _contacts(records),
        "deals": _deals(records),
        "tickets": _tickets(records),
    }
    write_tables(folder, part, made)


def contact_ids(customer_id: "pd.Series[str]") -> "pd.Series[str]":
    """Give the record ids of contacts for the company's customer numbers."""
    return (customer_numbers(customer_id) + FIRST_RECORD).astype("str")


def _contacts(records: Records) -> Columns:
    rows = records.contacts
    return {
        "Record ID": contact_ids(rows.customer_id),
        "Last Name": "Customer " + rows.customer_id.str.slice(1),
        "Phone Number": rows.mobile,
        "Mobile Phone Number": rows.other,
        "Lifecycle Stage": rows.status.map({"active": "Customer"}).fillna("Other"),
        "Unsubscribed from all email": rows.opted_out,
        "Create Date": mixed_stamps(rows.created_at),
        "Customer number": rows.customer_id,
        "Tariff": rows.tariff,
        "Do not call": rows.do_not_call,
    }


def _deals(records: Records) -> Columns:
    rows = records.deals
    is_contract = rows.kind.str.startswith("contract ")
    return {
        "Record ID": (rows.number + FIRST_RECORD).astype("str"),
        "Deal Name": rows.kind,
        "Deal Stage": pd.Series(WON, index=rows.index, dtype="str"),
        "Pipeline": is_contract.map({True: "Contracts", False: "Sales"}),
        "Amount": rows.amount_eur,
        "Create Date": mixed_stamps(rows.closed_at),
        "Close Date": mixed_stamps(rows.closed_at),
        "Associated Contact IDs": contact_ids(rows.customer_id),
        "Deal kind": rows.kind,
    }


def _tickets(records: Records) -> Columns:
    rows = records.tickets
    is_closed = rows.closed_at.notna()
    return {
        "Ticket ID": (rows.number + FIRST_RECORD).astype("str"),
        "Ticket name": rows.category,
        "Pipeline": pd.Series("Support Pipeline", index=rows.index, dtype="str"),
        "Ticket status": is_closed.map({True: "Closed", False: "New"}),
        "Priority": pd.Series("Medium", index=rows.index, dtype="str"),
        "Source": pd.Series("Phone", index=rows.index, dtype="str"),
        "Category": rows.category,
        "Create date": mixed_stamps(rows.opened_at),
        "Close date": mixed_stamps(rows.closed_at),
        "Associated Contact IDs": contact_ids(rows.customer_id),
    }
