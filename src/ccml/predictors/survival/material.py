"""What a survival model learns from: rows with a label or without, and what ends them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from ccml.config.labels import EventLabelConfig
from ccml.config.predictors import PredictorConfig
from ccml.features.events import event_inputs
from ccml.features.spine import spine_keys
from ccml.labels.population import population_inputs
from ccml.labels.spells import Followed, as_days, eligible_rows, followed, spells
from ccml.predictors.dataset import CUTOFF, Rows, TrainingSet, prepare
from ccml.predictors.survival.periods import Spells
from ccml.project import Project
from ccml.sources.watermark import data_until

EPOCH = pd.Timestamp("2000-01-01", tz="UTC")


@dataclass(frozen=True)
class SurvivalRows:
    """All rows that are asked about, and what ends their spells.

    Attributes:
        keys: customer_id, cutoff_at and, of events, event_id.
        features: Raw features, same index.
        followed: What ends spells, and the end of the data.
    """

    keys: pd.DataFrame
    features: pd.DataFrame
    followed: Followed


def survival_rows(project: Project, name: str) -> SurvivalRows:
    """Read the rows of a predictor, those with it whose label is not known yet."""
    predictor = project.config.predictors[name]
    keys = spine_keys(project.config.spines[str(predictor.spine)])
    features = project.store.read(f"features__{predictor.spine}")
    asked = features.semi_join(eligible_rows(project, name), keys)
    frame = asked.order_by(keys).to_pandas()
    return SurvivalRows(frame[keys], frame.drop(columns=keys), followed(project, name))


def survival_inputs(project: Project, name: str) -> list[str]:
    """Name the stored tables that a survival model is made from, besides the labels."""
    predictor = project.config.predictors[name]
    if predictor.survival is None or not isinstance(predictor.label, EventLabelConfig):
        return []
    return [
        f"spine__{predictor.spine}",
        *event_inputs(predictor.label.table),
        *population_inputs(project, name),
    ]


def followed_until(project: Project, name: str) -> datetime | None:
    """Return up to when spells are followed; None without a survival model."""
    asked = project.config.predictors[name].survival
    return None if asked is None else data_until(project)


def ordered(
    config: PredictorConfig, rows: SurvivalRows, features: Sequence[str], place: str
) -> SurvivalRows:
    """Sort rows by key and keep these features, as `prepare` does for a classifier."""
    # `prepare` wants both outcomes; these are none, and are left behind.
    stand_in = pd.Series(np.arange(len(rows.keys)) % 2, index=rows.keys.index)
    data = TrainingSet(
        rows.keys, rows.features, stand_in, pd.DataFrame(index=rows.keys.index)
    )
    sorted_set = prepare(config, data, place)
    return replace(
        rows, keys=sorted_set.keys, features=sorted_set.features[list(features)]
    )


def spells_of(
    rows: SurvivalRows, chosen: Rows, customers: Rows, until: pd.Timestamp | None = None
) -> tuple[Rows, Spells]:
    """Follow rows up to a moment.

    Args:
        rows: All rows.
        chosen: Positions of those to follow.
        customers: Customer of every row, as a number.
        until: The moment of looking; default: the end of the data.

    Returns:
        Positions of the rows that are followed at all, and their spells.
    """
    keys = rows.keys.iloc[chosen]
    found = spells(keys, rows.followed, until)
    seen = np.flatnonzero(found["followed_days"].to_numpy() > 0)
    found, kept = found.iloc[seen], chosen[seen]
    starts = as_days(rows.keys[CUTOFF].iloc[kept] - EPOCH)
    return kept, Spells(
        customers=customers[kept],
        starts=starts,
        days=found["days"].to_numpy(dtype=np.float64),
        happened=found["happened"].to_numpy(dtype=bool),
        followed=found["followed_days"].to_numpy(dtype=np.float64),
    )
