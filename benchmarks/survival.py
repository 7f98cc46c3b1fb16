"""By when it happens: ccml's hazard model, Kaplan-Meier and Cox on the same rows.

Run `python benchmarks/survival.py --json` after `make demo`, or with `--project CONFIG`
for any workspace with features and labels. Customers are drawn, so that Cox ends; all
three learn from the same spells, cut at the start of the test, and are judged on the
same later ones: IPCW Brier score by horizon, and the difference to the hazard model,
with intervals over customers. Prints a table and, with --json, one JSON object instead.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from predictor_peers import NotRunError, Tool, cache, run

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import CUSTOMER, CUTOFF, Floats, Rows
from ccml.predictors.resampling import cluster_weights, compact, with_interval
from ccml.predictors.survival.hazard import HazardModel
from ccml.predictors.survival.judge import Sampled, brier_parts, outcome, time_auc
from ccml.predictors.survival.material import (
    SurvivalRows,
    ordered,
    spells_of,
    survival_rows,
)
from ccml.predictors.survival.periods import Spells
from ccml.predictors.survival.train import Parts, train_survival
from ccml.project import Project

COX = Tool("cox", "lifelines_survival.py", "lifelines.txt", has_budget=False)
PENALTIES = (0.001, 0.01, 0.1, 1.0)
RESAMPLES = 200
HAZARD, KAPLAN_MEIER = "hazard", "kaplan_meier"
Survivals = dict[str, Floats]


@dataclass(frozen=True)
class Case:
    """The rows that all are judged on.

    Attributes:
        model: The hazard model.
        train: Encoded features of training spells, days, happened and customer.
        test: Encoded features of test spells.
        features: Their raw features.
        spells: Test spells in the same order.
    """

    model: HazardModel
    train: pd.DataFrame
    test: pd.DataFrame
    features: pd.DataFrame
    spells: Spells


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = _options(arguments)
    found = measure(options)
    print(json.dumps(found, indent=2) if options.json else _table(found))


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train and judge all three."""
    project = Project.open(options.project)
    config = project.config.predictors[options.predictor]
    survival = {"horizons_days": options.horizons}
    values = config.model_dump(exclude_unset=True) | {"survival": survival}
    config = PredictorConfig.model_validate(values)
    say("reading rows")
    rows = _drawn(
        survival_rows(project, options.predictor), options.customers, options.seed
    )
    began = time.perf_counter()
    case = _case(config, rows, options.predictor)
    hazard_s = time.perf_counter() - began
    say(f"hazard model and rows: {hazard_s:.1f} s")
    survivals, about = _survivals(case, options)
    return {
        "customers": len(np.unique(rows.keys[CUSTOMER])),
        "training_spells": len(case.train),
        "training_events": int(case.train["happened"].sum()),
        "test_spells": len(case.test),
        "test_events": int(case.spells.happened.sum()),
        "features": case.test.shape[1],
        "hazard_s": round(hazard_s, 2),
        "cox": about,
        "horizons": {
            str(days): _judged(case.spells, survivals, column, days, options.seed)
            for column, days in enumerate(options.horizons)
        },
    }


def _drawn(rows: SurvivalRows, customers: int, seed: int) -> SurvivalRows:
    names = np.sort(rows.keys[CUSTOMER].unique().astype(str))
    rng = np.random.default_rng(seed)
    kept = rng.choice(names, min(customers, len(names)), replace=False)
    chosen = rows.keys[CUSTOMER].isin(kept)
    return replace(rows, keys=rows.keys[chosen], features=rows.features[chosen])


def _case(config: PredictorConfig, rows: SurvivalRows, name: str) -> Case:
    start = config.split.test_from
    if start is None:
        raise SystemExit(
            f"predictors.{name}.split.test_from: it is needed here; set it."
        )
    before = rows.keys[CUTOFF] < pd.Timestamp(start)
    filled = rows.features[before].notna().any()
    known = {str(name) for name in filled.index[filled.to_numpy()]}
    names = sorted(known - set(config.drop))
    parts = Parts(pd.Timestamp(start), names)
    model = train_survival(config, rows, parts, config.model, name).model
    ready = ordered(config, rows, names, f"predictors.{name}")
    customers = pd.factorize(ready.keys[CUSTOMER])[0].astype(np.int64)
    in_test = (ready.keys[CUTOFF] >= pd.Timestamp(start)).to_numpy()
    kept, seen = _followed(ready, ~in_test, customers, pd.Timestamp(start))
    later, spells = _followed(ready, in_test, customers, None)
    train = model.encoder.transform(ready.features.iloc[kept])
    raw = ready.features.iloc[later]
    return Case(
        model,
        train.assign(days=seen.days, happened=seen.happened, customer=seen.customers),
        model.encoder.transform(raw),
        raw,
        spells,
    )


def _followed(
    rows: SurvivalRows, chosen: Any, customers: Rows, until: pd.Timestamp | None
) -> tuple[Rows, Spells]:
    return spells_of(rows, np.flatnonzero(chosen), customers, until)


def _survivals(
    case: Case, options: argparse.Namespace
) -> tuple[Survivals, dict[str, Any]]:
    """Foretell by all three; says why where Cox could not run."""
    horizons = list(options.horizons)
    same = np.tile(case.model.everybody_at(horizons), (len(case.test), 1))
    told = {
        HAZARD: case.model.survival(case.features, horizons),
        KAPLAN_MEIER: same,
    }
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    case.train.to_parquet(folder / "train.parquet", index=False)
    case.test.to_parquet(folder / "test.parquet", index=False)
    asked = {
        "train": str(folder / "train.parquet"),
        "test": str(folder / "test.parquet"),
        "folder": str(folder / "cox"),
        "horizons": horizons,
        "penalties": PENALTIES,
        "seed": options.seed,
        "threads": 1,
        "budget_s": 600,
    }
    say("Cox")
    try:
        about = run(COX, asked, options.environments)
    except NotRunError as error:
        return told, {"error": str(error)}
    curves = pd.read_parquet(folder / "cox" / "survival.parquet")
    return told | {"cox": curves.to_numpy(dtype=np.float64)}, about


def _judged(
    spells: Spells, survivals: Survivals, column: int, days: int, seed: int
) -> dict[str, Any]:
    seen = outcome(spells.days, spells.happened, days)
    clusters = compact(spells.customers)
    weights = cluster_weights(int(clusters.max()) + 1, RESAMPLES, seed)
    sample = Sampled(clusters, weights)
    parts = {name: brier_parts(seen, s[:, column]) for name, s in survivals.items()}
    return {
        name: {
            "brier": with_interval(sample.mean(part)),
            "minus_hazard": with_interval(sample.mean(part - parts[HAZARD])),
            "auc": with_interval(
                time_auc(seen, 1 - survivals[name][:, column], sample)
            ),
            "expected": float(1 - survivals[name][:, column].mean()),
            "observed": float((seen.weight * seen.event).mean()),
        }
        for name, part in parts.items()
    }


def _table(found: Mapping[str, Any]) -> str:
    lines = [
        f"{'days':>5} {'model':<14}{'Brier':>9}{'minus hazard (95 %)':>34}{'AUC':>7}"
    ]
    for days, models in found["horizons"].items():
        for name, values in models.items():
            gap = values["minus_hazard"]
            span = f"{gap['value']:+.5f} ({gap['low']:+.5f} to {gap['high']:+.5f})"
            lines.append(
                f"{days:>5} {name:<14}{values['brier']['value']:>9.5f}{span:>34}"
                f"{values['auc']['value']:>7.3f}"
            )
    return "\n".join(lines)


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--project", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--predictor", default="churn")
    parser.add_argument("--customers", type=int, default=4000, help="drawn")
    parser.add_argument("--horizons", type=int, nargs="+", default=[30, 60, 90])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=cache() / "survival")
    parser.add_argument("--environments", type=Path, default=cache() / "environments")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
