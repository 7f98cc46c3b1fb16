"""Segments, and what is told of each."""

import numpy as np
import pandas as pd
from callers_cast import CUTOFFS, NEWEST, SEGMENTS


def segment_summary() -> dict[str, object]:
    """What is told of the segments."""
    total = sum(customers for _, _, customers, *_ in SEGMENTS)
    return {
        "cutoff_at": NEWEST.isoformat(),
        "window_days": 90,
        "customers": total,
        "calls": 20440,
        "population": "customers on record",
        "notes": [],
        "verdict": "780 customers call persistently more. 7 reliable segments.",
        "segments": [
            {
                "id": id_,
                "name": name,
                "customers": customers,
                "share_of_customers": customers / total,
                "calls": number,
                "share_of_calls": share,
                "handle_hours_per_30d": hours,
                "cost_per_30d_eur": 30 * hours,
                "sentences": [f"{customers} customers make some of the calls."],
                "rule": {
                    "words": "more than 40 % of calls about billing",
                    "precision": 0.92,
                    "recall": 0.71,
                    "customers": total,
                },
            }
            for id_, name, customers, number, share, hours in SEGMENTS
        ],
    }


def segment_profiles() -> pd.DataFrame:
    rows = []
    for id_, name, customers, number, share, _ in SEGMENTS[:-1]:
        for trait, meaning, unit, value, overall, effect in (
            ("about_billing", "calls about billing", "share", 0.87, 0.2, 1.9),
            ("transferred", "answered calls passed on", "share", 0.3, 0.14, 0.7),
            ("calls", "calls in 30 days", "calls", 1.1, 0.93, 0.1),
        ):
            size = (id_, name, customers, 0.1, number, share)
            ends = (effect - 0.1, effect + 0.1)
            rows.append((*size, trait, meaning, unit, value, overall, effect, *ends))
    columns = [
        "segment_id", "name", "customers", "share_of_customers", "calls",
        "share_of_calls", "trait", "meaning", "unit", "value", "overall", "effect",
        "effect_low", "effect_high",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def segment_figures() -> pd.DataFrame:
    rows = []
    for id_, _, customers, _, _, hours in SEGMENTS:
        for figure, value, unit in (
            ("hours", hours, "hours per 30 days"),
            ("cost", 30 * hours, "EUR per 30 days"),
            ("repeat_share", 0.35, "share"),
            ("wait", 41.5, "s"),
            ("csat", np.nan, "points"),
        ):
            n = 0 if np.isnan(value) else customers
            rows.append((id_, figure, value, 0.9 * value, 1.1 * value, n, unit, "90 d"))
    columns = ["segment_id", "figure", "value", "low", "high", "n", "unit", "period"]
    return pd.DataFrame(rows, columns=columns)


def segment_outlook() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "segment_id": ["s1", "s2"],
            "predictor": ["churn", "churn"],
            "customers": [1840, 3],
            "mean_probability": [0.031, 0.5],
            "low": [0.03, 0.4],
            "high": [0.032, 0.6],
            "realised_rate": [0.029, 0.2],
            "realised_low": [0.02, 0.1],
            "realised_high": [0.04, 0.3],
            "realised_n": [1700, 2],
            "realised_cutoff_at": CUTOFFS[0],
            "note": [None, None],
        }
    )
