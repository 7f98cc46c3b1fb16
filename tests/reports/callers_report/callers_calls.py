"""Calls, whose they are, and who calls persistently more."""

import numpy as np
import pandas as pd
from callers_cast import NEWEST


def calls_and_links() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Calls of two hundred customers in half a year, and whose they are."""
    rng = np.random.default_rng(4)
    rate = rng.gamma(0.6, 30.0, 200)
    who = np.repeat(np.arange(200), rng.poisson(rate))
    day = rng.integers(0, 180, len(who))
    start = pd.Timestamp("2026-01-01 08:00", tz="UTC")
    at = start + pd.to_timedelta(day, "D") + pd.to_timedelta(np.arange(len(who)), "s")
    ids = [f"call{n:05d}" for n in range(len(who))]
    made = pd.DataFrame(
        {
            "call_id": ids,
            "started_at": at,
            "known_at": at + pd.Timedelta(minutes=9),
            "direction": "inbound",
            "answered": True,
            "handle_s": rng.integers(60, 900, len(who)).astype(float),
            "talk_s": 50.0,
            "reason": "billing",
            "queue": "q_billing",
        }
    )
    links = pd.DataFrame(
        {
            "call_id": ids,
            "customer_id": [f"c{n:04d}" for n in who],
            "rule": "customer_key",
            "status": "matched",
            "known_at": made["known_at"],
        }
    )
    return made, links


def repeat_callers() -> pd.DataFrame:
    """The twenty first customers are persistent."""
    number = np.arange(200)
    return pd.DataFrame(
        {
            "customer_id": [f"c{n:04d}" for n in number],
            "cutoff_at": NEWEST,
            "calls": 3,
            "exposure_days": 90.0,
            "posterior_rate_per_30d": 1.0,
            "probability_persistent": 0.5,
            "is_persistent": number < 20,
        }
    )


def callers_summary() -> dict[str, object]:
    """What is told of persistent callers and of concentration."""
    x = np.linspace(0, 1, 41)
    fit = [
        {"calls": n, "observed": 11000 * 0.4**n, "expected": 10800 * 0.41**n}
        for n in range(13)
    ]
    return {
        "cutoff_at": NEWEST.isoformat(),
        "window_days": 90,
        "repeat_callers": {
            "persistent_customers": 780,
            "share_of_customers": 0.051,
            "share_of_calls": 0.338,
            "threshold_per_30d": 0.994,
            "is_overdispersed": True,
            "expected_precision": 0.929,
            "expected_recall": 0.358,
            "placebo": {"flagged": 0.0, "rule_of_three": 0.155},
            "fit": fit,
            "diagnostics": {
                "rootogram": fit,
                "pit": [0.1, 0.11, 0.09, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
                "pit_p_value": 0.4,
                "verdict": "The spread of rates fits what was seen.",
            },
            "models": [
                {
                    "name": "poisson",
                    "words": "one rate for all",
                    "bic": 9100.0,
                    "chosen": False,
                },
                {"name": "rates spread by gamma", "bic": 8100.0, "chosen": True},
            ],
            "thresholds": [
                {
                    "probability": p,
                    "customers": int(2000 * (1 - p)),
                    "expected_precision": 0.6 + 0.35 * p,
                    "expected_recall": 1 - 0.8 * p,
                }
                for p in (0.5, 0.6, 0.7, 0.8, 0.9)
            ],
            "regression": {"words": "Of 100 top callers, 54 leave by chance alone."},
            "next_period": {"words": "The next month was foretold 24 % better."},
        },
        "concentration": {
            "gini": 0.71,
            "gini_by_chance": 0.47,
            "gini_low": 0.7,
            "gini_high": 0.72,
            "top": [
                {
                    "top": t,
                    "share": 1 - (1 - t) ** 5,
                    "low": 1 - (1 - t) ** 5 - 0.01,
                    "high": 1 - (1 - t) ** 5 + 0.01,
                    "by_chance": 1 - (1 - t) ** 2.5,
                }
                for t in (0.01, 0.14, 0.2)
            ],
            "lorenz": [
                {
                    "share_of_customers": float(v),
                    "share_of_calls": float(1 - (1 - v) ** 5),
                    "by_chance": float(1 - (1 - v) ** 2.5),
                }
                for v in x
            ],
        },
    }


def match_quality() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": "2026-06",
            "queue": ["q_billing", "q_care"],
            "calls": [5000, 5000],
            "matched": [500.0, 4500.0],
        }
    )


def unknown_share(share: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": ["all"],
            "group": ["all"],
            "group_kind": ["all"],
            "kpi": ["unknown_callers"],
            "variant": ["inbound"],
            "value": [share],
            "n": [10_000],
            "unit": ["share"],
        }
    )
