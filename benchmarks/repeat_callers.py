"""Compares what is said of repeat callers with what is known to be true.

Usage: python benchmarks/repeat_callers.py [CONFIG] after `ccml run segment CONFIG`.
On a company with a truth folder: how many of those called persistent are, at each least
probability. On any log: how much better calls of the next 30 days are foretold than by
raw counts, as of earlier days than the data's end. Prints one JSON object.
"""

import argparse
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.demo.population import RATE_MEAN_PER_DAY, RATE_SHAPE
from ccml.project import Project
from ccml.segments.callers.gamma_poisson import CallCounts, fit_rates
from ccml.segments.callers.judge import MONTH_DAYS, Laws, fit_laws, judge
from ccml.segments.callers.people import Watched, watched
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import Source, newest_cutoff, read_source
from ccml.segments.population import calls_per_customer
from ccml.segments.section import periodic_spine

DAY_S = 86_400
PLANTED_CALLS, PLANTED_DAYS = 3.0, 90.0
CHAIN_DAYS = 5.0
"""In the simulation a repeat comes at most so many days after the call before it."""
CALLS_PER_PLANNED_CALL = 1.34
LEAST = (0.5, 0.7, 0.8, 0.9)
WINDOWS = (30, 60, 90)
MONTHS = 3


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", default="configs/demo.yaml")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--json", action="store_true", help="as ever: one JSON object")
    options = parser.parse_args()
    project = Project.open(Path(options.config), options.overrides)
    config = project.config.segments or SegmentsConfig()
    build_inbound_calls(project, config)
    source = read_source(project, config, periodic_spine(project, config))
    cutoff = pd.Timestamp(newest_cutoff(project, source))
    found: dict[str, Any] = {"next_30_days": foretold(source, config, cutoff)}
    truth = project.folder / "data" / "raw" / project.config.project / "truth"
    if truth.is_dir():
        found["planted"] = planted(source, config, cutoff, truth)
        found["ordinary_needs"] = ordinary_needs(project, truth)
    print(json.dumps(found, indent=2))


def planted(
    source: Source, config: SegmentsConfig, cutoff: pd.Timestamp, truth: Path
) -> dict[str, Any]:
    """Compare those called persistent with the planted rates of calls."""
    people = pd.read_parquet(truth / "customers.parquet").set_index("customer_id")
    rule = config.repeat_callers
    seen = watched(source, cutoff, rule)
    true = people.reindex(seen.people.customers["customer_id"])
    rates = CALLS_PER_PLANNED_CALL * true["base_rate_per_day"].to_numpy(float)
    laws = fit_laws(seen.everyone, seen.counts, rule, config.seed)
    same = rule.model_copy(
        update={"rate_per_30d": PLANTED_CALLS / PLANTED_DAYS * MONTH_DAYS}
    )
    return {
        "customers": len(true),
        "default_threshold": _right(seen, laws, rule, rates),
        "threshold_as_planted_3_calls_in_90_days": {
            **_right(seen, laws, same, rates),
            "planted_flag": _flagged(seen, laws, same, true["is_persistent"]),
        },
        "counts_alone": _right(seen, Laws(laws.fit, None, None), rule, rates),
    }


def _right(seen: Watched, laws: Laws, rule: Any, rates: Any) -> dict[str, Any]:
    ids = seen.people.customers["customer_id"]
    callers = judge(ids, seen.seen, seen.counts, laws, rule)
    truly = rates > callers.threshold_per_day
    sure = callers.table["probability_persistent"].to_numpy()
    return {
        "calls_per_30d": round(callers.threshold_per_day * MONTH_DAYS, 3),
        "truly_above": int(truly.sum()),
        "by_least_probability": _by_least(sure, truly),
    }


def _flagged(seen: Watched, laws: Laws, rule: Any, truly: Any) -> dict[str, Any]:
    ids = seen.people.customers["customer_id"]
    sure = judge(ids, seen.seen, seen.counts, laws, rule).table
    return _by_least(
        sure["probability_persistent"].to_numpy(), truly.to_numpy(dtype=bool)
    )


def _by_least(sure: Any, truly: Any) -> dict[str, Any]:
    rows = {}
    for least in LEAST:
        taken = sure >= least
        rows[str(least)] = {
            "flagged": int(taken.sum()),
            "expected_precision": round(float(sure[taken].mean()), 4),
            "precision": round(float(truly[taken].mean()), 4),
            "recall": round(float(taken[truly].mean()), 4),
        }
    return rows


def ordinary_needs(project: Project, truth: Path) -> dict[str, Any]:
    """Recover the gamma law of ordinary needs from the first calls of their chains.

    Of customers on record over the whole period. Days in a chain are taken out of the
    exposure, since another first call cannot be seen in them.
    """
    told = pd.read_parquet(truth / "calls.parquet")
    stored = project.store.read("calls").select("call_id", "started_at").to_pandas()
    calls = told[told["cause"] == "ordinary"].merge(stored, on="call_id")
    calls = calls.sort_values(["customer_id", "started_at"])
    since = calls.groupby("customer_id")["started_at"].diff().dt.total_seconds() / DAY_S
    first = calls[since.isna() | (since > CHAIN_DAYS)]
    stayed, days = _whole_period(project)
    starts = first.groupby("customer_id").size().reindex(stayed, fill_value=0)
    exposure = np.round(days - CHAIN_DAYS * starts.to_numpy())
    fit = fit_rates(CallCounts.of(starts.to_numpy(), exposure))
    return {
        "customers": len(stayed),
        "calls_per_day": {"found": fit.mean_per_day, "planted": RATE_MEAN_PER_DAY},
        "shape": {"found": fit.shape, "planted": RATE_SHAPE},
    }


def _whole_period(project: Project) -> tuple[pd.Index, float]:
    customers = project.store.frame("customers")
    calls = project.store.read("calls")
    ends = calls.aggregate(
        first=calls.started_at.min(), last=calls.started_at.max()
    ).to_pandas()
    first, last = ends["first"].iloc[0], ends["last"].iloc[0]
    of_each = customers.groupby("customer_id")
    early = of_each["valid_from"].min() <= first + pd.Timedelta(days=1)
    left = customers[customers["status"] == "cancelled"]["customer_id"]
    return early.index[early].difference(left), (last - first) / pd.Timedelta(days=1)


def foretold(
    source: Source, config: SegmentsConfig, cutoff: pd.Timestamp
) -> list[dict[str, Any]]:
    """Foretell 30 days from what came before them, by windows of raw counts."""
    rows = []
    for at in former_cutoffs(source, cutoff):
        for window in WINDOWS:
            rule = config.repeat_callers.model_copy(update={"window_days": window})
            rows.append(_compared(source, at, rule, config.seed))
    return rows


def former_cutoffs(source: Source, cutoff: pd.Timestamp) -> list[pd.Timestamp]:
    """Give the spine's cutoffs whose next 30 days are known, or days 30 days apart."""
    if source.features is None:
        return [cutoff - timedelta(days=MONTH_DAYS * n) for n in range(1, MONTHS + 1)]
    known = source.features.select("cutoff_at").distinct().to_pandas()["cutoff_at"]
    last = cutoff - timedelta(days=MONTH_DAYS)
    return sorted(known[known <= last], reverse=True)[:MONTHS]


def _compared(source: Source, at: pd.Timestamp, rule: Any, seed: int) -> dict[str, Any]:
    seen = watched(source, at, rule)
    laws = fit_laws(seen.everyone, seen.counts, rule, seed)
    ids = seen.people.customers["customer_id"]
    table = judge(ids, seen.seen, seen.counts, laws, rule).table
    counted = Laws(laws.fit, None, None)
    plain = judge(ids, seen.seen, seen.counts, counted, rule).table
    later = replace(
        seen.people,
        cutoff=(at + timedelta(days=MONTH_DAYS)).to_pydatetime(),
        window_days=MONTH_DAYS,
    )
    ahead = calls_per_customer(later, source.inbound)
    raw = (table["calls"] / table["exposure_days"] * MONTH_DAYS).to_numpy()
    error = float(np.mean((raw - ahead) ** 2))
    guesses = {"law": table, "plain_gamma_poisson": plain}
    gains = {
        f"gain_of_{name}": round(
            1 - float(np.mean((guess["expected_calls_30d"] - ahead) ** 2)) / error, 4
        )
        for name, guess in guesses.items()
    }
    return {
        "from": f"{at:%Y-%m-%d}",
        "window_days": rule.window_days,
        "customers": len(ids),
        "squared_error_of_raw_counts": round(error, 3),
        **gains,
    }


if __name__ == "__main__":
    main()
