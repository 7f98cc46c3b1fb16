"""Customers made up at several cutoffs, without a workspace."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from scipy import stats

from ccml.config.segments import RepeatCallersConfig
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.forgetting import ForgettingLaw
from ccml.segments.callers.gamma_poisson import CallCounts, fit_rates
from ccml.segments.callers.judge import Laws
from ccml.segments.callers.posterior import Posterior
from ccml.segments.history.law import TodaysLaw
from ccml.segments.history.snapshot import Pair, Snapshot, snapshot
from ccml.segments.history.universe import Universe
from ccml.segments.population import Population

RULE = RepeatCallersConfig()
NOW = datetime(2026, 1, 31, tzinfo=UTC)
NEXT = NOW + timedelta(days=30)
PERIOD = timedelta(days=30)


def people(ids, days, at, *, window_days=90, has_base=True):
    frame = pd.DataFrame({"customer_id": ids, "exposure_days": np.asarray(days, float)})
    return Population(frame, at, window_days, has_base)


def plain_shot(rows, at, *, has_base=True):
    """Make a snapshot of {customer: calls} in 90 days, all of them seen before."""
    ids = sorted(rows)
    calls = np.array([rows[one] for one in ids], dtype=np.int64)
    belief = Posterior(
        np.ones((1, len(ids))), 0.8 + calls[None, :], np.full((1, len(ids)), 114.0)
    )
    days = np.full(len(ids), 90.0)
    return Snapshot(
        people(ids, days, at, has_base=has_base),
        at - PERIOD,
        calls,
        np.zeros_like(calls),
        calls.astype(float),
        days,
        belief,
        np.zeros(len(ids), dtype=bool),
    )


def rate_exceeded_by(fit, share):
    """Find the rate per day that only a share of the fitted customers exceeds."""
    if not fit.is_overdispersed:
        return fit.mean_per_day
    return float(stats.gamma.isf(share, fit.shape, scale=1 / fit.inverse_scale_days))


def counted_law(calls, days, *, truncated=False):
    """Judge by the numbers of calls in the window alone."""
    fit = fit_rates(CallCounts.of(calls, days, is_truncated=truncated))
    threshold = rate_exceeded_by(fit, RULE.top_share)
    return TodaysLaw(Laws(fit, None, None), threshold, RULE)


def forgetting_law(calls, days, half_life=60.0):
    """Judge by calls that fade."""
    gamma = ForgettingLaw(0.5, (0.8, 0.8), (24.0, 24.0), 1.0, half_life, 0.0, 1)
    made = counted_law(calls, days)
    return TodaysLaw(Laws(made.laws.fit, gamma, gamma), made.threshold_per_day, RULE)


def universe_of(rng, calls, watched, today=NEXT):
    """Spread calls of periods of 30 days, the newest last, over days watched."""
    number, periods = calls.shape
    row = np.repeat(np.tile(np.arange(number), periods), calls.T.ravel())
    back = np.repeat(np.arange(periods)[::-1], calls.sum(axis=0))
    longest = np.clip(watched[row] - 30 * back, 0, 30)
    age = 30 * back + rng.uniform(1e-6, 1, len(row)) * longest
    order = np.lexsort([age, row])
    ids = pd.Index([f"c{i:06d}" for i in range(number)])
    return Universe(ids, CallDays(row[order], age[order], watched), today)


def pair_of(seed, size=6_000, *, change=1.0, alike=False, busier=1.0, law=counted_law):
    """Watch customers for four periods; some joined in the second one.

    Args:
        seed: Seed.
        size: Customers.
        change: What the rates of persistent callers are multiplied by in the last.
        alike: All have the same rate.
        busier: What everybody's rate is multiplied by in the last.
        law: Makes the law from calls and days of the window.
    """
    rng = np.random.default_rng(seed)
    rate = np.full(size, 1 / 30) if alike else rng.gamma(0.8, 1 / 24, size)
    watched = np.where(rng.random(size) < 0.1, 75.0, 120.0)
    days = np.clip(watched[:, None] - 30 * np.arange(4)[::-1], 0, 30)
    calls = rng.poisson(rate[:, None] * days)
    made = law(calls[:, :3].sum(axis=1), days[:, :3].sum(axis=1))
    universe = universe_of(rng, calls, watched)
    before = _shot(universe, watched - 30, NOW, made)
    factor = busier * np.where(before.is_persistent, change, 1.0)
    calls[:, 3] = rng.poisson(rate * factor * days[:, 3])
    universe = universe_of(rng, calls, watched)
    before = _shot(universe, watched - 30, NOW, made)
    after = _shot(universe, watched, NEXT, made)
    return Pair.of(before, after), made, universe


def _shot(universe, watched, at, law, *, has_base=True):
    base = people(list(universe.ids), watched, at, has_base=has_base)
    return snapshot(base, universe, at - PERIOD, law)


def callers_only(seed, size=4_000):
    """Watch customers for four periods where only callers are on record."""
    rng = np.random.default_rng(seed)
    rate, watched = rng.gamma(0.8, 1 / 24, size), np.full(size, 120.0)
    calls = rng.poisson(rate[:, None] * np.full((size, 4), 30.0))
    window = calls[:, :3].sum(axis=1)
    seen = window > 0
    law = counted_law(window[seen], np.full(seen.sum(), 90.0), truncated=True)
    universe = universe_of(rng, calls, watched)
    shots = [
        _shot(universe, days, at, law, has_base=False)
        for days, at in ((watched - 30, NOW), (watched, NEXT))
    ]
    return Pair.of(*shots), law
