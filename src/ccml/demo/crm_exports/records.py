"""What a CRM would hold of the demo company, before it takes the form of an export.

A CRM shows today's state: one row per customer, ticket, sale and campaign member.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

ANSWERED = ("sale", "refused", "call_back")
CANCELLATION = "cancellation"
DEAL_EVENTS = ("started", "renewed")
_ATTEMPTS_FROM = 10**13
"""Attempts are numbered from here, so that they never meet logged calls."""


@dataclass(frozen=True)
class Records:
    """Tables of a CRM; instants are UTC, `number` counts the records of a kind.

    Args:
        contacts: customer_id, created_at, tariff, region, status, opted_out,
            do_not_call, mobile, other.
        tickets: customer_id, opened_at, closed_at, category; complaints and
            cancellations.
        deals: customer_id, closed_at, kind, amount_eur, campaign_id; sales, and
            contracts that were started or renewed.
        members: customer_id, campaign_id, added_at, responded_at, outcome.
        attempts: customer_id, campaign_id, at, outcome.
        calls: customer_id, call_id, ended_at, direction, disposition, duration_s.
    """

    contacts: pd.DataFrame
    tickets: pd.DataFrame
    deals: pd.DataFrame
    members: pd.DataFrame
    attempts: pd.DataFrame
    calls: pd.DataFrame


def crm_records(tables: Mapping[str, pa.Table]) -> Records:
    """Lay the raw tables of one chunk out as a CRM would.

    Args:
        tables: customers, customer_phones, contracts, tickets, sales,
            campaign_contacts and calls.
    """
    frames = {name: _frame(table) for name, table in tables.items()}
    contracts = frames["contracts"]
    return Records(
        contacts=_contacts(frames["customers"], frames["customer_phones"]),
        tickets=_tickets(frames["tickets"], contracts),
        deals=_deals(frames["sales"], contracts),
        members=_members(frames["campaign_contacts"]),
        attempts=_attempts(frames["campaign_contacts"]),
        calls=_calls(frames["calls"]),
    )


def customer_numbers(customer_id: "pd.Series[str]") -> "pd.Series[int]":
    """Read the number in ids such as c0000123."""
    return customer_id.str.slice(1).astype("int64")


def record_numbers(record_id: "pd.Series[str]") -> "pd.Series[int]":
    """Read the digits of ids such as t0001-0000123 as one number."""
    return record_id.str.replace(r"\D", "", regex=True).astype("int64")


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _instant(text: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(text, utc=True, format="ISO8601", errors="coerce")


def _contacts(customers: pd.DataFrame, phones: pd.DataFrame) -> pd.DataFrame:
    """Take each customer's last row, and the numbers that are still valid."""
    rows = customers.sort_values(["customer_id", "valid_from"], kind="stable")
    last = rows.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    first = rows.groupby("customer_id").valid_from.min()
    today = phones[phones.valid_to.isna()]
    numbers = today.sort_values(["customer_id", "kind", "valid_from"], kind="stable")
    numbers = numbers.drop_duplicates(["customer_id", "kind"], keep="last")
    wide = numbers.pivot(index="customer_id", columns="kind", values="phone")
    wide = wide.reindex(index=last.index, columns=["mobile", "second"])
    kept = ["tariff", "region", "status", "opted_out", "do_not_call"]
    contacts = last[kept].assign(
        created_at=_instant(first.reindex(last.index)),
        mobile=wide["mobile"],
        other=wide["second"],
    )
    contacts = contacts.reset_index()
    return contacts.assign(number=customer_numbers(contacts.customer_id))


def _tickets(tickets: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    opened = tickets[tickets.event == "opened"]
    closed = tickets[tickets.event == "resolved"].set_index("ticket_id").happened_at
    complaints = pd.DataFrame(
        {
            "number": record_numbers(opened.ticket_id),
            "customer_id": opened.customer_id,
            "opened_at": _instant(opened.happened_at),
            "closed_at": _instant(opened.ticket_id.map(closed)),
            "category": opened.category,
        }
    )
    left = contracts[contracts.event == "cancelled"]
    at = _instant(left.happened_at)
    cancellations = pd.DataFrame(
        {
            "number": record_numbers(left.contract_event_id),
            "customer_id": left.customer_id,
            "opened_at": at,
            "closed_at": at,
            "category": CANCELLATION,
        }
    )
    return _numbered(complaints, cancellations)


def _deals(sales: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    sold = pd.DataFrame(
        {
            "number": record_numbers(sales.sale_id),
            "customer_id": sales.customer_id,
            "closed_at": _instant(sales.sold_at),
            "kind": sales["product"],
            "amount_eur": sales.value_eur,
            "campaign_id": sales.campaign_id,
        }
    )
    signed = contracts[contracts.event.isin(DEAL_EVENTS)]
    agreed = pd.DataFrame(
        {
            "number": record_numbers(signed.contract_event_id),
            "customer_id": signed.customer_id,
            "closed_at": _instant(signed.happened_at),
            "kind": "contract " + signed.event,
            "amount_eur": signed.monthly_fee_eur,
            "campaign_id": None,
        }
    )
    return _numbered(sold, agreed)


def _numbered(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Join two kinds of records under numbers that never meet."""
    first = first.assign(number=first.number * 2)
    second = second.assign(number=second.number * 2 + 1)
    return pd.concat([first, second], ignore_index=True)


def _members(contacts: pd.DataFrame) -> pd.DataFrame:
    """Reduce the attempts to one row per customer and campaign."""
    keys = ["customer_id", "campaign_id"]
    rows = contacts.sort_values([*keys, "contacted_at", "contact_id"], kind="stable")
    first = rows.drop_duplicates(keys).set_index(keys)
    answers = rows[rows.outcome.isin(ANSWERED)]
    answered = answers.drop_duplicates(keys).set_index(keys).outcome_at
    outcome = answers.drop_duplicates(keys, keep="last").set_index(keys).outcome
    members = pd.DataFrame(
        {
            "number": record_numbers(first.contact_id),
            "added_at": _instant(first.contacted_at),
            "responded_at": _instant(answered.reindex(first.index)),
            "outcome": outcome.reindex(first.index).fillna("Sent"),
        }
    )
    return members.reset_index()


def _attempts(contacts: pd.DataFrame) -> pd.DataFrame:
    made = contacts[contacts.was_held_out != "true"]
    return pd.DataFrame(
        {
            "number": record_numbers(made.contact_id) + _ATTEMPTS_FROM,
            "customer_id": made.customer_id,
            "campaign_id": made.campaign_id,
            "at": _instant(made.contacted_at),
            "outcome": made.outcome,
        }
    ).reset_index(drop=True)


def _calls(calls: pd.DataFrame) -> pd.DataFrame:
    """Take the calls in which the desktop knew the customer: they are logged."""
    ended = _instant(calls.ended_at)
    known = calls.crm_id.fillna("").ne("") & calls.call_id.fillna("").ne("")
    rows = calls[known & ended.notna()].drop_duplicates("call_id")
    talk = pd.to_numeric(rows.talk_seconds, errors="coerce").fillna(0)
    return pd.DataFrame(
        {
            "number": range(len(rows)),
            "customer_id": rows.crm_id,
            "call_id": rows.call_id,
            "ended_at": ended[rows.index],
            "direction": rows.direction,
            "disposition": rows.disposition,
            "duration_s": talk.clip(lower=0).astype("int64"),
        }
    ).reset_index(drop=True)
