"""The business tables: bills, payments, tickets, visits, outages, sales, contacts."""

from typing import Any

import numpy as np
import pyarrow as pa

from ccml.demo import names, text
from ccml.demo.arrays import Floats, Ints, ints, pick, repeat_index, take
from ccml.demo.billing import DAYS_TO_PAY, Billing, bill_time
from ccml.demo.campaigns import OUTCOMES, PLAN, SALE
from ccml.demo.clock import DAY, DAYS, HOUR, hour_of, to_epoch
from ccml.demo.crm import cancel_at, customer_ids, in_books, recorded
from ccml.demo.faults import Faults, Notices
from ccml.demo.memory import Memory
from ccml.demo.population import Population
from ccml.demo.visits import Visits

BROKEN_BILL_SHARE = 0.0008
SALES_PER_DAY = 0.0004  # without any contact
SALE_AFTER_OFFER_SHARE = 0.05  # of succeeded visits to offers


def gather(memory: Memory, table: str, column: str) -> Any:
    """Join the pieces of one column of what happened."""
    pieces = [np.asarray(rows[column]) for rows in memory.records.get(table, [])]
    return np.concatenate(pieces) if pieces else np.zeros(0)


def _gather_codes(memory: Memory, table: str, column: str) -> Any:
    return gather(memory, table, column).astype(np.int64)


def _serial(prefix: str, chunk: int, size: int) -> pa.Array:
    return text.codes(f"{prefix}{chunk:04d}-", np.arange(size, dtype=np.int64), 7)


def _seconds(rng: np.random.Generator, mean: float, size: int) -> Ints:
    """Draw how long the books take, at least some seconds."""
    return ints(np.round(5.0 + rng.exponential(mean, size)))


def bills_table(
    rng: np.random.Generator,
    people: Population,
    billing: Billing,
    memory: Memory,
    chunk: int,
) -> pa.Table:
    """Write one row per bill; a corrected bill is a row of its own."""
    left = cancel_at(memory)[:, None]
    sent = (billing.day < DAYS) & (bill_time(billing.day) < left)
    again = sent & (billing.corrected_day < DAYS)
    again &= bill_time(billing.corrected_day) < left
    customer, month = np.concatenate([np.nonzero(sent), np.nonzero(again)], axis=1)
    corrected = np.repeat([False, True], [sent.sum(), again.sum()])
    day = np.where(
        corrected, billing.corrected_day[customer, month], billing.day[customer, month]
    )
    too_much = billing.wrong[customer, month] & ~corrected
    factor = np.where(too_much, billing.overcharge[customer, month], 1.0)
    amount = billing.amount_eur[customer, month] * factor
    order = np.lexsort((customer, day))
    customer, day, amount, corrected = take(order, customer, day, amount, corrected)
    at = bill_time(day)
    books = to_epoch(at) + _seconds(rng, 1_800, len(at))
    keep = in_books(books)
    customer, at, amount, corrected, books = take(
        keep, customer, at, amount, corrected, books
    )
    billed = _spoil(rng, text.local_instants(at), "31/02/2025")
    return text.table(
        {
            "bill_id": _serial("b", chunk, len(at)),
            "customer_id": customer_ids(people, customer),
            "billed_at": billed,
            "recorded_at": text.instants(books),
            "amount_eur": _spoil(rng, text.money(amount), "n/a"),
            "corrected": text.flags(corrected),
        }
    )


def _spoil(rng: np.random.Generator, column: pa.Array, word: str) -> pa.Array:
    broken = rng.random(len(column)) < BROKEN_BILL_SHARE
    return pa.compute.if_else(pa.array(broken), word, column)


def payments_table(
    rng: np.random.Generator,
    people: Population,
    billing: Billing,
    memory: Memory,
    chunk: int,
) -> pa.Table:
    """Write one row per payment; the last bills of leavers are paid too."""
    sent = (billing.day < DAYS) & (bill_time(billing.day) < cancel_at(memory)[:, None])
    customer, month = np.nonzero(sent)
    late = billing.days_late[customer, month]
    day = billing.day[customer, month] + DAYS_TO_PAY + late
    at = day * float(DAY) + rng.uniform(6, 22, len(day)) * HOUR
    books = to_epoch(at) + _seconds(rng, 2 * HOUR, len(at))
    order = np.lexsort((customer, at))
    order = order[in_books(books)[order]]
    customer, month, late, at, books = take(order, customer, month, late, at, books)
    return text.table(
        {
            "payment_id": _serial("p", chunk, len(at)),
            "customer_id": customer_ids(people, customer),
            "paid_at": text.local_instants(at),
            "recorded_at": text.instants(books),
            "amount_eur": text.money(billing.amount_eur[customer, month]),
            "days_late": text.whole(late),
            "method": text.words(
                names.PAYMENT_METHODS, (people.first + customer) * 7 % 3
            ),
        }
    )


def tickets_table(
    rng: np.random.Generator, people: Population, memory: Memory, chunk: int
) -> pa.Table:
    """Write one row per event of a complaint: opened, resolved."""
    customer = _gather_codes(memory, "complaints", "customer")
    ticket = np.tile(np.arange(len(customer)), 2)
    event = np.repeat([0, 1], len(customer))
    at = np.concatenate(
        [gather(memory, "complaints", "opened"), gather(memory, "complaints", "closed")]
    )
    category = np.tile(_gather_codes(memory, "complaints", "category"), 2)
    customer = np.tile(customer, 2)
    books = to_epoch(at) + _seconds(rng, 600, len(at))
    order = np.lexsort((event, ticket, at))
    order = order[in_books(books)[order]]
    customer, ticket, event, at, category, books = take(
        order, customer, ticket, event, at, category, books
    )
    return text.table(
        {
            "ticket_event_id": _serial("te", chunk, len(at)),
            "ticket_id": text.codes(f"t{chunk:04d}-", ticket, 7),
            "customer_id": customer_ids(people, customer),
            "happened_at": text.local_instants(at),
            "recorded_at": text.instants(books),
            "event": text.words(("opened", "resolved"), event),
            "category": text.words(names.COMPLAINT_CATEGORIES, category),
        }
    )


def visits_table(
    people: Population, visits: Visits, memory: Memory, chunk: int
) -> pa.Table:
    """Write one row per visit of the web site."""
    at = np.round(visits.at)
    books = to_epoch(at) + 30
    keep = (at < cancel_at(memory)[visits.customer]) & in_books(books)
    return text.table(
        {
            "visit_id": _serial("v", chunk, int(keep.sum())),
            "customer_id": customer_ids(people, visits.customer[keep]),
            "visited_at": text.local_instants(at[keep]),
            "recorded_at": text.instants(books[keep]),
            "topic": text.words(names.TOPICS, visits.topic[keep]),
            "succeeded": text.flags(visits.succeeded[keep]),
        }
    )


def outages_table(
    rng: np.random.Generator,
    people: Population,
    world: tuple[Faults, Notices],
    memory: Memory,
    chunk: int,
) -> pa.Table:
    """Write one row per customer hit by a regional fault."""
    faults, notices = world
    start = faults.start[notices.fault]
    lag = rng.uniform(300, 5_400, len(start)).astype(np.int64)
    books = to_epoch(start) + lag
    keep = (start < cancel_at(memory)[notices.customer]) & in_books(books)
    fault = notices.fault[keep]
    return text.table(
        {
            "notice_id": _serial("o", chunk, len(fault)),
            "customer_id": customer_ids(people, notices.customer[keep]),
            "started_at": text.local_instants(start[keep]),
            "recorded_at": text.instants(books[keep]),
            "region": text.words(names.REGIONS, faults.region[fault]),
            "hours": pa.array(faults.hours[fault]).cast(pa.string()),
        }
    )


def sales_table(
    rng: np.random.Generator,
    people: Population,
    visits: Visits,
    memory: Memory,
    chunk: int,
) -> pa.Table:
    """Write one row per sale, with and without a campaign."""
    customer, at, product, campaign = _sales(rng, people, visits, memory)
    keep = at < cancel_at(memory)[customer]
    books = recorded(rng, at)
    keep &= in_books(books)
    order = np.lexsort((customer, at))
    order = order[keep[order]]
    customer, at, product, campaign, books = take(
        order, customer, at, product, campaign, books
    )
    value = names.PRODUCT_VALUE_EUR[product] * rng.lognormal(0, 0.25, len(product))
    ids = tuple(campaign.campaign_id for campaign in PLAN)
    return text.table(
        {
            "sale_id": _serial("s", chunk, len(at)),
            "customer_id": customer_ids(people, customer),
            "sold_at": text.local_instants(at),
            "recorded_at": text.instants(books),
            "product": text.words(names.PRODUCTS, product),
            "value_eur": text.money(value),
            "campaign_id": text.words(ids, np.maximum(campaign, 0), campaign >= 0),
        }
    )


def _sales(
    rng: np.random.Generator, people: Population, visits: Visits, memory: Memory
) -> tuple[Ints, Floats, Ints, Ints]:
    first = np.maximum(people.joined_day, 0)
    alone = repeat_index(rng.poisson(SALES_PER_DAY * (DAYS - first)))
    start = first[alone] * float(DAY) + 2 * HOUR
    alone_at = start + rng.random(len(alone)) * (DAYS * DAY - start)
    offer = (visits.topic == names.OFFER_TOPIC) & visits.succeeded
    offer &= rng.random(len(offer)) < SALE_AFTER_OFFER_SHARE
    sold = gather(memory, "contacts", "outcome") == SALE
    won = _gather_codes(memory, "contacts", "customer")[sold]
    row = _gather_codes(memory, "contacts", "campaign")[sold]
    won_at = gather(memory, "contacts", "at")[sold] + 300.0
    free = len(alone) + int(offer.sum())
    products = np.array([campaign.product for campaign in PLAN])
    weights = np.array([0.45, 0.25, 0.12, 0.18])
    return (
        np.concatenate([alone, visits.customer[offer], won]),
        np.round(np.concatenate([alone_at, visits.at[offer] + 240.0, won_at])),
        np.concatenate([pick(rng, weights, free), products[row]]),
        np.concatenate([np.full(free, -1), row]),
    )


def contacts_table(
    rng: np.random.Generator, people: Population, memory: Memory, chunk: int
) -> tuple[pa.Table, Floats]:
    """Write one row per contact attempt; also return each one's sale probability."""
    at = gather(memory, "contacts", "at")
    books = recorded(rng, at)
    order = np.lexsort((gather(memory, "contacts", "customer"), at))
    order = order[in_books(books)[order]]
    outcome, customer, attempt, campaign = (
        _gather_codes(memory, "contacts", column)[order]
        for column in ("outcome", "customer", "attempt", "campaign")
    )
    talk_s = gather(memory, "contacts", "talk_s")[order]
    at, books = at[order], books[order]
    held_out = attempt == 0
    ids = tuple(campaign.campaign_id for campaign in PLAN)
    columns = {
        "contact_id": _serial("cc", chunk, len(at)),
        "customer_id": customer_ids(people, customer),
        "campaign_id": text.words(ids, campaign),
        "attempt_no": text.whole(attempt),
        "contacted_at": text.local_instants(at),
        "recorded_at": text.instants(books),
        "channel": text.constant("voice", len(at)),
        "outcome": text.words(OUTCOMES, np.maximum(outcome, 0), ~held_out),
        "outcome_at": text.local_instants(at + talk_s + 30.0, ~held_out),
        "was_held_out": text.flags(held_out),
        "hour_local": text.whole(hour_of(at)),
    }
    chance = gather(memory, "contacts", "probability")[order]
    return text.table(columns), chance
