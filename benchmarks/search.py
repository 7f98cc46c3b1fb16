"""Predictors: what a search of 50 trials costs, in fits of the default model.

Run `python benchmarks/search.py --json`. Made-up rows in time order, a third of the
features with an effect. The search includes everything that comes on top of training
without one: trials, and the weighing of the winner on all rows. Prints a table and, with
--json, one JSON object instead.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import Rows, TrainingSet, prepare
from ccml.predictors.fit import fit_booster, fold_data, learning_part
from ccml.predictors.split import split_rows
from ccml.predictors.study import StudyPlace, study_name
from ccml.predictors.tune import tune

MOST_FITS = 20.0
"""Fits of the default model that 50 trials on 300,000 x 100 may cost."""
PLACE = "predictors.search"
HOURS = 24 * 60.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = _options(arguments)
    found = measure(options)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:<18}{value}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Time one default fit and one whole search on the same rows."""
    config = _config(options)
    say(f"making {options.rows:,} rows x {options.columns} features")
    data = prepare(config, made_up(options.rows, options.columns, options.seed), PLACE)
    split = split_rows(config, data, PLACE)
    folds = [fold_data(data, f, config.seed, PLACE, config) for f in split.folds]
    fit_s, fit_cpu_s, _ = timed(lambda: _default_fit(data, split.train, config))
    say(f"one default fit: {fit_s:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        name = study_name("search", config, data)
        place = StudyPlace(Path(folder) / "studies.db", name)
        search_s, search_cpu_s, tuning = timed(lambda: tune(config, folds, place, say))
        again_s, _, _ = timed(lambda: tune(config, folds, place, say))
    return {
        "rows": options.rows,
        "columns": options.columns,
        "trials": tuning.trials,
        "search_rows": config.tune.search_rows,
        "fold_rows": [len(fold.part.y) for fold in folds],
        "default_fit_s": round(fit_s, 2),
        "trials_s": round(tuning.seconds, 2),
        "search_s": round(search_s, 2),
        "again_s": round(again_s, 2),
        "fits": round(search_s / fit_s, 2),
        "fits_of_processor_time": round(search_cpu_s / fit_cpu_s, 2),
        "most_fits": MOST_FITS,
        "kept_default": tuning.kept_default,
        "default_loss": tuning.default_loss,
        "best_loss": tuning.best_loss,
        "gain_error": tuning.gain_error,
        "settings": tuning.settings.model_dump(),
    }


def _default_fit(data: TrainingSet, rows: Rows, config: PredictorConfig) -> None:
    part = learning_part(data, rows, config.seed, PLACE, config)
    fit_booster(part, config.model)


def made_up(rows: int, columns: int, seed: int) -> TrainingSet:
    """Make rows in which a third of the features count, some of them in pairs."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, columns))
    used = X[:, : max(2, columns // 3)]
    odds = used @ rng.normal(0, 0.15, used.shape[1])
    odds += 0.5 * used[:, 0] * used[:, 1] + 0.5 * np.abs(used[:, -1]) - 2
    label = rng.random(rows) < 1 / (1 + np.exp(-odds))
    names = [f"x{i:03d}" for i in range(columns)]
    return TrainingSet(
        keys=pd.DataFrame({"row_no": np.arange(rows)}),
        features=pd.DataFrame(X, columns=names),
        label=pd.Series(label.astype(int)),
        slices=pd.DataFrame(index=range(rows)),
    )


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Do it, and return the seconds it took, by clock and processor, and its result."""
    started, worked = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - started, time.process_time() - worked, result


def say(text: str) -> None:
    """Tell what happens."""
    print(text, file=sys.stderr, flush=True)


def _config(options: argparse.Namespace) -> PredictorConfig:
    tune_for = {"trials": options.trials, "time_budget_minutes": HOURS}
    if options.search_rows:
        tune_for["search_rows"] = options.search_rows
    return PredictorConfig.model_validate(
        {
            "table": "made_up",
            "label": {"column": "label"},
            "split": {"kind": "ordered"},
            "tune": tune_for,
            "seed": options.seed,
        }
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--search-rows", type=int, help="instead of tune.search_rows")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
