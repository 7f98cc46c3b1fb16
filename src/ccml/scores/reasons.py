"""Why a score is high or low: parts of the log-odds, summed by family, in words.

Features that tell one story (calls in 7, 30 and 90 days) form a family; the family's
parts are added up, and its strongest feature speaks for it. A part is what the model
adds for a value; it is no statement about causes.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.errors import DataError
from ccml.predictors.scorer import BIAS
from ccml.scores.sentences import FeatureInfo, sentence, unknown_feature
from ccml.scores.values import is_missing

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

ADDITIVITY = 1e-6
MIN_EFFECT = 0.05  # log-odds; less changes the odds by under five per cent
UP = 3
DOWN = 1
EFFECT_DIGITS = 4


@dataclass(frozen=True)
class Explainer:
    """Turns parts of scores into reasons.

    Attributes:
        features: Features in the order of the columns of the parts.
        infos: What is known of each feature.
        usual: Median or commonest value of each feature.
        silent: Features that are the same for everybody, hence no reason.
        up: Reasons that raise the score, at the most.
        down: Reasons that lower it, at the most.
    """

    features: tuple[str, ...]
    infos: Mapping[str, FeatureInfo]
    usual: Mapping[str, Any]
    silent: Collection[str] = ()
    up: int = UP
    down: int = DOWN

    def info(self, name: str) -> FeatureInfo:
        """Describe a feature, by its name alone when it stands in no catalogue."""
        return self.infos.get(name) or unknown_feature(name)

    def families(self) -> list[Rows]:
        """List the columns of each family, in a fixed order."""
        found: dict[str, list[int]] = {}
        for column, name in enumerate(self.features):
            if name not in self.silent:
                found.setdefault(self.info(name).family or name, []).append(column)
        return [np.array(columns) for columns in found.values()]

    def explain(self, frame: pd.DataFrame, parts: Floats) -> list[str]:
        """Write the reasons of every row as JSON, strongest first, raising ones first.

        Args:
            frame: Raw features, one row per score.
            parts: Rows x features, in log-odds.
        """
        reasons: list[list[dict[str, Any]]] = [[] for _ in range(len(frame))]
        groups = self.families()
        if groups:
            for sign, most in ((1.0, self.up), (-1.0, self.down)):
                self._collect(frame, parts, groups, sign, most, reasons)
        return [json.dumps(row, ensure_ascii=False) for row in reasons]

    def _collect(
        self,
        frame: pd.DataFrame,
        parts: Floats,
        groups: Sequence[Rows],
        sign: float,
        most: int,
        reasons: list[list[dict[str, Any]]],
    ) -> None:
        sums = np.column_stack([parts[:, group].sum(axis=1) for group in groups])
        leads = np.column_stack(
            [group[(sign * parts[:, group]).argmax(axis=1)] for group in groups]
        )
        order = np.argsort(-sign * sums, axis=1, kind="stable")[:, :most]
        for place in range(order.shape[1]):
            chosen = order[:, place]
            rows = np.arange(len(frame))
            effect, lead = sums[rows, chosen], leads[rows, chosen]
            strong = sign * effect >= MIN_EFFECT
            for column in np.unique(lead[strong]):
                which = np.flatnonzero(strong & (lead == column))
                self._say(frame, int(column), which, effect, sign, reasons)

    def _say(
        self,
        frame: pd.DataFrame,
        column: int,
        rows: Rows,
        effects: Floats,
        sign: float,
        reasons: list[list[dict[str, Any]]],
    ) -> None:
        name = self.features[column]
        info, usual = self.info(name), plain(self.usual.get(name))
        values = [plain(value) for value in frame[name].iloc[rows].tolist()]
        words = {value: sentence(info, value, usual) for value in set(values)}
        for row, value in zip(rows.tolist(), values, strict=True):
            reasons[row].append(
                {
                    "feature": name,
                    "value": value,
                    "usual": usual,
                    "direction": "up" if sign > 0 else "down",
                    "effect": round(float(effects[row]), EFFECT_DIGITS),
                    "sentence": words[value],
                }
            )


def plain(value: Any) -> Any:
    """Turn a value of a frame into one of JSON: null, bool, number or text."""
    if value is None or value is pd.NA or is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


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
