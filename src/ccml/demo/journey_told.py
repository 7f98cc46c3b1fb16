"""What callers say or show beside the call itself: surveys, adverts, hidden numbers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.demo import names, text
from ccml.demo.arrays import Floats, Ints, ints, pick
from ccml.demo.books import gather
from ccml.demo.callers import ANONYMOUS_WORDS, CAMPAIGN
from ccml.demo.campaigns import PLAN
from ccml.demo.chunk import ChunkLife
from ccml.demo.journey_ids import CALL, uuids
from ccml.demo.journey_stock import INBOUND, INTERNAL, Stock

# Marketing source, its medium, its campaign, and the share of inbound voice calls.
SOURCES = ("direct", "google_ads", "google_organic", "bing_ads", "letter", "partner")
MEDIA = ("none", "cpc", "organic", "cpc", "print", "referral")
ADVERTS = ("brand_search", "summer_offer", "monthly_letter")
SHARES = np.array([0.44, 0.18, 0.20, 0.05, 0.08, 0.05])
ADVERT_OF = np.array([-1, 0, -1, 1, 2, -1])
PAID = np.array([False, True, False, True, False, False])
KEYWORDS = ("telecom hotline", "mobile tariff", "fast internet", "cancel contract")
NPS_SHARE, CES_SHARE = 0.06, 0.04  # of answered inbound calls
NO_ANSWER_EDGES = np.array([0.72, 0.82])  # no answer, busy, answering machine
_UNREACHED = 5  # place of "no_answer" in SYSTEM_OUTCOMES; two more follow


@dataclass(frozen=True)
class Told:
    """One entry per call."""

    attribution: dict[str, pa.Array]
    hidden: pa.Array  # what is shown instead of a number
    nps: Floats  # NaN = not asked
    ces: Floats
    unreached: Ints  # place in SYSTEM_OUTCOMES, were the call not answered


def draw_told(rng: np.random.Generator, life: ChunkLife, stock: Stock) -> Told:
    """Draw surveys, marketing sources and words in place of numbers."""
    call, size = stock.log.contact, len(stock.started)
    word = text.words(ANONYMOUS_WORDS, rng.integers(0, len(ANONYMOUS_WORDS), size))
    asked = call.answered & (stock.direction == INBOUND)
    bad = call.disposition == names.UNRESOLVED
    nps = np.clip(np.round(8.2 - 3.5 * bad + rng.normal(0, 1.8, size)), 0, 10)
    ces = np.clip(np.round(5.4 - 1.8 * bad + rng.normal(0, 1.1, size)), 1, 7)
    draw = rng.random((size, 2)) < (NPS_SHARE, CES_SHARE)
    edge = np.searchsorted(NO_ANSWER_EDGES, rng.random(size), side="right")
    return Told(
        attribution=_attribution(rng, life, stock),
        hidden=pc.if_else(pc.equal(word, ""), pa.scalar(None, pa.string()), word),
        nps=np.where(asked & draw[:, 0], nps, np.nan),
        ces=np.where(asked & draw[:, 1], ces, np.nan),
        unreached=_UNREACHED + edge * (stock.direction != INTERNAL),
    )


def _attribution(
    rng: np.random.Generator, life: ChunkLife, stock: Stock
) -> dict[str, pa.Array]:
    """Write where inbound voice calls came from, and campaigns of outbound ones."""
    size = len(stock.started)
    tracked = (stock.direction == INBOUND) & (stock.log.contact.channel == 0)
    source = pick(rng, SHARES, size)
    keyword = rng.integers(0, len(KEYWORDS), size)
    paid = tracked & PAID[source]
    plan = _plan_of(life, stock)
    known = tuple(campaign.campaign_id for campaign in PLAN)
    advert = np.where(tracked, ADVERT_OF[source], -1)
    campaign = np.where(plan >= 0, len(ADVERTS) + plan, advert)
    click = uuids(CALL, life.seed, life.chunk, np.arange(size), 5)
    return {
        "source": text.words(SOURCES, source, tracked),
        "medium": text.words(MEDIA, source, tracked),
        "campaign": text.words(
            (*ADVERTS, *known), np.maximum(campaign, 0), campaign >= 0
        ),
        "keyword": text.words(KEYWORDS, keyword, paid),
        "click_id": pc.if_else(pa.array(paid), click, pa.scalar(None, pa.string())),
    }


def _plan_of(life: ChunkLife, stock: Stock) -> Ints:
    """Find the campaign of each attempt by customer and time; -1 = none."""
    log, memory = stock.log, life.memory
    key = _key(gather(memory, "contacts", "customer"), gather(memory, "contacts", "at"))
    order = np.argsort(key, kind="stable")
    campaign = ints(gather(memory, "contacts", "campaign"))[order]
    attempts = np.flatnonzero(log.outbound & (log.reason == CAMPAIGN))
    place = np.searchsorted(key[order], _key(log.customer[attempts], log.at[attempts]))
    found = np.full(len(log.at), -1, dtype=np.int64)
    found[attempts] = campaign[place]
    return found


def _key(customer: Floats | Ints, at: Floats) -> Ints:
    return ints(customer) * 2**32 + ints(np.round(at))
