"""Compares a run on the demo company with the truth of its simulation.

Usage: python benchmarks/demo_truth.py [CONFIG] after `ccml run cycle CONFIG`.
Prints one JSON object: for churn and repeat call the AUC of the model beside that of the
true probabilities on the same test rows, and the share of calls of the top 14 %.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.predictors.metrics import roc_auc
from ccml.project import Project

TOP = "top 14 %"


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
    }


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
