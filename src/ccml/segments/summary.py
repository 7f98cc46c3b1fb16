"""What was found about repeat callers and segments, as plain values for readers."""

from dataclasses import asdict
from typing import Any

import numpy as np

from ccml.segments.callers.gamma_poisson import expected_customers
from ccml.segments.callers.judge import MONTH_DAYS, Callers
from ccml.segments.groups import Groups
from ccml.segments.population import Population
from ccml.segments.profiles.profile import sentences

MOST_CALLS_SHOWN = 12
CALLERS_ONLY = (
    "There is no record of customers without a call, so only those who called in the "
    "window are described; their rates are fitted with that in mind, and each is taken "
    "to have been a customer for the whole window."
)


def segments_summary(
    people: Population,
    callers: Callers,
    spread: dict[str, Any],
    groups: Groups,
    cost_per_hour_eur: float,
) -> dict[str, Any]:
    """Put the summary together.

    Args:
        people: Who was described.
        callers: The repeat callers.
        spread: The concentration.
        groups: The segments.
        cost_per_hour_eur: Cost of an agent's hour.
    """
    return {
        "cutoff_at": people.cutoff.isoformat(),
        "window_days": people.window_days,
        "customers": len(people.customers),
        "calls": int(callers.table["calls"].sum()),
        "population": population_words(people),
        "notes": [] if people.has_base else [CALLERS_ONLY],
        "repeat_callers": repeat_callers_summary(callers),
        "concentration": spread,
        "segments": _segments(people, groups, cost_per_hour_eur),
        "trials": [asdict(trial) for trial in groups.clustering.trials],
        "verdict": verdict(callers, groups),
    }


def population_words(people: Population) -> str:
    """Say who all customers are."""
    return "customers on record" if people.has_base else "customers who called"


def repeat_callers_summary(callers: Callers) -> dict[str, Any]:
    """Describe the persistent callers and how they were told from chance."""
    table, fit, counts = callers.table, callers.fit, callers.counts
    flagged = table["is_persistent"]
    sure = table["probability_persistent"]
    total = max(int(table["calls"].sum()), 1)
    top = min(MOST_CALLS_SHOWN, int(counts.calls.max()))
    expected = expected_customers(fit, counts, top)
    observed = np.bincount(
        counts.calls.astype(int), weights=counts.customers, minlength=top + 1
    )
    alike = not fit.is_overdispersed
    return {
        "persistent_customers": int(flagged.sum()),
        "share_of_customers": float(flagged.mean()),
        "share_of_calls": float(table.loc[flagged, "calls"].sum() / total),
        "mean_rate_per_30d": float(
            table["calls"].sum() / table["exposure_days"].sum() * MONTH_DAYS
        ),
        "prior": None
        if alike
        else {"shape": fit.shape, "days": fit.inverse_scale_days},
        "is_truncated": fit.is_truncated,
        "overdispersion_p_value": fit.p_value,
        "is_overdispersed": fit.is_overdispersed,
        "threshold_per_30d": callers.judged.threshold_per_day * MONTH_DAYS,
        "expected_precision": float(sure[flagged].mean()) if flagged.any() else None,
        "expected_recall": None if alike else float(sure[flagged].sum() / sure.sum()),
        "placebo": callers.placebo,
        "fit": [
            {"calls": n, "observed": float(observed[n]), "expected": float(expected[n])}
            for n in range(top + 1)
        ],
    }


def verdict(callers: Callers, groups: Groups) -> str:
    """Say in plain words what can be relied upon."""
    if callers.fit.is_overdispersed:
        persistent = int(callers.table["is_persistent"].sum())
        first = f"{persistent:,} customers call persistently more than others."
    else:
        first = (
            "Customers do not differ in how often they call by more than chance, so "
            "nobody is called a persistent caller."
        )
    if groups.clustering.k:
        second = (
            f"{groups.clustering.k} reliable segments: each comes back when customers "
            f"are resampled, none is tiny, and chance makes none as tight."
        )
    else:
        second = "No reliable clusters: the customers who called are kept together."
    return f"{first} {second}"


def _segments(
    people: Population, groups: Groups, cost_per_hour_eur: float
) -> list[dict[str, Any]]:
    base = population_words(people)
    rows = groups.profile
    return [
        {
            "id": segment,
            "name": groups.names[segment],
            **asdict(size),
            "cost_per_30d_eur": size.handle_hours_per_30d * cost_per_hour_eur,
            "sentences": sentences(rows[rows["segment_id"] == segment], size, base),
        }
        for segment, size in groups.sizes.items()
    ]
