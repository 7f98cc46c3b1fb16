"""What was found about repeat callers, as plain values for readers."""

from typing import Any

import numpy as np
import pandas as pd

from ccml.segments.callers.gamma_poisson import poisson_rate
from ccml.segments.callers.judge import MONTH_DAYS, Callers
from ccml.segments.callers.law_choice import (
    chosen,
    fit_words,
    law_trials,
    pit,
    rootogram,
    trial_dict,
)

MOST_CALLS_SHOWN = 12
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TOO_SHORT = (
    "The calls do not go back far enough to tell a lasting rate from a chain of calls "
    "about one matter; the numbers of calls alone are judged."
)


def callers_summary(
    callers: Callers, placebo: dict[str, float], regression: dict[str, Any] | None
) -> dict[str, Any]:
    """Describe the persistent callers and how they were told from chance."""
    table, fit, counts = callers.table, callers.laws.fit, callers.counts
    flagged, sure = table["is_persistent"], table["probability_persistent"]
    total = max(int(table["calls"].sum()), 1)
    trials = law_trials(counts, fit, poisson_rate(counts))
    best = chosen(trials)
    tenths = pit(counts, best)
    shown = rootogram(counts, best, min(MOST_CALLS_SHOWN, int(counts.calls.max())))
    lasting, alike = callers.laws.lasting, not fit.is_overdispersed
    return {
        "persistent_customers": int(flagged.sum()),
        "share_of_customers": float(flagged.mean()),
        "share_of_calls": float(table.loc[flagged, "calls"].sum() / total),
        "mean_rate_per_30d": float(
            table["calls"].sum() / table["exposure_days"].sum() * MONTH_DAYS
        ),
        "expected_calls_30d": float(table["expected_calls_30d"].sum()),
        "prior": None
        if alike
        else {"shape": fit.shape, "days": fit.inverse_scale_days},
        "law": None if lasting is None else lasting.as_dict(),
        "notes": [] if alike or lasting is not None else [TOO_SHORT],
        "is_truncated": fit.is_truncated,
        "overdispersion_p_value": fit.p_value,
        "is_overdispersed": fit.is_overdispersed,
        "threshold_per_30d": callers.threshold_per_day * MONTH_DAYS,
        "expected_precision": float(sure[flagged].mean()) if flagged.any() else None,
        "expected_recall": None if alike else float(sure[flagged].sum() / sure.sum()),
        "thresholds": [] if alike else _thresholds(sure),
        "placebo": placebo,
        "regression": regression,
        "models": [trial_dict(trial, best) for trial in trials],
        "diagnostics": {
            "rootogram": shown,
            "pit": tenths,
            "verdict": fit_words(tenths, best),
        },
        "fit": shown,
    }


def _thresholds(sure: "pd.Series[float]") -> list[dict[str, float | int | None]]:
    """Show what being surer costs."""
    values = np.sort(sure.to_numpy(dtype=float))[::-1]
    total = float(values.sum())
    found: list[dict[str, float | int | None]] = []
    for least in THRESHOLDS:
        taken = values[values >= least]
        found.append(
            {
                "probability": least,
                "customers": len(taken),
                "expected_precision": float(taken.mean()) if len(taken) else None,
                "expected_recall": float(taken.sum() / total) if total > 0 else None,
            }
        )
    return found
