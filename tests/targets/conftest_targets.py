"""A small project with scores and customers, stored as the stages store them."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ccml.engine.store import Table
from ccml.project import Project

CUTOFF = pd.Timestamp("2026-07-01", tz="UTC").as_unit("us")
CONFIG = """
version: 1
project: tiny
title: A tiny project
workspace: work
time_zone: Europe/Warsaw
data_until: 2026-07-01T00:00:00Z
sources:
  customers: {path: c.csv, attributes: [tariff, fee_eur], opted_out: oo, do_not_call: dnc}
  events:
    contracts: {path: k.csv, id: id, event_at: at}
spines:
  monthly: {every: month}
predictors:
  churn:
    spine: monthly
    label: {table: contracts, horizon_days: 30}
lists:
  winback:
    title: Winback
    predictor: churn
    capacity: 2
    value_per_success_eur: 200
    cost_per_contact_eur: 4
    success_rate: 0.2
    columns: [tariff, fee_eur]
"""


def reason(sentence: str, direction: str = "up") -> dict[str, object]:
    return {"feature": "f", "direction": direction, "sentence": sentence}


def scores(probabilities: dict[str, float]) -> pd.DataFrame:
    """Scores of customers, each with two reasons up and one down."""
    rows = [
        {
            "customer_id": customer,
            "predictor": "churn",
            "cutoff_at": CUTOFF,
            "model_version": "3",
            "raw_score": probability,
            "probability": probability,
            "band": "high",
            "reasons": json.dumps(
                [reason("6 calls"), reason("=1+1"), reason("x", "down")]
            ),
        }
        for customer, probability in probabilities.items()
    ]
    return pd.DataFrame(rows)


def customer(customer_id: str, **values: object) -> dict[str, object]:
    """One row of `customers`; by default nothing stands against a contact."""
    return {
        "customer_id": customer_id,
        "valid_from": pd.Timestamp("2025-01-01", tz="UTC").as_unit("us"),
        "valid_to": pd.NaT,
        "known_at": pd.Timestamp("2025-01-01", tz="UTC").as_unit("us"),
        "tariff": "flex",
        "fee_eur": 30.5,
        "opted_out": False,
        "do_not_call": False,
    } | values


def refusal_rows(
    customers: pd.DataFrame, told: dict[str, dict[str, bool]]
) -> pd.DataFrame:
    """Refusals of all customers: none but those told."""
    nothing = {"opted_out": False, "do_not_call": False}
    ids = dict.fromkeys(customers["customer_id"])
    rows = [{"customer_id": c} | nothing | told.get(c, {}) for c in ids]
    return pd.DataFrame(rows)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Store scores and customers, and open the project."""
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", "ab" * 32)

    def build(
        probabilities: dict[str, float],
        customers: list[dict[str, object]] | None = None,
        *overrides: str,
        config: str = CONFIG,
        refusals: dict[str, dict[str, bool]] | None = None,
    ) -> Project:
        file = tmp_path / "tiny.yaml"
        file.write_text(config)
        project = Project.open(file, overrides)
        rows = pd.DataFrame(customers or [customer(c) for c in probabilities])
        rows["valid_to"] = pd.to_datetime(rows["valid_to"], utc=True)
        frame = scores(probabilities)
        summary = pd.DataFrame(
            {"predictor": ["churn"], "cutoff_until": [CUTOFF], "model_version": ["3"]}
        )
        keys = ["customer_id", "predictor", "cutoff_at"]
        write = project.store.write
        write("scores__churn", Table(frame, keys, "scores"), str(len(frame)))
        write("score_summary__churn", Table(summary, ["predictor"], "one"), "s")
        write("customers", Table(rows, ["customer_id", "valid_from"], "c"), "c")
        told = refusals or {}
        write("refusals", Table(refusal_rows(rows, told), ["customer_id"], "r"), "r")
        return project

    return build
