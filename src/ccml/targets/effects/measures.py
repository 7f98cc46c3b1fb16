"""The effects of one campaign on everything that is counted, and on profit."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.campaigns import CampaignsConfig
from ccml.targets.effects.estimate import (
    Bools,
    Floats,
    mean_effect,
    standardised_difference,
)
from ccml.targets.effects.rows import BEFORE, EUR

PROFIT = "profit"
FEWEST_HELD_OUT = 30
"""Fewer held-out customers tell nothing that could be relied on."""


def campaign_effects(
    units: pd.DataFrame, campaigns: CampaignsConfig
) -> Iterator[dict[str, Any]]:
    """Estimate every effect of one campaign.

    Args:
        units: Rows of `with_outcomes`.
        campaigns: What counts.

    Yields:
        One row per outcome and one for profit: measure, title, unit, the fields of
        `Effect`, and the change over all who were to be contacted (total, low, high).
    """
    treated = np.asarray(~units["held_out"], dtype=np.bool_)
    before = _before(units)
    for name, outcome in campaigns.outcomes.items():
        happened = np.asarray(units[name] > 0, dtype=np.float64)
        yield _row(name, outcome.title, "customers", (happened, treated, before))
    earned = units[[f"{EUR}{name}" for name in campaigns.outcomes]].sum(axis=1)
    cost = campaigns.cost_per_attempt_eur * units["attempts"]
    profit = np.asarray(earned - cost, dtype=np.float64)
    if np.ptp(profit) > 0:
        yield _row(PROFIT, "profit after cost", "EUR", (profit, treated, before))


def worst_difference(units: pd.DataFrame) -> float:
    """Return the largest standardised difference of what happened before, in size."""
    treated = ~units["held_out"].to_numpy(dtype=np.bool_)
    differences = [
        abs(standardised_difference(column, treated)) for column in _before(units).T
    ]
    return max(differences, default=0.0)


def _before(units: pd.DataFrame) -> Floats:
    columns = [name for name in units.columns if name.startswith(BEFORE)]
    return units[columns].to_numpy(dtype=np.float64)


def _row(
    name: str, title: str, unit: str, data: tuple[Floats, Bools, Floats]
) -> dict[str, Any]:
    found = mean_effect(*data)
    size = int(data[1].sum())
    return {
        "measure": name,
        "title": title,
        "unit": unit,
        "treated_mean": found.treated_mean,
        "held_out_mean": found.held_out_mean,
        "effect": found.value,
        "effect_low": found.low,
        "effect_high": found.high,
        "could_show": found.could_show,
        "adjusted": found.adjusted,
        "total": found.value * size,
        "total_low": found.low * size,
        "total_high": found.high * size,
    }
