"""The truth tables: what only the simulation knows."""

import numpy as np
import pyarrow as pa

from ccml.demo import names, text
from ccml.demo.arrays import Floats
from ccml.demo.billing import ERROR_CALL_SHARE, Billing, bill_time
from ccml.demo.books import gather
from ccml.demo.campaigns import PLAN
from ccml.demo.clock import DAY, DAYS, FIRST_EPOCH, MONTH_STARTS, to_epoch
from ccml.demo.crm import cancel_at, customer_ids
from ccml.demo.faults import Faults
from ccml.demo.memory import Memory
from ccml.demo.planned import ONBOARDING_CALLS, Outlook
from ccml.demo.population import Population, segment_names

# Persistent: expected to make so many calls per 90 days for as long as they stay.
PERSISTENT_CALLS_PER_90_DAYS = 3.0
CALLS_PER_PLANNED_CALL = 1.34  # repeats included; measured on simulated companies
UTC_TIME = pa.timestamp("us", "UTC")


def utc_times(epoch_seconds: Floats) -> pa.Array:
    """Return typed UTC instants."""
    whole = np.round(epoch_seconds).astype(np.int64)
    return pa.array(whole * 1_000_000, pa.int64()).cast(UTC_TIME)


def customers_truth(people: Population, look: Outlook) -> pa.Table:
    """Write one row per customer: rate of planned calls, persistence, cause, kind."""
    bills = people.error_share * ERROR_CALL_SHARE * 12 / 365
    start = people.onboarding * ONBOARDING_CALLS / DAYS
    rate = look.steady + bills + start
    per_90_days = 90 * CALLS_PER_PLANNED_CALL * (look.steady + bills)
    return pa.table(
        {
            "customer_id": customer_ids(people, np.arange(people.size)),
            "base_rate_per_day": pa.array(rate),
            "is_persistent": pa.array(per_90_days >= PERSISTENT_CALLS_PER_90_DAYS),
            "cause": text.words(names.CAUSES, people.cause),
            "segment": pa.array(segment_names(people), pa.string()),
        }
    )


def churn_truth(people: Population, memory: Memory) -> pa.Table:
    """Write one row per active customer and first of a month."""
    chance = memory.churn_probability
    month, customer = np.nonzero(~np.isnan(chance.T))
    cutoff = np.array(MONTH_STARTS, dtype=np.float64) * DAY + FIRST_EPOCH
    return pa.table(
        {
            "customer_id": customer_ids(people, customer),
            "cutoff_at": utc_times(cutoff[month]),
            "probability": pa.array(chance[customer, month]),
        }
    )


def contacts_truth(contacts: pa.Table, chance: Floats) -> pa.Table:
    """Write the probability of a sale of each attempt."""
    return pa.table(
        {"contact_id": contacts["contact_id"], "sale_probability": pa.array(chance)}
    )


def effects_truth(people: Population, memory: Memory) -> pa.Table:
    """Write what each campaign would do to each customer drawn for it."""
    ids = tuple(campaign.campaign_id for campaign in PLAN)
    customer = gather(memory, "drawn", "customer").astype(np.int64)
    campaign = gather(memory, "drawn", "campaign").astype(np.int64)
    return pa.table(
        {
            "customer_id": customer_ids(people, customer),
            "campaign_id": text.words(ids, campaign),
            "sale_effect": pa.array(gather(memory, "drawn", "sale_effect")),
            "churn_effect": pa.array(gather(memory, "drawn", "churn_effect")),
        }
    )


def billing_truth(people: Population, billing: Billing, memory: Memory) -> pa.Table:
    """Write one row per wrong bill that was sent."""
    sent = billing.wrong & (billing.day < DAYS)
    sent &= bill_time(billing.day) < cancel_at(memory)[:, None]
    customer, month = np.nonzero(sent)
    at = to_epoch(bill_time(billing.day[customer, month]))
    return pa.table(
        {
            "customer_id": customer_ids(people, customer),
            "billed_at": utc_times(at.astype(np.float64)),
            "overcharge_factor": pa.array(billing.overcharge[customer, month]),
            "makes_a_call": pa.array(billing.call_day[customer, month] < DAYS),
        }
    )


def faults_truth(faults: Faults) -> pa.Table:
    """Write one row per regional fault."""
    number = np.arange(len(faults.start), dtype=np.int64)
    return pa.table(
        {
            "fault_id": text.codes("f", number, 4),
            "region": text.words(names.REGIONS, faults.region),
            "started_at": utc_times(to_epoch(faults.start).astype(np.float64)),
            "hours": pa.array(faults.hours),
            "hit_share": pa.array(faults.hit_share),
        }
    )
