"""The CRM tables: customers with validity intervals, their phones, their contracts."""

import numpy as np
import pyarrow as pa

from ccml.demo import names, text
from ccml.demo.arrays import Bools, Floats, Ints, floats, take
from ccml.demo.billing import PRICE_RISE_FACTOR
from ccml.demo.clock import DAY, DAYS, HOUR, LAST_EPOCH, to_epoch
from ccml.demo.memory import Memory
from ccml.demo.phones import Phones
from ccml.demo.population import Population

LAG_MEAN_S = 4.0 * HOUR
LONG_LAG_SHARE = 0.04
LONG_LAG_DAYS = 10.0


def recorded(rng: np.random.Generator, local: Floats) -> Ints:
    """Draw when the company's books show what happened; UTC epoch seconds."""
    lag = 60.0 + rng.standard_exponential(len(local)) * LAG_MEAN_S
    slow = rng.random(len(local)) < LONG_LAG_SHARE
    lag = np.where(slow, rng.uniform(1, LONG_LAG_DAYS, len(local)) * DAY, lag)
    return to_epoch(local) + np.round(lag).astype(np.int64)


def in_books(epoch: Ints) -> Bools:
    """Tell which rows the company knows by the end of the period."""
    return epoch < LAST_EPOCH


def instant_of_day(days: Ints, customer: Ints) -> Floats:
    """Turn days into local seconds in business hours; never stays infinite."""
    at = days * float(DAY) + (9 + customer % 9) * HOUR + (customer * 37) % 3_600
    return np.where(days < DAYS, at, np.inf)


def cancel_at(memory: Memory) -> Floats:
    """Return each customer's instant of leaving, local seconds."""
    return instant_of_day(memory.cancel_day, np.arange(len(memory.cancel_day)))


def _change_instants(people: Population, memory: Memory) -> Floats:
    """Return the instants of all changes, customers x changes, joining first."""
    number = np.arange(people.size)
    joined = people.joined_day * float(DAY) + 8 * HOUR
    days = [people.opt_out_day, people.do_not_call_day, people.move_day]
    rises = list(people.price_rise_day.T)
    later = [instant_of_day(np.maximum(day, -9_000), number) for day in days + rises]
    # A wish uttered before the period is known from the first row on.
    later = [np.where(at < joined, joined, at) for at in later]
    left = cancel_at(memory)
    table = np.stack([joined, *later, left], axis=1)
    table[:, 1:-1] = np.where(table[:, 1:-1] >= left[:, None], np.inf, table[:, 1:-1])
    return table


def customers_table(
    rng: np.random.Generator, people: Population, memory: Memory
) -> pa.Table:
    """Write one row per customer and validity interval."""
    at = np.sort(_change_instants(people, memory), axis=1)
    at[:, 1:] = np.where(at[:, 1:] == at[:, :-1], np.inf, at[:, 1:])
    at.sort(axis=1)
    customer, step = np.nonzero(np.isfinite(at))
    start = at[customer, step]
    padded = np.concatenate([at, np.full((len(at), 1), np.inf)], axis=1)
    end = padded[customer, step + 1]
    books = recorded(rng, start)
    keep = in_books(books)
    customer, start, end, books = take(keep, customer, start, end, books)
    end_known = np.isfinite(end)
    return text.table(
        {
            "customer_id": customer_ids(people, customer),
            "valid_from": text.local_instants(start),
            "valid_to": text.local_instants(end, end_known),
            "recorded_at": text.instants(books),
        }
        | _attributes(people, memory, customer, start)
    )


def _attributes(
    people: Population, memory: Memory, customer: Ints, start: Floats
) -> dict[str, pa.Array]:
    day = np.floor(start / DAY).astype(np.int64)
    risen = (people.price_rise_day[customer] <= day[:, None]).sum(axis=1)
    fee = people.fee_eur[customer] * PRICE_RISE_FACTOR**risen
    moved = people.move_day[customer] <= day
    region = np.where(moved, people.new_region[customer], people.region[customer])
    left = start >= cancel_at(memory)[customer]
    mail = [text.codes("c", people.first + customer, 7), "@example.com", ""]
    return {
        "status": text.words(("active", "cancelled"), left.astype(np.int64)),
        "region": text.words(names.REGIONS, region),
        "tariff": text.words(names.TARIFFS, people.tariff[customer]),
        "monthly_fee_eur": text.money(fee),
        "joined_on": _dates(people.joined_day[customer]),
        "age_band": text.words(names.AGE_BANDS, people.age[customer]),
        "value_band": text.words(names.VALUE_BANDS, people.value[customer]),
        "preferred_channel": text.words(names.CHANNELS, people.channel[customer]),
        "email": pa.compute.binary_join_element_wise(*mail),
        "opted_out": text.flags(people.opt_out_day[customer] <= day),
        "do_not_call": text.flags(people.do_not_call_day[customer] <= day),
    }


def _dates(day: Ints) -> pa.Array:
    noon = floats(day * float(DAY) + 12 * HOUR)
    return pa.compute.utf8_slice_codeunits(text.local_instants(noon), 0, 10)


def customer_ids(people: Population, customer: Ints) -> pa.Array:
    """Write the ids of customers of a chunk."""
    return text.codes("c", people.first + customer, 7)


def customer_phones_table(
    rng: np.random.Generator, people: Population, phones: Phones
) -> pa.Table:
    """Write one row per customer, line and validity."""
    number = np.arange(people.size)
    joined = people.joined_day * float(DAY) + 8 * HOUR
    never = np.full(people.size, np.inf)
    has_second = phones.second >= 0
    changed = np.isfinite(phones.changed_at)
    customer = np.concatenate([number, number[has_second], number[changed]])
    line = np.concatenate(
        [phones.line, phones.second[has_second], phones.line_after[changed]]
    )
    start = np.concatenate([joined, joined[has_second], phones.changed_at[changed]])
    end = np.concatenate([phones.changed_at, never[has_second], never[changed]])
    kind = np.repeat([0, 1, 0], [len(number), has_second.sum(), changed.sum()])
    books = recorded(rng, start)
    keep = in_books(books)
    customer, line, start, end, kind, books = take(
        keep, customer, line, start, end, kind, books
    )
    return text.table(
        {
            "customer_id": customer_ids(people, customer),
            "phone": text.phone_numbers(line, rng.integers(0, text.FORMATS, len(line))),
            "kind": text.words(("mobile", "second"), kind),
            "valid_from": text.local_instants(start),
            "valid_to": text.local_instants(end, np.isfinite(end)),
            "recorded_at": text.instants(books),
        }
    )


def contracts_table(
    rng: np.random.Generator, people: Population, memory: Memory
) -> pa.Table:
    """Write one row per contract event."""
    customer, at, event = _contract_events(people, memory)
    books = recorded(rng, at)
    keep = in_books(books)
    customer, at, event, books = take(keep, customer, at, event, books)
    day = np.floor(at / DAY).astype(np.int64)
    risen = (people.price_rise_day[customer] <= day[:, None]).sum(axis=1)
    serial = (people.first + customer) * 100 + _rank(customer)
    return text.table(
        {
            "contract_event_id": text.codes("ce", serial, 9),
            "customer_id": customer_ids(people, customer),
            "event": text.words(CONTRACT_EVENTS, event),
            "happened_at": text.local_instants(at),
            "recorded_at": text.instants(books),
            "tariff": text.words(names.TARIFFS, people.tariff[customer]),
            "monthly_fee_eur": text.money(
                people.fee_eur[customer] * PRICE_RISE_FACTOR**risen
            ),
        }
    )


CONTRACT_EVENTS = ("started", "price_rise", "renewed", "cancelled")


def _contract_events(people: Population, memory: Memory) -> tuple[Ints, Floats, Ints]:
    number = np.arange(people.size)
    left = cancel_at(memory)
    slots = people.price_rise_day.shape[1]
    renewed = memory.records.get("renewed", [])
    saved = np.concatenate([np.asarray(r["customer"]) for r in renewed] or [number[:0]])
    saved_day = np.concatenate([np.asarray(r["day"]) for r in renewed] or [number[:0]])
    customer = np.concatenate([number, np.repeat(number, slots), saved, number])
    at = np.concatenate(
        [
            people.joined_day * float(DAY) + 8 * HOUR,
            instant_of_day(people.price_rise_day, number[:, None]).ravel(),
            saved_day * float(DAY) + 18.5 * HOUR,
            left,
        ]
    )
    sizes = [len(number), len(number) * slots, len(saved), len(number)]
    event = np.repeat(np.arange(4), sizes)
    keep = np.isfinite(at) & ((at <= left[customer]) | (event == 3))
    customer, at, event = customer[keep], at[keep], event[keep]
    order = np.lexsort((event, at, customer))
    return customer[order], at[order], event[order]


def _rank(sorted_customer: Ints) -> Ints:
    """Number the rows of each customer from 0; rows in order of customer."""
    first = np.searchsorted(sorted_customer, sorted_customer, side="left")
    return np.arange(len(sorted_customer)) - first
