"""Predictors: ccml against AutoML tools on the same rows in the same time.

Run `python benchmarks/predictors.py --json`. Every tool learns from all of a set's train
rows within a budget of wall time on two threads, in a process and an environment of its
own, one after the other, and predicts the same test rows once. A finished run is stored
and not made again while its set, its settings and, for ccml, its code stay; a failed one
is tried again. Prints a table and, with --json, one JSON object instead (the table then
goes to stderr, with the progress).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from predictor_measures import claim, compare, profit, scored
from predictor_peers import CCML, TOOLS, NotRunError, Tool, cache, digest, run
from predictor_sets import RECIPES, Payoff, make_set, use_data

from ccml.errors import CcmlError

MANY_TRIALS = 10_000
COLUMNS = (
    "roc_auc",
    "log_loss",
    "brier",
    "ece",
    "lift_at_10pct",
    "earned",
    "fit_s",
    "score_rows_per_s",
    "model_mb",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the sets, run what is missing, and print."""
    options = _options(arguments)
    use_data(options.data)
    options.out.mkdir(parents=True, exist_ok=True)
    results = [result for name in options.sets for result in of_set(name, options)]
    found = {
        "metric": options.metric,
        "seed": options.seed,
        "threads": options.threads,
        "results": results,
    }
    text = json.dumps(found, indent=2)
    (options.out / "summary.json").write_text(text + "\n", encoding="utf-8")
    print(as_table(results), file=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(text)


def of_set(name: str, options: Any) -> list[dict[str, Any]]:
    """Race all tools on one set, and measure them per budget."""
    folder = options.out / "sets" / name
    say(f"{name}: rows")
    try:
        about = make_set(name, folder, options.workspaces, options.demo)
    except CcmlError as error:
        say(f"  {error}")
        return [{"set": {"name": name, "error": str(error)}, "tools": {}}]
    told = {k: v for k, v in about.items() if k != "config"}
    raced = []
    for budget in options.budget:
        runs = {
            tool: finished(TOOLS[tool], about, folder, budget, options)
            for tool in options.tools
        }
        measured = measure(about, folder, runs, options.seed)
        raced.append({"set": told, "budget_s": budget, "tools": measured})
    return raced


def finished(
    tool: Tool, about: dict[str, Any], folder: Path, budget: float, options: Any
) -> dict[str, Any]:
    """Return a stored result, or make and store it; `error` says why there is none."""
    budget = budget if tool.has_budget else 0
    place = options.out / "runs" / about["name"] / f"{tool.name}_{budget:g}"
    asked = settings(tool, about, folder, place, budget, options)
    where = {"folder": None, "data": None, "train": None, "test": None}
    mark = digest([asked | where, tool.settings, tool.code(), about["digest"]])
    file = place.with_suffix(".json")
    stored = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if stored.get("mark") == mark and "error" not in stored:
        say(f"{about['name']}: {tool.name} within {budget:g} s: stored")
        return dict(stored)
    say(f"{about['name']}: {tool.name} within {budget:g} s")
    try:
        result = run(tool, asked, options.environments)
    except NotRunError as error:
        result = {"error": str(error)}
        say(f"  {error}")
    result |= {"mark": mark, "predictions": str(place / "predictions.parquet")}
    file.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return result


def settings(
    tool: Tool,
    about: dict[str, Any],
    folder: Path,
    place: Path,
    budget: float,
    options: Any,
) -> dict[str, Any]:
    """Say what a runner is to do."""
    asked = {
        "train": str(folder / "train.parquet"),
        "test": str(folder / "test.parquet"),
        "folder": str(place),
        "budget_s": budget,
        "seed": options.seed,
        "threads": options.threads,
        "metric": options.metric,
    }
    if tool.name != CCML:
        return asked
    config, words = with_budget(about["config"], budget, options.seed)
    return asked | {
        "data": str(folder),
        "predictor": about["predictor"],
        "config": config,
        "budget_is": words,
    }


def with_budget(
    config: dict[str, Any], budget: float, seed: int
) -> tuple[dict[str, Any], str]:
    """Give a predictor's config the budget, and say in words what the budget means.

    No peer learns when something happens, so ccml does not, either.
    """
    minutes = budget / 60
    asked = {
        "seed": seed,
        "time_budget_minutes": minutes,
        "tune": config["tune"] | {"trials": MANY_TRIALS},
        "ensemble": True,
        "survival": None,
    }
    return config | asked, f"time_budget_minutes={minutes:g}: the whole training"


def measure(
    about: dict[str, Any], folder: Path, runs: dict[str, dict[str, Any]], seed: int
) -> dict[str, dict[str, Any]]:
    """Measure all tools that gave predictions on the test, side by side."""
    test = pd.read_parquet(folder / "test.parquet", columns=["label"])
    y = test["label"].to_numpy(np.float64)
    clusters = pd.read_parquet(folder / "clusters.parquet")["cluster"].to_numpy()
    found = {
        tool: scored(pd.read_parquet(result["predictions"]))
        for tool, result in runs.items()
        if "error" not in result
    }
    measured = compare(y, found, clusters, CCML, seed) if found else {}
    payoff = Payoff(**about["payoff"]) if about["payoff"] else None
    hidden = ("mark", "predictions")
    told = {}
    for tool, result in runs.items():
        told[tool] = {k: v for k, v in result.items() if k not in hidden}
        told[tool] |= measured.get(tool, {})
        if payoff and tool in found:
            told[tool]["profit"] = profit(y, found[tool], payoff)
    if CCML in found:
        own = told[CCML]
        if own["about"]["test_rows"] != len(y):
            raise ValueError(
                f"{about['name']}: ccml tested on other rows than its peers"
            )
        own["claim"] = claim(own["about"], own["metrics"])
    return told


def as_table(results: list[dict[str, Any]]) -> str:
    """Lay the figures out for people."""
    lines = []
    for raced in results:
        if "error" in raced["set"]:
            lines.append(f"\n{raced['set']['name']}: {raced['set']['error']}")
            continue
        lines.append(f"\n{raced['set']['name']}, {raced['budget_s']:g} s")
        lines.append(_line("tool", COLUMNS))
        for tool, told in raced["tools"].items():
            if "error" in told:
                lines.append(f"{tool:<16}{told['error']}")
                continue
            values = {k: v["value"] for k, v in told["metrics"].items()} | told
            values["model_mb"] = told["model_bytes"] / 2**20
            values["earned"] = told.get("profit", {}).get("earned")
            lines.append(_line(tool, [_short(values[c]) for c in COLUMNS]))
        told = raced["tools"].get(CCML, {}).get("claim")
        if told:
            lines.append(told["sentence"])
    return "\n".join(lines)


def _line(first: str, cells: Sequence[str]) -> str:
    return f"{first:<16}" + "".join(f"{cell:>18}" for cell in cells)


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.0f}"


def say(text: str) -> None:
    """Tell what happens."""
    print(text, file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--budget", type=float, nargs="+", default=[60, 300], help="seconds per fit"
    )
    parser.add_argument("--sets", nargs="+", choices=RECIPES, default=[*RECIPES])
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=[*TOOLS])
    parser.add_argument("--metric", choices=("log_loss", "roc_auc"), default="log_loss")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", type=Path, help="public data sets; else CCML_DATA")
    parser.add_argument("--demo", type=Path, help="another config of the demo company")
    kept = cache()
    for name, about in {
        "environments": "where the peers are installed",
        "workspaces": "where ccml's tables are or are made, one folder per config",
        "out": "where sets and results are kept",
    }.items():
        default = kept / (f"predictors-{name}" if name != "environments" else name)
        parser.add_argument(f"--{name}", type=Path, default=default, help=about)
    options = parser.parse_args(arguments)
    for name in ("environments", "workspaces", "out"):
        setattr(options, name, getattr(options, name).resolve())
    return options


if __name__ == "__main__":
    main()
