"""Tables of the service manager's report as their stages store them, in small."""

from itertools import pairwise

import numpy as np
import pandas as pd

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=HYPERLINK('http://x','y')"
CUTOFFS = pd.to_datetime(
    ["2026-04-30 22:00", "2026-05-31 22:00", "2026-06-30 22:00"], utc=True
)
NEWEST = CUTOFFS[-1]
SECRET_CUSTOMER, SECRET_PHONE = "cust-4711-secret", "pseudonym-0815"
SEGMENTS = (
    ("s1", "Billing callers, often transferred", 1840, 6200, 0.30, 150.0),
    ("s2", "Fault callers", 900, 5100, 0.25, 260.0),
    ("s3", HOSTILE, 700, 3300, 0.16, 70.0),
    ("s4", "Onboarding", 500, 2500, 0.12, 60.0),
    ("s5", "Contract callers", 420, 1700, 0.08, 45.0),
    ("s6", "Self-service callers", 380, 1600, 0.08, 40.0),
    ("s7", "A handful", 3, 40, 0.01, 1.0),
    ("quiet", "No call in 90 days", 7600, 0, 0.0, 0.0),
)


def calls() -> tuple[pd.DataFrame, pd.DataFrame]:
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


def segment_migration() -> pd.DataFrame:
    names = [id_ for id_, *_ in SEGMENTS]
    rows = []
    for before, after in pairwise(CUTOFFS):
        for start in names:
            for end in names:
                size = 1200 if start == end == "s1" else 300 if start == end else 17
                size = 5200 if start == end == "quiet" else size
                size = 2 if "s7" in (start, end) else size
                chance = 15.0 if end == "quiet" else None
                rows.append((before, after, start, end, size, chance))
        rows += [
            (before, after, "s1", "gone", 23, 23.0),
            (before, after, "new", "s2", 31, 31.0),
            (before, after, "old9", "s2", 41, None),
        ]
    columns = [
        "from_cutoff_at", "to_cutoff_at", "from_segment", "to_segment", "customers",
        "expected_by_chance",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"expected_by_chance": "float64"})


def membership() -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for place, cutoff in enumerate(CUTOFFS):
        first = place == 0
        for group, size, share in (("persistent", 780, 0.34), ("s1", 1840, 0.3)):
            moved = (None,) * 6 if first else (480, 300, 350, 220.0, 205.0, 236.0)
            rows.append((cutoff, group, size, share, *moved))
        rows.append(
            (
                cutoff,
                "s4",
                500,
                0.1,
                *((None,) * 6 if first else (3, 497, 1, *[None] * 3)),
            )
        )
        moved = (None,) * 6 if first else (180, 430, 420, 380.0, 360.0, 400.0)
        rows.append((cutoff, "top_14", 610, 0.36, *moved))
    columns = [
        "cutoff_at", "group", "customers", "share_of_calls", "stayed", "entered",
        "left", "left_by_chance", "left_by_chance_low", "left_by_chance_high",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    whole = dict.fromkeys(("customers", "stayed", "entered", "left"), "Int64")
    chance = dict.fromkeys(columns[-3:], "float64")
    return frame.astype(whole | chance)


def history_summary() -> dict[str, object]:
    return {
        "persistent": {"words": "Of the persistent callers of May, 62 % stayed."},
        "top_14": {"words": "The top 14 % of a month made 36 % of its calls. More."},
    }


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


FRAMES = {
    "repeat_matrix": (repeat_matrix, ["reason", "queue"]),
    "next_issues": (next_issues, ["reason", "next_reason"]),
    "segment_profiles": (segment_profiles, ["segment_id", "trait"]),
    "segment_figures": (segment_figures, ["segment_id", "figure"]),
    "segment_migration": (
        segment_migration,
        ["from_cutoff_at", "to_cutoff_at", "from_segment", "to_segment"],
    ),
    "membership": (membership, ["cutoff_at", "group"]),
    "strategies": (strategies, ["segment_id", "rank"]),
    "segment_outlook": (segment_outlook, ["segment_id", "predictor"]),
    "early_warnings": (early_warnings, ["customer_id"]),
    "anomalies": (anomalies, ["kind", "value", "day"]),
    "action_effects": (action_effects, ["action"]),
    "match_quality": (match_quality, ["month", "queue"]),
    "repeat_callers": (repeat_callers, ["customer_id", "cutoff_at"]),
}
FOLDERS = {
    "callers_summary": callers_summary,
    "segment_summary": segment_summary,
    "history_summary": history_summary,
    "strategies_summary": strategies_summary,
}
