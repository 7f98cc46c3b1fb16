"""How good probabilities by a horizon are where some rows were not followed so long.

A row whose event by the horizon is known stands for those like it that were lost before:
it weighs one over the chance to be followed that long, from the Kaplan-Meier curve G of
censoring (IPCW). With T the time and S the foretold share without the event by h:

    Brier(h) = mean of  S^2 / G(T) where the event came before h,
                        (1 - S)^2 / G(h-) where it did not,
                        0 where censored before h.

Graf, Schmoor, Sauerbrei, Schumacher (1999), Stat. Med. 18. The observed share is the same
mean of 1 / G(T) over events. The area under the curve of who had the event by h against
who had not weighs likewise: Uno, Cai, Tian, Wei (2007), J. Am. Stat. Assoc. 102.

Censoring must not depend on who is likely to have the event. Here it comes from the end
of the data alone, so it depends on the cutoff and on nothing else of the customer.
"""

from dataclasses import dataclass

import numpy as np

from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.resampling import Draws, Measure, sampled_mean, with_interval
from ccml.predictors.survival.kaplan_meier import Flags, censoring

FEWEST = 20
"""Rows with and without the event by a horizon that its judgement needs."""


@dataclass(frozen=True)
class Outcome:
    """What is known of each row by one horizon.

    Attributes:
        event: 1.0 where the event came before the horizon.
        weight: One over the chance to be followed that long; 0 where nothing is known.
    """

    event: Floats
    weight: Floats

    @property
    def is_judged(self) -> bool:
        """Tell whether enough is known of both outcomes."""
        known = self.weight > 0
        with_event = int(self.event[known].sum())
        return min(with_event, int(known.sum()) - with_event) >= FEWEST


@dataclass(frozen=True)
class Sampled:
    """Rows that are drawn by customer.

    Attributes:
        clusters: Column of `draws` that each row belongs to.
        draws: Resamples x customers.
    """

    clusters: Rows
    draws: Draws

    def mean(self, values: Floats) -> Floats:
        """Return the mean of the rows, then of each resample."""
        return sampled_mean(values, self.clusters, self.draws)


def outcome(days: Floats, happened: Flags, horizon: float) -> Outcome:
    """Tell what is known by a horizon, weighted by the censoring of all rows.

    Args:
        days: Time to the event or to censoring.
        happened: Whether it was the event.
        horizon: Days; an event at that very moment comes after it.
    """
    left = censoring(days, happened)
    event = happened & (days < horizon)
    through = days >= horizon
    weight = np.zeros(len(days))
    weight[event] = 1 / left.at(days[event])
    if through.any():
        weight[through] = 1 / left.before(np.array([horizon]))[0]
    return Outcome(event.astype(np.float64), weight)


def brier_parts(seen: Outcome, survival: Floats) -> Floats:
    """Return each row's part of the IPCW Brier score; their mean is the score."""
    return np.asarray(seen.weight * (1 - survival - seen.event) ** 2)


def ipcw_brier(
    days: Floats, happened: Flags, survival: Floats, horizon: float
) -> float:
    """Return the IPCW Brier score at one horizon.

    Args:
        days: Time to the event or to censoring.
        happened: Whether it was the event.
        survival: Foretold share without the event by the horizon.
        horizon: Days.
    """
    return float(brier_parts(outcome(days, happened, horizon), survival).mean())


def time_auc(seen: Outcome, risk: Floats, sample: Sampled) -> Floats:
    """Return the time-dependent AUC of the rows, then of each resample.

    Rows censored before the horizon take no part; equal risks count half.
    """
    known = np.flatnonzero(seen.weight > 0)
    order = known[np.argsort(risk[known], kind="stable")]
    owners, weight, event = (
        sample.clusters[order],
        seen.weight[order],
        seen.event[order],
    )
    values = risk[order]
    ends = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
    every = np.ones((1, sample.draws.shape[1]), dtype=np.int8)
    return np.array(
        [
            _area(
                row[owners] * weight * event, row[owners] * weight * (1 - event), ends
            )
            for draws in (every, sample.draws)
            for row in draws
        ]
    )


def _area(cases: Floats, others: Floats, ends: Rows) -> float:
    """Return the chance that a case's risk lies above another's; rising risks."""
    below = np.cumsum(others)[ends]
    reached = np.cumsum(cases)[ends]
    own, tied = np.diff(reached, prepend=0.0), np.diff(below, prepend=0.0)
    whole = reached[-1] * below[-1]
    return float((own * (below - tied / 2)).sum() / whole) if whole > 0 else np.nan


def judged(
    seen: Outcome, survival: Floats, everybody: float, sample: Sampled
) -> dict[str, Measure | int | bool]:
    """Judge one horizon, beside the same probability for everybody.

    Args:
        seen: What is known by the horizon.
        survival: Foretold share without the event.
        everybody: The same by Kaplan-Meier, learnt from the training rows.
        sample: Resamples of customers; the weights of censoring stay as they are.
    """
    own = brier_parts(seen, survival)
    plain = brier_parts(seen, np.full(len(survival), everybody))
    lead = sample.mean(own - plain)
    observed = sample.mean(seen.weight * seen.event)
    promised = sample.mean(1 - survival)
    difference = with_interval(lead)
    high = difference["high"]
    return {
        "rows_known": int((seen.weight > 0).sum()),
        "events": int(seen.event.sum()),
        "probability_mean": with_interval(promised),
        "observed": with_interval(observed),
        "observed_minus_promised": with_interval(observed - promised),
        "brier": with_interval(sample.mean(own)),
        "brier_kaplan_meier": with_interval(sample.mean(plain)),
        "brier_difference": difference,
        "auc": with_interval(time_auc(seen, 1 - survival, sample)),
        "beats_kaplan_meier": high is not None and high < 0,
    }
