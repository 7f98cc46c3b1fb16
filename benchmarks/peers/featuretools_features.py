"""The benchmark's features by featuretools, by cutoff times and training windows."""

import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

import featuretools as ft  # noqa: E402
import pandas as pd  # noqa: E402
import shared  # noqa: E402
from featuretools.primitives import Count, Max, Mean, Sum  # noqa: E402

MEASURES = {"sum": Sum, "mean": Mean, "max": Max}


def features(folder: Path, asked: dict[str, Any], file: Path) -> list[str]:
    """Read, describe and write."""
    calls = pd.read_parquet(folder / "calls.parquet")
    spine = pd.read_parquet(folder / "spine.parquet")
    flags = shared.indicators(calls, asked)
    calls["event_at"] = calls.event_at.dt.tz_localize(None)
    columns = ["event_id", "customer_id", "event_at", *asked["measures"], *flags]
    entities = ft.EntitySet("benchmark")
    entities.add_dataframe(
        dataframe=calls[columns],
        dataframe_name="calls",
        index="event_id",
        time_index="event_at",
        logical_types=dict.fromkeys([*asked["measures"], *flags], "Double"),
    )
    entities.add_dataframe(
        dataframe=spine[["customer_id"]].drop_duplicates(),
        dataframe_name="customers",
        index="customer_id",
    )
    entities.add_relationship("customers", "customer_id", "calls", "customer_id")
    entities.add_last_time_indexes()
    times = spine.assign(time=spine.cutoff_at.dt.tz_localize(None))
    times = times[["customer_id", "time"]]
    windows = asked["windows_days"]
    parts = [_window(entities, times, days, flags, asked) for days in windows]
    found = pd.concat(parts, axis=1)
    names = list(found)
    found = found.reset_index().rename(columns={"time": "cutoff_at"})
    found["cutoff_at"] = found.cutoff_at.dt.tz_localize("UTC")
    found.to_parquet(file)
    return names


def _window(
    entities: Any,
    times: pd.DataFrame,
    days: int,
    flags: list[str],
    asked: dict[str, Any],
) -> pd.DataFrame:
    calls = entities["calls"].ww

    def of(column: str, primitive: Any) -> Any:
        return ft.Feature(
            calls[column], parent_dataframe_name="customers", primitive=primitive
        )

    made = {shared.count(days): of("event_id", Count)}
    made |= {shared.true(flag, days): of(flag, Sum) for flag in flags}
    for column in asked["measures"]:
        for statistic, primitive in MEASURES.items():
            made[shared.measure(column, statistic, days)] = of(column, primitive)
    wanted = [feature.rename(name) for name, feature in made.items()]
    return ft.calculate_feature_matrix(
        wanted,
        entities,
        cutoff_time=times,
        cutoff_time_in_index=True,
        training_window=f"{days} days",
        include_cutoff_time=False,
    )


if __name__ == "__main__":
    shared.run(features)
