"""One chunk of customers, from the first draw to the written tables."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ccml.demo import books, crm, truth
from ccml.demo.arrays import WORLD_CHUNK, stream
from ccml.demo.billing import draw_billing
from ccml.demo.call_table import calls_table, truth_of_calls
from ccml.demo.callers import CAUSE_WORDS, CallLog, build_log
from ccml.demo.faults import Faults, Notices, draw_notices
from ccml.demo.life import World, live
from ccml.demo.memory import Memory
from ccml.demo.phones import LINES, Phones, draw_phones
from ccml.demo.planned import make_outlook, plan_calls
from ccml.demo.population import Population, draw_population
from ccml.demo.visits import draw_visits


@dataclass(frozen=True)
class ChunkLife:
    """What happened in one chunk, before anything is written down."""

    seed: int
    chunk: int
    salt: int  # of the telephone lines of the company
    people: Population
    phones: Phones
    world: World
    faults: Faults
    notices: Notices
    memory: Memory
    log: CallLog

    def rng(self, name: str) -> np.random.Generator:
        """Return the random stream of one idea in this chunk."""
        return stream(self.seed, self.chunk, name)


@dataclass(frozen=True)
class ChunkTables:
    """The raw tables and the truth tables of one chunk, by name."""

    raw: dict[str, pa.Table]
    truth: dict[str, pa.Table]


def simulate_chunk(
    seed: int, chunk: int, first: int, size: int, faults: Faults
) -> ChunkLife:
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
    return ChunkLife(
        seed, chunk, salt, people, phones, world, faults, notices, memory, log
    )


def chunk_tables(life: ChunkLife) -> ChunkTables:
    """Write what happened into the raw tables, and the truth beside them."""
    people, memory, log, chunk = life.people, life.memory, life.log, life.chunk
    billing, visits, look = life.world.billing, life.world.visits, life.world.outlook
    note = life.rng("recording")
    contacts, chance = books.contacts_table(note, people, memory, chunk)
    seen = (life.faults, life.notices)
    raw = {
        "calls": calls_table(life.rng("mess"), people, log, chunk),
        "customers": crm.customers_table(note, people, memory),
        "customer_phones": crm.customer_phones_table(note, people, life.phones),
        "contracts": crm.contracts_table(note, people, memory),
        "bills": books.bills_table(note, people, billing, memory, chunk),
        "payments": books.payments_table(note, people, billing, memory, chunk),
        "tickets": books.tickets_table(note, people, memory, chunk),
        "web_visits": books.visits_table(people, visits, memory, chunk),
        "outages": books.outages_table(note, people, seen, memory, chunk),
        "sales": books.sales_table(life.rng("sales"), people, visits, memory, chunk),
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
