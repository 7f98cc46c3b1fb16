"""Features as plain Python values, built from tables in memory."""

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd
import pyarrow as pa
from builders import Tables, memory_project
from every_feature import EVERY_FEATURE

from ccml.config.project import ProjectConfig
from ccml.features.build import build_features
from ccml.features.catalogue import Feature
from ccml.features.spine import spine_keys


@dataclass(frozen=True)
class Built:
    """The features of one spine: one row per key."""

    keys: list[str]
    catalogue: list[Feature]
    frame: pd.DataFrame
    table: pa.Table
    spine: pd.DataFrame
    config: ProjectConfig

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [feature.name for feature in self.catalogue]


def build(world: Tables, spine: str, **changes: Any) -> Built:
    """Build every kind of feature of one spine through the stage's own entry."""
    project = memory_project(world, **{"features": EVERY_FEATURE, **changes})
    build_features(project, spine)
    made = project.stages.made
    keys = spine_keys(project.config.spines[spine])
    table = made[f"features__{spine}"].rows.order_by(keys).to_pyarrow()
    frame = table.to_pandas().set_index(keys, drop=False)
    catalogue = made[f"catalogue__{spine}"].rows.astype(object)
    catalogue = catalogue.where(catalogue.notna(), None)
    wanted = [field.name for field in fields(Feature)]
    return Built(
        keys,
        [Feature(**row) for row in catalogue[wanted].to_dict("records")],
        frame,
        table,
        made[f"spine__{spine}"].rows.to_pandas(),
        project.config,
    )
