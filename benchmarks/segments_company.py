"""A company of any size with known causes of calls, written as stored tables.

Ordinary calls follow gamma-distributed rates (or one rate for all), about matters drawn
alike for everybody. Some customers have a lasting cause: wrong bills that they call about
2 to 6 days later, or outages within the hour. A call is followed by another one within
five days with a probability of its own, mostly about the same.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ccml.engine.store import Table
from ccml.project import Project

Ints = NDArray[np.int64]
DAY_US = 86_400_000_000
FIRST_US = 1_735_689_600_000_000  # 2025-01-01
REASONS = ("billing", "technical", "info", "contract", "self_service", "sales")
WEIGHTS = (0.2, 0.25, 0.2, 0.15, 0.1, 0.1)
BILLING, TECHNICAL = 0, 1
TOPIC_KEPT = 0.8
BILL_EVERY = 30
CONFIG = """
version: 1
project: segments_benchmark
workspace: {workspace}
time_zone: Europe/Warsaw
data_until: "{until}T00:00:00Z"
sources:
  calls: {{path: none}}
  customers: {{path: none}}
  events:
    bills: {{path: none, id: id, event_at: at, known_at: at}}
    outages: {{path: none, id: id, event_at: at, known_at: at}}
segments: {segments}
"""
TRIGGERS = (
    "{triggers: {after_bill: {table: bills, from_days: 2, days: 7, "
    "calls: \"reason = 'billing'\"}, after_outage: {table: outages, days: 1}}}"
)
TEXTS = (
    "source_platform", "source_file", "phone_key", "phone_status", "dialed_key",
    "customer_key", "last_queue", "skill", "first_agent_id", "system_outcome",
    "handle_src", "short_abandon_src", "transfer_type", "callback_of", "source", "medium",
    "campaign", "keyword", "click_key", "parse_flags",
)  # fmt: skip
NUMBERS = (
    "n_agents", "ivr_s", "requeue_wait_s", "ring_s", "consult_s", "duration_s",
    "n_transfers", "csat", "nps", "ces", "quality_score", "priority", "source_rows",
)  # fmt: skip
FLAGS = (
    "ivr_only",
    "short_abandon",
    "flow_out",
    "callback",
    "voicemail",
    "is_first_call",
)


@dataclass(frozen=True)
class Company:
    """What is drawn.

    Args:
        customers: Customers on record.
        days: Days of calls.
        calls_per_customer: Ordinary calls in these days, repeats not counted.
        shape: Of the gamma distribution of rates; infinite = all alike.
        repeat: Probability that a call is followed by another one.
        cause_share: Share of the customers with wrong bills, and with outages.
        seed: Seed of everything.
    """

    customers: int
    days: int = 365
    calls_per_customer: float = 5.0
    shape: float = 0.95
    repeat: float = 0.3
    cause_share: float = 0.03
    seed: int = 1

    @property
    def until(self) -> str:
        """The day on which the data end."""
        return str(np.datetime64("2025-01-01") + np.timedelta64(self.days, "D"))


@dataclass(frozen=True)
class Drawn:
    """Calls of one kind: who, when (microseconds of the period), and about what."""

    who: Ints
    at: Ints
    reason: Ints

    def with_repeats(self, company: Company, rng: np.random.Generator) -> "Drawn":
        """Let calls be followed by others, and these by others again."""
        parts, last = [self], self
        while len(last.who):
            again = rng.random(len(last.who)) < company.repeat
            later = rng.uniform(0.02, 5, again.sum()) * DAY_US
            same = rng.random(again.sum()) < TOPIC_KEPT
            other = rng.choice(len(REASONS), len(same), p=WEIGHTS)
            reason = np.where(same, last.reason[again], other)
            last = Drawn(
                last.who[again], last.at[again] + later.astype(np.int64), reason
            )
            parts.append(last)
        return _joined(parts)


def write_company(folder: Path, company: Company, segments: str) -> Project:
    """Write the tables of a company into a workspace, and open its project.

    Args:
        folder: Where the config and the workspace go.
        company: What is drawn.
        segments: The config's section `segments`, as YAML of one line.
    """
    config = CONFIG.format(workspace="work", until=company.until, segments=segments)
    (folder / "company.yaml").write_text(config, encoding="utf-8")
    project = Project.open(folder / "company.yaml")
    rng = np.random.default_rng(company.seed)
    bills, outages = _bills(company, rng), _outages(company, rng)
    calls = _calls(company, bills, outages, rng)
    every = f"{company.seed}-{company.customers}".rjust(16, "0")
    for name, rows, keys in (
        ("calls", _call_table(calls, rng), ["call_id"]),
        ("identity_map", _identities(calls), ["call_id"]),
        ("customers", _customers(company), ["customer_id", "valid_from"]),
        ("bills", _events("b", bills), ["event_id"]),
        ("outages", _events("o", outages), ["event_id"]),
    ):
        project.store.write(name, Table(rows, keys, "rows"), every)
    return project


def _joined(parts: list[Drawn]) -> Drawn:
    return Drawn(
        np.concatenate([part.who for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.reason for part in parts]),
    )


def _causes(company: Company) -> tuple[Ints, Ints]:
    size = int(company.customers * company.cause_share)
    return np.arange(size), np.arange(size, 2 * size)


def _bills(company: Company, rng: np.random.Generator) -> Drawn:
    months = company.days // BILL_EVERY
    who = np.repeat(np.arange(company.customers), months)
    first = rng.integers(0, BILL_EVERY, company.customers)
    day = first[who] + BILL_EVERY * np.tile(np.arange(months), company.customers)
    return Drawn(who, day * DAY_US, np.zeros(len(who), dtype=np.int64))


def _outages(company: Company, rng: np.random.Generator) -> Drawn:
    """Give outages to everybody now and then, and to some every month."""
    _, hit = _causes(company)
    often = np.repeat(hit, company.days // 20)
    seldom = rng.integers(0, company.customers, company.customers // 5)
    who = np.concatenate([often, seldom])
    at = rng.integers(0, company.days * DAY_US, len(who))
    return Drawn(who, at, np.zeros(len(who), dtype=np.int64))


def _calls(
    company: Company, bills: Drawn, outages: Drawn, rng: np.random.Generator
) -> Drawn:
    rate = np.full(company.customers, company.calls_per_customer)
    if np.isfinite(company.shape):
        rate = rate * rng.gamma(company.shape, 1 / company.shape, company.customers)
    who = np.repeat(np.arange(company.customers), rng.poisson(rate))
    at = rng.integers(0, company.days * DAY_US, len(who))
    parts = [Drawn(who, at, rng.choice(len(REASONS), len(who), p=WEIGHTS))]
    wronged, hit = _causes(company)
    for events, whom, reason, days in (
        (bills, wronged, BILLING, (2.0, 6.9)),
        (outages, hit, TECHNICAL, (0.01, 0.3)),
    ):
        chosen = np.isin(events.who, whom) & (rng.random(len(events.who)) < 0.6)
        later = rng.uniform(*days, chosen.sum()) * DAY_US
        start = events.at[chosen] + later.astype(np.int64)
        about = np.full(len(start), reason)
        parts.append(Drawn(events.who[chosen], start, about))
    made = _joined(parts).with_repeats(company, rng)
    inside = made.at < company.days * DAY_US
    return Drawn(made.who[inside], made.at[inside], made.reason[inside])


def _stamp(at: Ints) -> pa.Array:
    return pa.array(FIRST_US + at, pa.timestamp("us", "UTC"))


def _ids(letter: str, numbers: Ints) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, "0")
    return pc.binary_join_element_wise(letter, digits, "")


def _named(codes: Ints, names: tuple[str, ...]) -> pa.Array:
    words = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), list(names))
    return words.cast(pa.string())


def _call_table(calls: Drawn, rng: np.random.Generator) -> pa.Table:
    size = len(calls.who)
    answered = rng.random(size) < 0.9
    wait = rng.exponential(45, size)
    handle = np.where(answered, rng.lognormal(5.3, 0.7, size), np.nan)
    solved = (rng.random(size) < 0.6).astype(np.int64)
    start = _stamp(calls.at)
    columns: dict[str, Any] = {
        "call_id": _ids("k", np.arange(size)),
        "direction": pa.repeat("inbound", size),
        "channel": _named((rng.random(size) < 0.1).astype(np.int64), ("voice", "chat")),
        "started_at": start,
        "ended_at": _stamp(calls.at + 300_000_000),
        "known_at": _stamp(calls.at + 360_000_000),
        "queue": _named(calls.reason // 2, ("q_care", "q_contract", "q_sales")),
        "agent_id": _ids("a", rng.integers(0, 120, size)),
        "reason": _named(calls.reason, REASONS),
        "disposition": _named(solved, ("unresolved", "resolved")),
        "wait_s": pa.array(wait),
        "talk_s": pa.array(handle, from_pandas=True),
        "hold_s": pa.array(np.zeros(size)),
        "wrap_s": pa.array(np.zeros(size)),
        "handle_s": pa.array(handle, from_pandas=True),
        "queued": pa.array(np.ones(size, dtype=bool)),
        "answered": pa.array(answered),
        "abandoned": pa.array(~answered),
        "transferred": pa.array(answered & (rng.random(size) < 0.15)),
        "region": _named(calls.who % 16, tuple(f"R{n:02d}" for n in range(16))),
    }
    for names, kind in (
        (TEXTS, pa.string()),
        (NUMBERS, pa.float64()),
        (FLAGS, pa.bool_()),
    ):
        columns |= {name: pa.nulls(size, kind) for name in names}
    return pa.table(columns)


def _identities(calls: Drawn) -> pa.Table:
    size = len(calls.who)
    return pa.table(
        {
            "call_id": _ids("k", np.arange(size)),
            "customer_id": _ids("c", calls.who),
            "rule": pa.repeat("customer_key", size),
            "status": pa.repeat("matched", size),
            "known_at": _stamp(calls.at + 360_000_000),
            "note": pa.nulls(size, pa.string()),
        }
    )


def _customers(company: Company) -> pa.Table:
    size = company.customers
    since = _stamp(np.full(size, -400 * DAY_US))
    return pa.table(
        {
            "customer_id": _ids("c", np.arange(size)),
            "valid_from": since,
            "valid_to": pa.nulls(size, pa.timestamp("us", "UTC")),
            "known_at": since,
            "opted_out": pa.array(np.zeros(size, dtype=bool)),
            "do_not_call": pa.array(np.zeros(size, dtype=bool)),
        }
    )


def _events(letter: str, events: Drawn) -> pa.Table:
    return pa.table(
        {
            "event_id": _ids(letter, np.arange(len(events.who))),
            "customer_id": _ids("c", events.who),
            "event_at": _stamp(events.at),
            "known_at": _stamp(events.at + 60_000_000),
        }
    )
