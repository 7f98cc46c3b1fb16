"""The demo company as Dynamics 365 exports it: labels of Excel exports, as CSV."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from ccml.demo.crm_exports.files import Columns, local_stamps, write_tables
from ccml.demo.crm_exports.records import Records, crm_records, customer_numbers

LOCKED = "(Do Not Modify)"
CONTACT, CASE, OPPORTUNITY, PHONE_CALL = range(1, 5)
MINUTE_S = 60
ALLOWED = {"true": "Do Not Allow", "false": "Allow"}


def write(tables: Mapping[str, pa.Table], folder: Path, part: int) -> None:
    """Write one chunk as contacts, cases, opportunities and phone calls.

    Args:
        tables: The chunk's raw tables.
        folder: Gets a folder for each entity.
        part: Number of the chunk, for the files' names.
    """
    records = crm_records(tables)
    made = {
        "contacts": _contacts(records),
        "cases": _cases(records),
        "opportunities": _opportunities(records),
        "phone_calls": _phone_calls(records, part),
    }
    write_tables(folder, part, made)


def contact_ids(customer_id: "pd.Series[str]") -> "pd.Series[str]":
    """Give the GUIDs of contacts for the company's customer numbers."""
    return _guids(CONTACT, customer_numbers(customer_id))


def _guids(entity: int, number: "pd.Series[int]") -> "pd.Series[str]":
    return number.map(lambda n: f"{entity:08x}-0000-4000-8000-{n:012x}")


def _locked(
    entity: str, ids: "pd.Series[str]", changed: "pd.Series[pd.Timestamp]"
) -> Columns:
    """Write the three columns with which every export begins."""
    checksums = [hashlib.sha256(one.encode()).hexdigest()[:24] for one in ids]
    return {
        f"{LOCKED} {entity}": ids,
        f"{LOCKED} Row Checksum": pd.Series(checksums, index=ids.index),
        f"{LOCKED} Modified On": local_stamps(changed),
    }


def _contacts(records: Records) -> Columns:
    rows = records.contacts
    return {
        **_locked("Contact", contact_ids(rows.customer_id), rows.created_at),
        "Last Name": "Customer " + rows.customer_id.str.slice(1),
        "Business Phone": rows.other,
        "Mobile Phone": rows.mobile,
        "Do not allow Phone Calls": rows.do_not_call.map(ALLOWED),
        "Do not allow Bulk Emails": rows.opted_out.map(ALLOWED),
        "Created On": local_stamps(rows.created_at),
        "Customer Number": rows.customer_id,
        "Tariff": rows.tariff,
    }


def _cases(records: Records) -> Columns:
    rows = records.tickets
    is_closed = rows.closed_at.notna()
    changed = rows.closed_at.fillna(rows.opened_at)
    return {
        **_locked("Case", _guids(CASE, rows.number), changed),
        "Case Number": "CAS-" + rows.number.astype("str"),
        "Customer": "Customer " + rows.customer_id.str.slice(1),
        "Customer Id": contact_ids(rows.customer_id),
        "Origin": pd.Series("Phone", index=rows.index, dtype="str"),
        "Case Type": rows.category,
        "Priority": pd.Series("Normal", index=rows.index, dtype="str"),
        "Status": is_closed.map({True: "Resolved", False: "Active"}),
        "Created On": local_stamps(rows.opened_at),
    }


def _opportunities(records: Records) -> Columns:
    rows = records.deals
    return {
        **_locked("Opportunity", _guids(OPPORTUNITY, rows.number), rows.closed_at),
        "Topic": rows.kind,
        "Potential Customer": "Customer " + rows.customer_id.str.slice(1),
        "Customer Id": contact_ids(rows.customer_id),
        "Status": pd.Series("Won", index=rows.index, dtype="str"),
        "Est. Revenue": rows.amount_eur,
        "Actual Revenue": rows.amount_eur,
        "Actual Close Date": local_stamps(rows.closed_at).str.slice(0, 10),
        "Created On": local_stamps(rows.closed_at),
    }


def _phone_calls(records: Records, part: int) -> Columns:
    """Log calls of the desktop and campaign attempts; durations in minutes."""
    calls, attempts = records.calls, records.attempts
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "number": calls.number + part * 10**9,
                    "customer_id": calls.customer_id,
                    "at": calls.ended_at,
                    "is_out": calls.direction == "outbound",
                    "minutes": (calls.duration_s / MINUTE_S).round().astype("int64"),
                }
            ),
            pd.DataFrame(
                {
                    "number": attempts.number,
                    "customer_id": attempts.customer_id,
                    "at": attempts["at"],
                    "is_out": True,
                    "minutes": None,
                }
            ),
        ],
        ignore_index=True,
    )
    return {
        **_locked("Phone Call", _guids(PHONE_CALL, rows.number), rows["at"]),
        "Regarding Id": contact_ids(rows.customer_id),
        "Direction": rows.is_out.map({True: "Outgoing", False: "Incoming"}),
        "Duration": rows.minutes,
        "Status": pd.Series("Completed", index=rows.index, dtype="str"),
        "Created On": local_stamps(rows["at"]),
    }
