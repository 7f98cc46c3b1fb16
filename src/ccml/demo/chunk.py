"""One chunk of customers, from the first draw to the written tables."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ccml.demo import books, crm, truth
from ccml.demo.arrays import WORLD_CHUNK, stream
from ccml.demo.billing import draw_billing
from ccml.demo.call_table import calls_table, truth_of_calls
from ccml.demo.callers import CAUSE_WORDS, build_log
from ccml.demo.faults import Faults, draw_notices
from ccml.demo.life import World, live
from ccml.demo.phones import LINES, draw_phones
from ccml.demo.planned import make_outlook, plan_calls
from ccml.demo.population import draw_population
from ccml.demo.visits import draw_visits


@dataclass(frozen=True)
class ChunkTables:
    """The raw tables and the truth tables of one chunk, by name."""

    raw: dict[str, pa.Table]
    truth: dict[str, pa.Table]


def simulate_chunk(
    seed: int, chunk: int, first: int, size: int, faults: Faults
) -> ChunkTables:
    """Simulate one chunk of customers.

    Args:
        seed: Seed of the company.
        chunk: Number of the chunk; with the seed it fixes every draw.
        first: Number of the chunk's first customer.
        size: Customers in the chunk.
        faults: The regional faults, common to all chunks.
    """

    def rng(name: str) -> np.random.Generator:
        return stream(seed, chunk, name)

    salt = int(stream(seed, WORLD_CHUNK, "phones").integers(LINES))
    people = draw_population(rng("population"), first, size)
    phones = draw_phones(rng("phones"), people, salt)
    billing = draw_billing(rng("billing"), people)
    visits = draw_visits(rng("visits"), people)
    notices = draw_notices(rng("faults"), people, faults)
    planned = plan_calls(rng("planned"), people, billing, notices, visits)
    look = make_outlook(people, faults, billing)
    world = World(people, billing, visits, planned, look)
    memory = live(rng("life"), rng("campaigns"), world)
    log = build_log(rng("callers"), people, phones, memory, salt)
    note = rng("recording")
    contacts, chance = books.contacts_table(note, people, memory, chunk)
    raw = {
        "calls": calls_table(rng("mess"), people, log, chunk),
        "customers": crm.customers_table(note, people, memory),
        "customer_phones": crm.customer_phones_table(note, people, phones),
        "contracts": crm.contracts_table(note, people, memory),
        "bills": books.bills_table(note, people, billing, memory, chunk),
        "payments": books.payments_table(note, people, billing, memory, chunk),
        "tickets": books.tickets_table(note, people, memory, chunk),
        "web_visits": books.visits_table(people, visits, memory, chunk),
        "outages": books.outages_table(note, people, (faults, notices), memory, chunk),
        "sales": books.sales_table(rng("sales"), people, visits, memory, chunk),
        "campaign_contacts": contacts,
    }
    known = {
        "customers": truth.customers_truth(people, look),
        "calls": truth_of_calls(people, log, CAUSE_WORDS, chunk),
        "churn": truth.churn_truth(people, memory),
        "contacts": truth.contacts_truth(contacts, chance),
        "effects": truth.effects_truth(people, memory),
        "billing_errors": truth.billing_truth(people, billing, memory),
    }
    return ChunkTables(raw, known)
