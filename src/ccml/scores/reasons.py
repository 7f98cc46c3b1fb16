"""Why a score is high or low: parts of the log-odds, summed by family, in words.

Features that tell one story (calls in 7, 30 and 90 days, or features that go together in
training) form a family; the family's parts are added up, and its strongest feature speaks
for it. A part is what the model adds for a value; it is no statement about causes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ccml.errors import DataError
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.families import joined_families
from ccml.predictors.scorer import BIAS
from ccml.scores.reason_texts import NONE, Place, plain, reason_texts
from ccml.scores.sentences import FeatureInfo, sentence, unknown_feature

ADDITIVITY = 1e-6
MIN_EFFECT = 0.05  # log-odds; less changes the odds by under five per cent
UP = 3
DOWN = 1


@dataclass(frozen=True)
class Explainer:
    """Turns parts of scores into reasons.

    Attributes:
        features: Features in the order of the columns of the parts.
        infos: What is known of each feature.
        usual: Median or commonest value of each feature.
        silent: Features that are the same for everybody, hence no reason.
        never: Features that count in their family's sum but are never told.
        groups: Feature -> name of its group of correlated features.
        up: Reasons that raise the score, at the most.
        down: Reasons that lower it, at the most.
    """

    features: tuple[str, ...]
    infos: Mapping[str, FeatureInfo]
    usual: Mapping[str, Any]
    silent: Collection[str] = ()
    never: Collection[str] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    up: int = UP
    down: int = DOWN

    def info(self, name: str) -> FeatureInfo:
        """Describe a feature, by its name alone when it stands in no catalogue."""
        return self.infos.get(name) or unknown_feature(name)

    def families(self) -> list[Rows]:
        """List the columns of each family, in a fixed order."""
        known = {
            name: self.info(name).family or name
            for name in self.features
            if name not in self.silent
        }
        found: dict[str, list[int]] = {}
        for name, family in joined_families(known, self.groups).items():
            found.setdefault(family, []).append(self.features.index(name))
        return [np.array(columns) for columns in found.values()]

    def explain(self, frame: pd.DataFrame, parts: Floats) -> list[str]:
        """Write the reasons of every row as JSON, strongest first, raising ones first.

        Args:
            frame: Raw features, one row per score.
            parts: Rows x features, in log-odds.
        """
        groups = self.families()
        places = []
        if groups:
            sums = np.column_stack([parts[:, group].sum(axis=1) for group in groups])
            for direction, most in (("up", self.up), ("down", self.down)):
                places += self._places(parts, groups, sums, direction, most)
        return reason_texts(frame, self.features, places, self._speak)

    def _places(
        self,
        parts: Floats,
        groups: Sequence[Rows],
        sums: Floats,
        direction: str,
        most: int,
    ) -> list[Place]:
        sign = 1.0 if direction == "up" else -1.0
        leads = np.column_stack([self._lead(sign * parts, group) for group in groups])
        sizes = np.where(leads == NONE, 0.0, sign * sums)
        order = np.argsort(-sizes, axis=1, kind="stable")[:, :most]
        rows = np.arange(len(parts))
        places = []
        for chosen in order.T:
            strong = sizes[rows, chosen] >= MIN_EFFECT
            columns = np.where(strong, leads[rows, chosen], NONE)
            places.append(Place(direction, columns, sums[rows, chosen]))
        return places

    def _lead(self, moves: Floats, group: Rows) -> Rows:
        """Find the feature that speaks for a family, row by row.

        One that may be told and itself moves the score the family's way.
        """
        told = np.array([c for c in group if self.features[c] not in self.never])
        if not len(told):
            return np.full(len(moves), NONE)
        lead = told[moves[:, told].argmax(axis=1)]
        moving = moves[np.arange(len(moves)), lead] > 0
        return np.where(moving, lead, NONE)

    def _speak(self, column: int, value: Any) -> tuple[Any, str]:
        name = self.features[column]
        usual = plain(self.usual.get(name))
        return usual, sentence(self.info(name), value, usual)


def check_additivity(parts: pd.DataFrame, raw_scores: pd.Series, place: str) -> Floats:
    """Return the parts of the features if, with the bias, they add up to the scores.

    Raises:
        DataError: They do not; then no reason would be true.
    """
    off = (parts.sum(axis=1) - raw_scores).abs().to_numpy()
    wrong = int((~(off < ADDITIVITY)).sum())
    if wrong:
        raise DataError(
            f"{place}: the reasons of {wrong:,} of {len(off):,} scores do not add up to "
            f"the score within {ADDITIVITY:g}; train the predictor again."
        )
    return parts.drop(columns=BIAS).to_numpy(dtype=np.float64)
