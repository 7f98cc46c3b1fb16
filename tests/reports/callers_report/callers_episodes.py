"""What triggers calls, what comes next, and what is unusual."""

import numpy as np
import pandas as pd
from callers_cast import HOSTILE, NEWEST, SECRET_CUSTOMER, SECRET_PHONE


def repeat_matrix() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for reason in ("billing", "fault", HOSTILE, "contract"):
        for queue in ("q_billing", "q_technical", "q_care"):
            count = int(rng.integers(40, 4000))
            repeated = int(count * (0.5 if reason == "fault" else 0.3))
            rows.append((reason, queue, count, repeated))
    rows.append(("rare", "q_care", 3, 1))
    frame = pd.DataFrame(rows, columns=["reason", "queue", "calls", "repeated"])
    rate = frame["repeated"] / frame["calls"]
    return frame.assign(
        rate=rate,
        low=rate - 0.02,
        high=rate + 0.02,
        expected_rate=0.33,
        follow_ups=frame["repeated"],
        repeat_hours=frame["repeated"] * 0.1,
        repeat_cost_eur=frame["repeated"] * 3.0,
        share_of_repeats=frame["repeated"] / frame["repeated"].sum(),
    )


def next_issues() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reason": ["billing", "billing", "fault"],
            "next_reason": ["billing", "fault", "billing"],
            "follow_ups": [900, 300, 12],
            "share": [0.75, 0.25, 1.0],
            "share_by_chance": [0.5, 0.25, 0.5],
            "lift": [1.5, 1.0, 2.0],
            "median_days": [1.9, 2.2, 0.4],
        }
    )


def early_warnings() -> pd.DataFrame:
    chance = np.linspace(0.61, 0.22, 60)
    return pd.DataFrame(
        {
            "customer_id": [SECRET_CUSTOMER, *(f"w{n:03d}" for n in range(59))],
            "cutoff_at": NEWEST,
            "rank": range(1, 61),
            "probability": chance,
            "source": "predictor",
            "calls_30d": 2,
            "reason": ["billing"] * 40 + ["fault"] * 17 + ["rare"] * 3,
        }
    )


def anomalies() -> pd.DataFrame:
    days = pd.to_datetime(["2026-06-20", "2026-06-09", "2026-06-11", "2026-06-12"]).date
    rows = pd.DataFrame(
        {
            "kind": ["region", "reason", "customer", "phone"],
            "value": ["R08", HOSTILE, SECRET_CUSTOMER, SECRET_PHONE],
            "day": days,
            "calls": [84, 28, 31, 40],
            "expected": [11.0, 12.0, 2.0, 3.0],
            "ratio": [7.7, 2.3, 15.5, 13.3],
            "p_value": [1e-6, 1e-9, 1e-12, 1e-9],
            "known_cause": ["outages", None, "bills", None],
            "words": [
                None,
                None,
                f"{SECRET_CUSTOMER} called",
                f"{SECRET_PHONE} called",
            ],
        }
    )
    many = pd.DataFrame([rows.iloc[2].to_dict()] * 8)
    many["value"] = [f"{SECRET_CUSTOMER}-{n}" for n in range(8)]
    return pd.concat([rows, many], ignore_index=True)
