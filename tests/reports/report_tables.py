"""Tables of the report's inputs: what each stage stores, in small."""

import json

import numpy as np
import pandas as pd

HOSTILE = "<script>alert('x')</script>"


def kpis() -> pd.DataFrame:
    """Key figures over all, by month, and by reason."""
    every = ("all", "all", "all")
    rows: list[tuple[object, ...]] = []

    def add(
        where: tuple[str, str, str],
        kpi: str,
        variant: str,
        unit: str,
        value: float,
        n: int,
    ) -> None:
        rows.append((*where, kpi, variant, value, value * n, float(n), n, unit))

    def add_calls(where: tuple[str, str, str], n: int, shift: float) -> None:
        add(where, "calls", "inbound", "calls", n, n)
        add(where, "abandonment", "AB1: abandoned / offered", "share", 0.06 + shift, n)
        add(where, "aht", "talk + hold + wrap per call", "s", 312.0 + 900 * shift, n)
        add(
            where,
            "transfer_rate",
            "transferred / answered inbound calls",
            "share",
            0.14 + shift,
            n,
        )
        for days, rate in ((1, 0.12), (7, 0.31), (30, 0.52)):
            variant = (
                f"within {days} d; answered inbound calls followed by a further call"
            )
            add(where, "repeat_rate", variant, "share", rate + shift, n)
            add(
                where, "fcr", f"1 - repeat rate {variant}", "share", 1 - rate - shift, n
            )

    add_calls(every, 48210, 0.0)
    add(every, "calls", "inbound, answered", "calls", 44100, 48210)
    add(
        every,
        "service_level",
        "SL2: answered in time / offered (20 s)",
        "share",
        0.71,
        46000,
    )
    add(every, "asa", "queue wait of answered calls", "s", 48.2, 44100)
    add(every, "wait_p50", "queue wait of answered calls", "s", 21.0, 44100)
    add(every, "wait_p95", "queue wait of answered calls", "s", 211.0, 44100)
    add(every, "handle_p10", "talk + hold + wrap per call", "s", 74.0, 44100)
    add(every, "handle_p90", "talk + hold + wrap per call", "s", 702.0, 44100)
    add(every, "hold_time", "per held call", "s", 51.0, 9100)
    add(every, "csat", "mean of the answers", "points", 3.84, 5300)
    add(
        every,
        "unknown_callers",
        "inbound calls of no known customer / inbound calls",
        "share",
        0.096,
        48210,
    )
    for number in range(1, 13):
        month = f"2025-{number:02d}"
        add(
            (month, "all", "all"), "calls", "inbound", "calls", 3800 + 40 * number, 4000
        )
    for place, reason in enumerate(["billing", "fault", "contract", "other"]):
        add_calls(("all", reason, "reason"), 20000 - 4000 * place, 0.03 - 0.02 * place)
    columns = [
        "period",
        "group",
        "group_kind",
        "kpi",
        "variant",
        "value",
        "numerator",
        "denominator",
        "n",
        "unit",
    ]
    return pd.DataFrame(rows, columns=columns)


def repeat_trend(weeks: int = 40) -> pd.DataFrame:
    """The repeat rate by week; the last two weeks are not over."""
    week = pd.date_range("2025-01-06", periods=weeks, freq="7D").date
    base = np.full(weeks, 1100)
    repeated = (base * (0.31 + 0.03 * np.sin(np.arange(weeks) / 5))).astype(int)
    return pd.DataFrame(
        {
            "week": week,
            "base": base,
            "repeated": repeated,
            "rate": repeated / base,
            "is_censored": np.arange(weeks) >= weeks - 2,
        }
    )


def calls_by_hour() -> pd.DataFrame:
    """Calls by weekday and hour: mornings and Mondays are busy."""
    grid = [(day, hour) for day in range(7) for hour in range(7, 22)]
    calls = [int(900 * np.exp(-((h - 11) ** 2) / 18) / (1 + d * 0.25)) for d, h in grid]
    frame = pd.DataFrame(grid, columns=["weekday", "hour"])
    return frame.assign(calls=calls, answered=calls, abandoned=0)


def segment_summary(
    name: str = "Billing callers, often transferred",
) -> dict[str, object]:
    """What the segments stage says."""
    shares = np.linspace(0, 1, 41)
    lorenz = [
        {
            "share_of_customers": float(x),
            "share_of_calls": float(1 - (1 - x) ** 4.6),
            "by_chance": float(1 - (1 - x) ** 2.4),
        }
        for x in shares
    ]
    tops = [
        {"top": x, "share": y, "low": y - 0.01, "high": y + 0.012, "by_chance": z}
        for x in (0.01, 0.14, 0.2)
        for y, z in [(1 - (1 - x) ** 4.6, 1 - (1 - x) ** 2.4)]
    ]
    sizes = [
        ("1", name, 1840, 0.09, 0.32),
        ("2", "Evening callers", 3900, 0.2, 0.38),
        ("3", "Onboarding", 2100, 0.11, 0.3),
        ("quiet", "No call", 11800, 0.6, 0.0),
    ]
    fit = [
        {"calls": n, "observed": 11000 * 0.5**n, "expected": 10800 * 0.505**n}
        for n in range(13)
    ]
    return {
        "cutoff_at": "2026-07-01T00:00:00+00:00",
        "window_days": 90,
        "customers": 19640,
        "calls": 20310,
        "notes": [],
        "repeat_callers": {
            "persistent_customers": 1204,
            "share_of_customers": 0.061,
            "share_of_calls": 0.334,
            "threshold_per_30d": 1.4,
            "expected_precision": 0.93,
            "expected_recall": 0.44,
            "fit": fit,
        },
        "concentration": {
            "gini": 0.7,
            "gini_by_chance": 0.5,
            "top": tops,
            "lorenz": lorenz,
        },
        "segments": [
            {
                "id": id_,
                "name": words,
                "customers": customers,
                "share_of_customers": of_customers,
                "calls": 1000,
                "share_of_calls": of_calls,
                "handle_hours_per_30d": 412.0 * of_calls,
                "cost_per_30d_eur": 14_800 * of_calls,
                "sentences": ["They call 2.1 times as often about billing as others."],
            }
            for id_, words, customers, of_customers, of_calls in sizes
        ],
        "verdict": "1,204 customers call persistently more. 3 reliable segments.",
    }


def repeat_callers(customers: int = 2000) -> pd.DataFrame:
    """Estimated rates of customers."""
    rng = np.random.default_rng(2)
    rate = rng.gamma(0.8, 0.9, customers)
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:05d}" for i in range(customers)],
            "cutoff_at": pd.Timestamp("2026-07-01", tz="UTC"),
            "posterior_rate_per_30d": rate,
            "is_persistent": rate > 2.2,
        }
    )


def calls() -> pd.DataFrame:
    """The ends of the period are all that the report reads of the calls."""
    ends = pd.to_datetime(["2025-01-01 07:00", "2025-12-31 20:10"], utc=True)
    return pd.DataFrame({"call_id": ["a", "b"], "started_at": ends})


def match_quality() -> pd.DataFrame:
    """How callers were found."""
    return pd.DataFrame(
        {
            "month": ["2025-01"],
            "queue": ["billing"],
            "calls": [1000],
            "matched": [880],
            "matched_by_key": [230],
            "matched_by_phone": [650],
            "ambiguous": [20],
            "anonymous": [60],
            "internal": [0],
            "unknown": [40],
            "matched_share": [0.88],
        }
    )


def winback() -> dict[str, pd.DataFrame]:
    """A list of three, and the account of the others."""
    listed = pd.DataFrame(
        {
            "list_id": "winback-20260701-v3",
            "rank": [1, 2, 3],
            "customer_id": ["c00007", "c00011", "c00042"],
            "probability": [0.62, 0.31, 0.08],
            "expected_value_eur": [20.8, 8.4, 1.2],
            "reason_1": ["6 calls in the last 30 days (usual: 1)"] * 3,
            "reason_2": ["price rose 40 days ago", None, HOSTILE],
            "region": ["R01", "R02", "R03"],
        }
    )
    excluded = pd.DataFrame(
        {
            "list_id": "winback-20260701-v3",
            "customer_id": [f"x{i:04d}" for i in range(97)],
            "rule": ["opted_out"] * 40 + ["do_not_call"] * 7 + ["held_out"] * 50,
            "above_cut": pd.array([None] * 47 + [True] * 50, dtype="boolean"),
        }
    )
    summary = pd.DataFrame(
        {
            "list_id": ["winback-20260701-v3"],
            "list": ["winback"],
            "title": ["Win back before they leave"],
            "predictor": ["churn"],
            "model_version": ["3"],
            "cutoff_at": [pd.Timestamp("2026-07-01", tz="UTC")],
            "rows_in": [100],
            "rows_listed": [3],
            "expected_value_eur": [30.4],
            "notes": [
                json.dumps(["cost_per_contact_eur is 0: every contact looks free."])
            ],
        }
    )
    return {"list__": listed, "exclusions__": excluded, "list_summary__": summary}
