"""The tables of docs/benchmarks_predictors.md, from what `predictors.py --json` printed.

Run `python benchmarks/predictor_table.py SUMMARY.json [MORE.json ...]`; prints Markdown.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from predictor_peers import CCML

AUC_ALLOWED = 0.003
"""How far below the best peer ccml's AUC may be."""

HEAD = (
    *("tool", "AUC", "log loss", "Brier", "ECE", "lift at 10 %", "earned, EUR"),
    *("fit, s", "rows/s", "MB"),
)
NAMES = {
    CCML: "**ccml**",
    "autogluon": "AutoGluon",
    "autogluon_best": "AutoGluon, best",
    "flaml": "FLAML",
    "h2o": "H2O AutoML",
    "mljar": "mljar-supervised",
    "lightgbm": "LightGBM, defaults",
    "logistic": "logistic regression",
}
RISES = {"roc_auc": True, "log_loss": False, "ece": False}
WORDS = {"roc_auc": "AUC", "log_loss": "log loss", "ece": "ECE"}

Tools = Mapping[str, Mapping[str, Any]]


def main(arguments: Sequence[str]) -> None:
    """Print the tables of all results."""
    results: list[dict[str, Any]] = []
    for file in arguments:
        results += json.loads(Path(file).read_text(encoding="utf-8"))["results"]
    raced = [result for result in results if result["tools"]]
    parts = [_overview(raced), _claims(raced), *(_table(result) for result in raced)]
    sys.stdout.write("\n\n".join(parts) + "\n")


def _title(result: Mapping[str, Any]) -> str:
    return f"{result['set']['name']}, {result['budget_s']:g} s"


def _ran(tools: Tools) -> dict[str, Mapping[str, Any]]:
    return {name: told for name, told in tools.items() if "metrics" in told}


def _table(result: Mapping[str, Any]) -> str:
    lines = [f"### {_title(result)}", "", result["set"]["split"] + ".", ""]
    lines += [_row(HEAD), _row(["---"] * len(HEAD))]
    for name, told in result["tools"].items():
        if "metrics" not in told:
            lines.append(_row([NAMES[name], f"no result: {told['error']}"]))
            continue
        values = {k: v["value"] for k, v in told["metrics"].items()}
        earned = told.get("profit", {}).get("earned")
        lines.append(
            _row(
                [
                    NAMES[name],
                    *(f"{values[m]:.4f}" for m in ("roc_auc", "log_loss", "brier")),
                    f"{values['ece']:.4f}",
                    f"{values['lift_at_10pct']:.2f}",
                    "-" if earned is None else f"{earned:,.0f}",
                    f"{told['fit_s']:.0f}",
                    f"{told['score_rows_per_s']:,.0f}",
                    f"{told['model_bytes'] / 2**20:.1f}",
                ]
            )
        )
    return "\n".join(lines)


def _overview(results: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| set, budget | AUC against the best peer | log loss | ECE |",
        _row(["---"] * 4),
    ]
    for result in results:
        tools = _ran(result["tools"])
        if CCML not in tools or len(tools) < 2:
            continue
        cells = [_against_best(tools, metric) for metric in RISES]
        lines.append(_row([_title(result), *cells]))
    return "\n".join(lines)


def _against_best(tools: Tools, metric: str) -> str:
    """Say how far ccml is from the best peer, with the interval of the difference."""
    peers = {n: t for n, t in tools.items() if n != CCML}
    choose = max if RISES[metric] else min
    best = choose(peers, key=lambda n: peers[n]["metrics"][metric]["value"])
    gap = peers[best][f"minus_{CCML}"][metric]
    sign = -1 if RISES[metric] else 1
    value, low, high = (sign * gap[key] for key in ("value", "low", "high"))
    low, high = min(low, high), max(low, high)
    # From here on a positive figure is to ccml's advantage.
    if metric == "roc_auc":
        verdict = "met" if value >= -AUC_ALLOWED else "not met"
    else:
        verdict = "best" if value >= 0 else "within noise" if high >= 0 else "not met"
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f}), {NAMES[best]}: {verdict}"


def _claims(results: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| set, budget | measure | promised by the folds | realised | |",
        _row(["---"] * 5),
    ]
    for result in results:
        claim = result["tools"].get(CCML, {}).get("claim")
        if claim is None:
            continue
        for metric, told in claim["measures"].items():
            made, found = told["promised"], told["realised"]["value"]
            if claim["declined"]:
                verdict = "declined: " + "; ".join(claim["declined"])
            else:
                verdict = "kept" if told["kept"] else "not kept"
            promised = f"{made['value']:.4f} ({made['low']:.4f} to {made['high']:.4f})"
            name = WORDS.get(metric, metric)
            lines.append(
                _row([_title(result), name, promised, f"{found:.4f}", verdict])
            )
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main(sys.argv[1:])
