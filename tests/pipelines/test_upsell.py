"""A newcomer adds a fifth predictor to the demo company: the lines of the guide, no more.

The lines are read from docs/how_to/own_predictor.md, so that page and test cannot differ.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_site import ccml

from ccml.predictors.metrics import roc_auc

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how_to" / "own_predictor.md"
QUICK = (
    "features.windows_days=[30, 90]",
    "predictors.upsell.tune.trials=0",
    "predictors.upsell.ensemble=false",
    "predictors.upsell.model.n_estimators=80",
    "audit.customers=30",
    "audit.rows=150",
    "audit.reference_rows=10",
)
SETTINGS = [part for item in QUICK for part in ("--set", item)]

pytestmark = pytest.mark.slow


def lines_of_the_guide() -> str:
    """The first YAML block of the page, which it says to save as configs/upsell.yaml."""
    return re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)[0]


@dataclass(frozen=True)
class Trained:
    """What the commands of the guide say, and the rows with their truth."""

    config: str
    audit: dict[str, Any]
    training: dict[str, Any]
    tested: pd.DataFrame
    labels: pd.DataFrame


def done(verb: str, config: str) -> Any:
    run = ccml("run", verb, config, "--only", "upsell", "--json", *SETTINGS)
    assert run.code == 0, run.stderr
    return run.json


@pytest.fixture(scope="module")
def upsell(site) -> Trained:
    file = site.config.with_name("upsell.yaml")
    file.write_text(lines_of_the_guide())
    config = str(file)
    audit = done("audit", config)
    training = done("train", config)["predictors"]["upsell"]
    truth = pd.read_parquet(site.folder / "data/raw/demo/truth/contacts.parquet")
    truth = truth.rename(columns={"contact_id": "event_id"})
    tables = site.workspace / "tables"
    labels = pd.concat(map(pd.read_parquet, tables.glob("labels__upsell/*.parquet")))
    (tested,) = tables.glob("model__upsell/*/test_predictions.parquet")
    return Trained(
        config,
        audit,
        training,
        pd.read_parquet(tested).merge(truth, validate="1:1"),
        labels.merge(truth, validate="1:1"),
    )


def test_it_is_registered_and_nothing_looks_like_a_leak(upsell):
    assert upsell.training["model_version"] == "1"
    findings = {f["check"]: f["severity"] for f in upsell.training["findings"]}
    assert "leak_suspicion" not in findings
    assert "error" not in findings.values()


def test_its_features_and_labels_pass_the_audit(upsell):
    assert upsell.training["audit"]["result"] == "passed"


def test_as_many_buy_as_the_company_drew(upsell):
    chance, label = upsell.labels["sale_probability"], upsell.labels["label"]
    assert len(label) > 1_000
    error = np.sqrt((chance * (1 - chance)).sum()) / len(chance)
    assert abs(label.mean() - chance.mean()) < 4 * error


def test_it_ranks_better_than_chance_and_no_better_than_the_truth(upsell):
    auc = upsell.training["baselines"]["lightgbm_default"]["roc_auc"]
    error = (auc["high"] - auc["low"]) / 3.92
    label = upsell.tested["label"].to_numpy(float)
    truth = roc_auc(label, upsell.tested["sale_probability"].to_numpy())
    assert 0.5 + error < auc["value"] < truth + 3 * error


def test_customers_are_scored_by_it(upsell):
    scores = done("score", upsell.config)["scores"]["upsell"]
    assert scores["rows"] > 500
    assert scores["model_version"] == "1"
    assert 0 < scores["mean_probability"] < 1
