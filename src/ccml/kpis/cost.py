"""What repeat calls cost."""

import numpy as np
import pandas as pd

from ccml.kpis.handling import PER_CALL
from ccml.kpis.intervals import Z
from ccml.kpis.measure import known_types

HOUR_S = 3600
CELL = ["period", "group_kind", "group"]


def repeat_cost_rows(
    tidy: pd.DataFrame, window_days: int, cost_per_hour_eur: float
) -> pd.DataFrame:
    """Price the repeats of each group: repeated calls x AHT x cost of an agent's hour.

    The interval joins what is not known of the repeat rate and of the mean handle time,
    as if they were independent.

    Args:
        tidy: Rows of key figures, with repeat_rate and aht.
        window_days: The window of the repeat rate.
        cost_per_hour_eur: Cost of an agent's hour.
    """
    is_rate = (tidy.kpi == "repeat_rate") & (tidy.window_days == window_days)
    rates = tidy[is_rate].set_index(CELL)
    aht = tidy[(tidy.kpi == "aht") & (tidy.variant == PER_CALL)].set_index(CELL)
    both = rates.join(aht[["value", "low", "high", "why_null"]].add_suffix("_aht"))
    price = both.numerator * both.value_aht / HOUR_S * cost_per_hour_eur
    unsure = Z * np.hypot(
        _relative(both.value, both.low, both.high),
        _relative(both.value_aht, both.low_aht, both.high_aht),
    )
    words = (
        f"repeated within {window_days:g} d x mean handle time x "
        f"{cost_per_hour_eur:g} EUR per agent hour"
    )
    rows = both.assign(
        kpi="repeat_cost",
        variant=words,
        unit="EUR",
        value=price,
        low=(price * (1 - unsure)).clip(lower=0),
        high=price * (1 + unsure),
        denominator=np.nan,
        why_null=both.why_null.fillna(both.why_null_aht).where(price.isna(), None),
    ).reset_index()
    return known_types(rows[[*CELL, *_figure_columns(tidy)]])


def _figure_columns(tidy: pd.DataFrame) -> list[str]:
    return [column for column in tidy.columns if column not in CELL]


def _relative(value: pd.Series, low: pd.Series, high: pd.Series) -> pd.Series:
    """Turn an interval into a relative standard error; unknown counts as sure."""
    wide = (high - low) / (2 * Z) / value.where(value > 0)
    return wide.fillna(0.0)
