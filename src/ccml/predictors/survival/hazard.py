"""The hazard model: the chance of the event in each period, for who reached it.

A saved model is a folder with hazard.json (features in order, their codes, periods, the
curve for everybody, versions, the sha256 of the model text) and the text hazard.lgb.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from ccml.errors import DataError
from ccml.predictors.dataset import Floats
from ccml.predictors.encoder import Encoder
from ccml.predictors.models import BoosterModel
from ccml.predictors.scorer import library_versions, read_file, verified_text
from ccml.predictors.scorer import sha256 as sha256_of

JSON_NAME = "hazard.json"
TEXT_NAME = "hazard.lgb"
FOLDER = "survival"
FORMAT = 1
PERIOD = "period no"


@dataclass(frozen=True)
class HazardModel:
    """What is needed to tell from raw features by when the event happens.

    Attributes:
        name: Name of the predictor, used in errors.
        encoder: Raw features -> numbers.
        booster: Numbers and the period -> log-odds of the event in it.
        period_days: Length of a period.
        periods: How many periods training rows were followed.
        horizons: Days by which a probability is told.
        everybody: Kaplan-Meier share without the event at the end of each period.
        versions: Versions of the libraries that made it.
    """

    name: str
    encoder: Encoder
    booster: BoosterModel
    period_days: int
    periods: int
    horizons: tuple[int, ...]
    everybody: tuple[float, ...]
    versions: dict[str, str] = field(default_factory=library_versions)

    @property
    def days(self) -> int:
        """Time that the model can tell of."""
        return self.period_days * self.periods

    @property
    def feature_names(self) -> list[str]:
        """Return the features the model needs, in its order."""
        return self.encoder.names

    def survival(self, frame: pd.DataFrame, horizons: Sequence[int]) -> Floats:
        """Return the chance that nothing happened by each horizon (rows x horizons).

        Args:
            frame: Raw features in any column order.
            horizons: Days after the cutoff, whole periods.

        Raises:
            DataError: A horizon is no whole number of periods, or lies beyond those
                learnt; or columns are missing.
        """
        ends = [self._period_end(days) for days in horizons]
        return self.curve(frame, max(ends))[:, ends]

    def everybody_at(self, horizons: Sequence[int]) -> Floats:
        """Return the Kaplan-Meier share without the event by each horizon."""
        ends = [self._period_end(days) for days in horizons]
        return np.append(1.0, self.everybody)[ends]

    def expected_days(self, frame: pd.DataFrame) -> Floats:
        """Return the restricted mean: days without the event among the next `days`.

        Nobody is followed for longer, so a mean without this end would be a guess.
        Within a period the curve is taken as straight.
        """
        return self._mean_days(self.curve(frame, self.periods))

    def table(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the probability by each horizon and the expected days, same index."""
        curve = self.curve(frame, self.periods)
        columns = {
            f"probability_{days}d": 1 - curve[:, self._period_end(days)]
            for days in self.horizons
        }
        columns[f"expected_days_{self.days}d"] = self._mean_days(curve)
        return pd.DataFrame(columns, index=frame.index)

    def _mean_days(self, curve: Floats) -> Floats:
        return np.asarray(self.period_days * (curve[:, :-1] + curve[:, 1:]).sum(1) / 2)

    def curve(self, frame: pd.DataFrame, periods: int) -> Floats:
        """Return the chance of no event by the end of each period, 1 before the first.

        Args:
            frame: Raw features in any column order.
            periods: How many, at most as many as were learnt.

        Returns:
            Rows x (periods + 1); it never rises from one column to the next.
        """
        X = self.encoder.transform(frame)
        left = np.ones((len(X), periods + 1))
        for number in range(periods):
            chance = expit(self.booster.raw(X.assign(**{PERIOD: float(number)})))
            left[:, number + 1] = left[:, number] * (1 - chance)
        return left

    def _period_end(self, days: int) -> int:
        if days <= 0 or days % self.period_days or days > self.days:
            msg = (
                f"predictors.{self.name}.survival: no probability by {days} days; the "
                f"model tells of whole periods of {self.period_days} days, up to "
                f"{self.days} days."
            )
            raise DataError(msg)
        return days // self.period_days

    def save(self, folder: Path) -> None:
        """Write hazard.json and the text of the LightGBM model into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        text = self.booster.text.encode()
        (folder / TEXT_NAME).write_bytes(text)
        values = self._to_json(sha256_of(text))
        stored = json.dumps(values, indent=1, sort_keys=True, allow_nan=False)
        (folder / JSON_NAME).write_bytes(f"{stored}\n".encode())

    def _to_json(self, sha256: str) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "features": self.encoder.to_json(),
            "period_days": self.period_days,
            "periods": self.periods,
            "horizons": list(self.horizons),
            "everybody": list(self.everybody),
            "versions": self.versions,
            "model_sha256": sha256,
        }

    @classmethod
    def load(cls, folder: Path) -> "HazardModel":
        """Read a model written by `save`.

        Raises:
            DataError: A file is missing or the model text is not the one saved.
        """
        values = json.loads(read_file(folder / JSON_NAME))
        if values.get("format") != FORMAT:
            msg = (
                f"{folder / JSON_NAME}: format {values.get('format')!r}, this version "
                f"reads {FORMAT}; train the predictor again."
            )
            raise DataError(msg)
        text = verified_text(folder / TEXT_NAME, values["model_sha256"])
        place = f"predictors.{values['name']}"
        return cls(
            name=values["name"],
            encoder=Encoder.from_json(values["features"], place),
            booster=BoosterModel.from_text(text),
            period_days=values["period_days"],
            periods=values["periods"],
            horizons=tuple(values["horizons"]),
            everybody=tuple(values["everybody"]),
            versions=values["versions"],
        )
