"""Which traits membership of a segment hangs on: SHAP values of a small model.

The values are TreeSHAP as LightGBM works it out itself (`pred_contrib`); they equal
those of shap.TreeExplainer, path-dependent, in log-odds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.clusters.traits import Trait
from ccml.segments.profiles.surrogate import sample_places

Floats = NDArray[np.float64]
Ids = NDArray[np.object_]
SAMPLE_ROWS = 10_000
ROUNDS = 40
TOLD = 6  # traits per segment
SETTINGS = {
    "objective": "multiclass",
    "num_leaves": 8,
    "learning_rate": 0.15,
    "min_data_in_leaf": 10,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Driver:
    """One trait that membership hangs on.

    Args:
        trait: Its name.
        meaning: What is measured, in words.
        mean_abs: Mean absolute SHAP value over the sample, in log-odds.
        direction: `more` of it, or `less`, makes membership likelier; `mixed` is both.
    """

    trait: str
    meaning: str
    mean_abs: float
    direction: str


def membership_drivers(
    ids: Ids, values: pd.DataFrame, traits: Sequence[Trait], seed: int
) -> dict[str, list[Driver]]:
    """Explain membership by a small model, fitted on a sample of customers.

    Args:
        ids: Segment of each customer.
        values: Traits as they were seen; nan where nothing was.
        traits: The traits.
        seed: Seed of the sample and the model.

    Returns:
        For every segment its strongest traits, the strongest first.
    """
    few = sample_places(len(ids), SAMPLE_ROWS, seed)
    names, label = np.unique(ids[few].astype(str), return_inverse=True)
    if len(names) < 2:
        return {}
    columns = values.iloc[few].to_numpy(dtype=float)
    given = {**SETTINGS, "num_class": len(names), "seed": seed}
    data = lightgbm.Dataset(columns, label, params={"verbosity": -1})
    model = lightgbm.train(given, data, num_boost_round=ROUNDS)
    said = np.asarray(model.predict(columns, pred_contrib=True, num_threads=1))
    shaped = said.reshape(len(few), len(names), -1)[:, :, : len(traits)]
    return {
        str(name): _drivers(shaped[:, position], columns, traits)
        for position, name in enumerate(names)
    }


def _drivers(said: Floats, columns: Floats, traits: Sequence[Trait]) -> list[Driver]:
    strength = np.abs(said).mean(axis=0)
    order = np.argsort(-strength, kind="stable")[:TOLD]
    return [
        Driver(
            traits[place].name,
            traits[place].meaning,
            float(strength[place]),
            _direction(columns[:, place], said[:, place]),
        )
        for place in order
        if strength[place] > 0
    ]


def _direction(value: Floats, said: Floats) -> str:
    """Tell whether high values speak for the segment, by ranks."""
    known = ~np.isnan(value)
    ranks = pd.DataFrame({"value": value[known], "said": said[known]}).rank()
    if (ranks.nunique() < 2).any():
        return "mixed"
    together = float(ranks["value"].corr(ranks["said"]))
    if abs(together) < 0.3:
        return "mixed"
    return "more" if together > 0 else "less"
