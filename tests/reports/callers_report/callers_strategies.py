"""What to do about segments, and what came of what was done."""

import pandas as pd
from callers_cast import FORMULA


def strategies() -> pd.DataFrame:
    row = {
        "segment_id": "s1",
        "rank": 1,
        "action": "explain_bill",
        "title": "Explain the bill before it is sent",
        "why": "Most call within days of a bill.",
        "channel": "app message",
        "channel_reason": "41 % of them use it",
        "calls_per_30d": 900.0,
        "spared_low": 120.0,
        "spared": 200.0,
        "spared_high": 280.0,
        "hours_low": 10.0,
        "hours": 17.0,
        "hours_high": 24.0,
        "eur_low": 300.0,
        "eur": 510.0,
        "eur_high": 720.0,
        "cost_eur": 150.0,
        "chance_to_pay": 0.998,
        "assumptions": "It spares 10-25 % of the calls concerned.",
        "overlap": None,
    }
    second = row | {"rank": 2, "title": FORMULA, "channel": "", "segment_id": "s1"}
    return pd.DataFrame([row, second])


def strategies_summary() -> dict[str, object]:
    amount = {"low": 300.0, "value": 485.0, "high": 600.0}
    return {
        "notes": ["One action does not apply."],
        "total": {"calls": amount, "eur": amount, "cost_eur": 640.0},
        "total_words": "A call is counted once.",
        "segments": [
            {"segment_id": "s2", "words": "Nothing in the playbook fits here."}
        ],
    }


def action_effects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "action": ["explain_bill"],
            "began": [pd.Timestamp("2026-04-01")],
            "group": ["s1"],
            "rate_before": [0.36],
            "rate_after": [0.31],
            "rest_before": [0.35],
            "rest_after": [0.35],
            "effect": [-0.05],
            "low": [-0.08],
            "high": [-0.02],
            "n": [4100],
            "verdict": ["The repeat rate fell by 5.0 points against the rest."],
        }
    )
