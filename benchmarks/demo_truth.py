"""Compares a run on the demo company with the truth of its simulation.

Usage: python benchmarks/demo_truth.py [CONFIG] after `ccml run cycle CONFIG`.
Prints one JSON object: for churn and repeat call the AUC of the model beside that of the
true probabilities on the same test rows, the share of calls of the top 14 %, and how far
the segments found agree with the causes planted.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.metrics import adjusted_rand_score

from ccml.identity.link import linked_calls
from ccml.predictors.metrics import roc_auc
from ccml.project import Project

TOP = "top 14 %"
SEPARATED = ("billing_error", "regional_fault", "failed_self_service")
"""Lasting causes that are well separated: each has an event of its own in the tables (a
bill, an outage, a failed visit), calls that follow it closely, and a reason of its own. A
habit has neither event nor reason, and onboarding is over after 60 days."""
QUIET = "quiet"


def main(config: str = "configs/demo.yaml") -> None:
    """Print the comparison."""
    project = Project.open(Path(config))
    print(json.dumps(compare(project), indent=2))


def compare(project: Project) -> dict[str, Any]:
    """Compare every planted figure with what was found."""
    truth = project.folder / "data" / "raw" / project.config.project / "truth"
    return {
        "churn": _against(project, "churn", _churn_truth(project, truth)),
        "repeat_call": _against(project, "repeat_call", _call_truth(truth)),
        "share_of_calls_of_top_14_percent": _concentration(project),
        "segments": segments_against_causes(project, truth),
    }


def segments_against_causes(project: Project, truth: Path) -> dict[str, Any]:
    """Compare segments with planted causes, by the adjusted Rand index.

    The segments describe one window. A customer with a cause that led to no call in it
    has left no trace of the cause there, so figures are given for those in whom it
    showed, and for all who called. Which causes are well separated stands above.
    """
    planted = pd.read_parquet(truth / "customers.parquet")[["customer_id", "cause"]]
    found = project.store.frame("segments")
    both = found.merge(planted, on="customer_id", validate="1:1")
    called = both[both.segment_id != QUIET]
    shown = called[called.customer_id.isin(_whose_cause_showed(project, truth, called))]
    with_habit = [*SEPARATED, "habit"]
    return {
        "segments_found": int(called.segment_id.nunique()),
        "cause_showed_in_window": _agreement(shown, SEPARATED),
        "all_who_called": _agreement(called, SEPARATED),
        "cause_showed_in_window_with_habit": _agreement(shown, with_habit),
        "all_who_called_with_habit": _agreement(called, with_habit),
        "customers_by_segment_and_cause": {
            str(segment): {str(cause): int(n) for cause, n in row.items()}
            for segment, row in pd.crosstab(both.segment_id, both.cause).iterrows()
        },
    }


def _whose_cause_showed(
    project: Project, truth: Path, called: pd.DataFrame
) -> "pd.Series[str]":
    """List customers with a call of their own lasting cause in the window."""
    cutoff = called.cutoff_at.iloc[0]
    days = project.config.segments.repeat_callers.window_days
    true = pd.read_parquet(truth / "calls.parquet")[["call_id", "cause"]]
    calls = linked_calls(project.store)
    mine = calls.select("call_id", "customer_id", "event_at").to_pandas()
    inside = (mine.event_at < cutoff) & (
        mine.event_at >= cutoff - pd.Timedelta(days=days)
    )
    known = mine[inside].merge(true, on="call_id")
    own = known.merge(called[["customer_id", "cause"]], on=["customer_id", "cause"])
    return own.customer_id.drop_duplicates()


def _agreement(rows: pd.DataFrame, causes: Sequence[str]) -> dict[str, float]:
    some = rows[rows.cause.isin(causes)]
    index = adjusted_rand_score(some.cause, some.segment_id)
    return {"customers": len(some), "adjusted_rand": round(float(index), 3)}


def _churn_truth(project: Project, truth: Path) -> pd.DataFrame:
    frame = pd.read_parquet(truth / "churn.parquet")
    month = frame.cutoff_at.dt.tz_convert("UTC").dt.tz_localize(None)
    local = month.dt.tz_localize(project.config.time_zone).dt.tz_convert("UTC")
    named = {"probability": "true_probability"}
    return frame.assign(cutoff_at=local).rename(columns=named)


def _call_truth(truth: Path) -> pd.DataFrame:
    frame = pd.read_parquet(truth / "calls.parquet")
    named = {"call_id": "event_id", "repeat_7d_probability": "true_probability"}
    return frame.rename(columns=named)[["event_id", "true_probability"]]


def _against(project: Project, name: str, truth: pd.DataFrame) -> dict[str, float]:
    folder = project.store.folder(f"model__{name}")
    said = pd.read_parquet(folder / "test_predictions.parquet")
    keys = [key for key in ("event_id", "customer_id", "cutoff_at") if key in truth]
    for frame in (said, truth):
        if "cutoff_at" in frame and "cutoff_at" in keys:
            frame["cutoff_at"] = frame.cutoff_at.astype("datetime64[us, UTC]")
    both = said.merge(truth, on=keys, how="left", validate="1:1")
    known = both.dropna(subset=["true_probability"])
    label = known.label.to_numpy(float)
    model = roc_auc(label, known.probability.to_numpy(float))
    true = roc_auc(label, known.true_probability.to_numpy(float))
    return {
        "test_rows": len(said),
        "rows_with_truth": len(known),
        "auc_of_model": round(float(model), 4),
        "auc_of_truth": round(float(true), 4),
        "gap": round(float(true - model), 4),
    }


def _concentration(project: Project) -> list[dict[str, Any]]:
    kpis = project.store.frame("kpis")
    rows = kpis[(kpis.kpi == "concentration") & kpis.variant.str.contains(TOP)]
    return list(rows[["variant", "value", "n"]].to_dict("records"))


if __name__ == "__main__":
    main(*sys.argv[1:])
