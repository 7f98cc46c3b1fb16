"""What the documentation says of the race: met or not, promised and realised."""

import json
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHOWN = ("roc_auc", "log_loss", "brier", "ece", "lift_at_10pct")


def told(auc: float, loss: float, **more: object) -> dict:
    metrics = {key: {"value": 0.1, "low": 0.0, "high": 0.2} for key in SHOWN}
    metrics |= {"roc_auc": {"value": auc}, "log_loss": {"value": loss}}
    speed = {"fit_s": 60.0, "score_rows_per_s": 1000, "model_bytes": 2**20}
    return {"metrics": metrics} | speed | more


def minus(auc: float, loss: float) -> dict:
    def around(value: float) -> dict:
        return {"value": value, "low": value - 0.01, "high": value + 0.01}

    return {"roc_auc": around(auc), "log_loss": around(loss), "ece": around(0.0)}


@pytest.fixture
def tables(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = __import__("predictor_table")

    def write(tools: dict) -> str:
        about = {"name": "a_set", "split": "later rows test"}
        found = {"results": [{"set": about, "budget_s": 60.0, "tools": tools}]}
        file = tmp_path / "summary.json"
        file.write_text(json.dumps(found))
        module.main([str(file)])
        return capsys.readouterr().out

    yield write
    for name in ("predictor_table", "predictor_peers", "features_process"):
        sys.modules.pop(name, None)


def test_the_best_peer_decides_and_the_sign_is_ccmls_advantage(tables):
    text = tables(
        {
            "ccml": told(0.800, 0.30),
            "flaml": told(0.790, 0.33, minus_ccml=minus(-0.010, 0.03)),
            "h2o": told(0.805, 0.32, minus_ccml=minus(0.005, 0.02)),
            "mljar": {"error": "no models"},
        }
    )
    line = next(row for row in text.splitlines() if row.startswith("| a_set, 60 s |"))
    assert "-0.0050 (-0.0150 to +0.0050), H2O AutoML: not met" in line
    assert "+0.0200 (+0.0100 to +0.0300), H2O AutoML: best" in line
    assert "| mljar-supervised | no result: no models |" in text


def test_a_gap_within_what_is_allowed_or_within_noise_is_said(tables):
    peer = told(0.802, 0.299, minus_ccml=minus(0.002, -0.001))
    text = tables({"ccml": told(0.800, 0.30), "flaml": peer})
    assert "-0.0020 (-0.0120 to +0.0080), FLAML: met" in text
    assert "-0.0010 (-0.0110 to +0.0090), FLAML: within noise" in text


@pytest.mark.parametrize(
    ("declined", "kept", "said"),
    [([], True, "kept"), ([], False, "not kept"), (["too wide"], False, "declined")],
)
def test_what_was_promised_stands_beside_what_came(tables, declined, kept, said):
    promised = {"value": 0.81, "low": 0.78, "high": 0.84}
    measures = {
        "roc_auc": {"promised": promised, "realised": {"value": 0.8}, "kept": kept}
    }
    claim = {"declined": declined, "measures": measures}
    text = tables({"ccml": told(0.800, 0.30, claim=claim)})
    row = next(
        row for row in text.splitlines() if "promised" not in row and "0.81" in row
    )
    assert "| AUC | 0.8100 (0.7800 to 0.8400) | 0.8000 | " + said in row
