"""The benchmark's features by getML Community: its engine's own aggregations.

FastProp makes every aggregation of every number column over one join per window: also
some that nobody asked for, yet one model is faster than two that make fewer. It is
fitted on few rows, as the features are wanted and no selection of them.
"""

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import getml
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shared

SAMPLE = 5_000
EXTRA = 101
"""getML 1.5.1 gives zeros for the last rows of a thread when it works on a multiple of
5,000 of them: these rows are added, and taken away again."""
AGGREGATIONS = {"SUM": "sum", "AVG": "mean", "MAX": "max"}
MADE = re.compile(r'SELECT (\w+)\( (?:t2\."(\w+)"|\*) \) AS')


def features(folder: Path, asked: dict[str, Any], file: Path) -> list[str]:
    """Read, describe and write."""
    calls = pd.read_parquet(folder / "calls.parquet")
    spine = pd.read_parquet(folder / "spine.parquet")
    flags = shared.indicators(calls, asked)
    calls["event_at"] = calls.event_at.dt.tz_localize(None)
    cutoffs = spine.assign(cutoff_at=spine.cutoff_at.dt.tz_localize(None))
    history = getml.DataFrame.from_pandas(
        calls[["customer_id", "event_at", *asked["measures"], *flags]],
        name="calls",
        roles={
            "join_key": ["customer_id"],
            "time_stamp": ["event_at"],
            "numerical": [*asked["measures"], *flags],
        },
    )
    more = pd.concat([cutoffs, cutoffs[:EXTRA]], ignore_index=True)
    population = _population(more, "population")
    few = _population(cutoffs.sample(min(SAMPLE, len(cutoffs)), random_state=1), "few")
    pipeline = _pipeline(few, history, asked)
    tables = {f"calls_{days}": history for days in asked["windows_days"]}
    pipeline.fit(few, tables, check=False)
    values = pipeline.transform(population, tables)
    found = {}
    for place, feature in enumerate(pipeline.features):
        name = _name(feature.sql, flags)
        if name:
            found[name] = pa.array(values[: len(spine), place], from_pandas=True)
    keys = {name: pa.array(spine[name]) for name in ("customer_id", "cutoff_at")}
    pq.write_table(pa.table(keys | found), file)
    return list(found)


def _population(rows: pd.DataFrame, name: str) -> Any:
    """Hand rows over; a model must have a target, so there is one that says nothing."""
    roles = {
        "join_key": ["customer_id"],
        "time_stamp": ["cutoff_at"],
        "target": ["target"],
    }
    rows = rows.assign(target=(rows.index % 2).astype("float64"))
    return getml.DataFrame.from_pandas(rows, name=name, roles=roles)


def _pipeline(few: Any, history: Any, asked: dict[str, Any]) -> Any:
    model = getml.data.DataModel(few.to_placeholder("population"))
    for days in asked["windows_days"]:
        model.population.join(
            getml.data.Placeholder(f"calls_{days}", roles=history.roles),
            on="customer_id",
            time_stamps=("cutoff_at", "event_at"),
            memory=getml.data.time.days(days),
        )
    learner = getml.feature_learning.FastProp(
        aggregation=["COUNT", *AGGREGATIONS],
        num_features=10_000,
        loss_function=getml.feature_learning.loss_functions.SquareLoss,
        sampling_factor=0.0,
    )
    return getml.Pipeline(data_model=model, feature_learners=[learner])


def _name(sql: str, flags: list[str]) -> str | None:
    """Tell which of the features asked for one of getML's is, by its SQL."""
    made = MADE.search(sql)
    days = re.search(r'INNER JOIN "CALLS_(\d+)__', sql)
    if not made or not days:
        return None
    aggregation, column = made.groups()
    window = int(days.group(1))
    if column is None:
        return shared.count(window)
    if column in flags:
        return shared.true(column, window) if aggregation == "SUM" else None
    return shared.measure(column, AGGREGATIONS[aggregation], window)


def main() -> None:
    """Start the engine with a folder of its own, run, and end it."""
    with tempfile.TemporaryDirectory() as home:
        getml.engine.launch(launch_browser=False, home_directory=home, quiet=True)
        try:
            getml.engine.set_project("benchmark")
            shared.run(features)
        finally:
            getml.engine.shutdown()
            time.sleep(1)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
