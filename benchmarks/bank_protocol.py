"""Trains and judges on the Anonymous Bank log by the data set's own protocol, R1 to R3.

Usage: python benchmarks/bank_protocol.py [CONFIG] after `ccml run train CONFIG`.
The protocol asks whether the customer's next call begins within 7 days of the begin of
this one; the config's label counts from the call's end, when the prediction is made, and
takes no call that began before. Everything else is the project's: features, split,
training. Prints one JSON object with rows, share of repeats and AUC on the test period.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.predictors.metrics import roc_auc
from ccml.predictors.train import train
from ccml.predictors.training_table import training_set
from ccml.project import Project

PREDICTOR = "repeat_call"
WEEK, MONTH = pd.Timedelta(days=7), pd.Timedelta(days=30)
FEW = 2
"""R2 looks at calls with at most so many in the 30 days before."""


def main(config: str = "configs/anonymous_bank.yaml") -> None:
    """Print the figures."""
    project = Project.open(Path(config))
    print(json.dumps(judged(project), indent=2))


def judged(project: Project) -> dict[str, Any]:
    """Train on the protocol's label, and measure on its test period."""
    config = project.config.predictors[PREDICTOR]
    data, labels = training_set(project, PREDICTOR), labelled(project)
    label = labels.repeated.reindex(data.keys.event_id)
    agree = float((label.to_numpy() == data.y).mean())
    data = replace(data, label=label.set_axis(data.label.index))
    made = train(config, data, name=PREDICTOR, study_storage=None, progress=_say)
    rows = made.test_predictions.join(labels, "event_id", validate="one_to_one")
    rows = rows.sort_values("started_at")
    return {
        "R1": _measured(rows),
        "R2": _measured(rows[rows.calls_before <= FEW]),
        "R3": _measured(rows[~rows.duplicated("customer_id")]),
        "share_where_the_label_of_the_config_agrees": round(agree, 4),
        "recommended": made.evaluation["recommended"],
    }


def labelled(project: Project) -> pd.DataFrame:
    """Give each call of a known customer its protocol label and its 30-day count."""
    calls = project.store.read("calls").select("call_id", "started_at")
    links = project.store.read("identity_map").select("call_id", "customer_id")
    known = calls.join(links.filter(links.customer_id.notnull()), "call_id")
    frame = known.order_by("customer_id", "started_at", "call_id").to_pandas()
    of_customer = frame.groupby("customer_id", sort=False)
    until_next = of_customer.started_at.shift(-1) - frame.started_at
    counted = of_customer.rolling(MONTH, on="started_at", closed="both").call_id
    return pd.DataFrame(
        {
            "started_at": frame.started_at.to_numpy(),
            "repeated": (until_next <= WEEK).to_numpy(int),
            "calls_before": counted.count().to_numpy() - 1,
        },
        index=pd.Index(frame.call_id, name="event_id"),
    )


def _measured(rows: pd.DataFrame) -> dict[str, Any]:
    repeated = rows.repeated.to_numpy()
    return {
        "rows": len(rows),
        "share_of_repeats": round(float(repeated.mean()), 4),
        "roc_auc": round(roc_auc(repeated, rows.raw_score.to_numpy()), 4),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
