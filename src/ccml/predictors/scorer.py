"""The scorer: everything needed to score a raw feature frame, without any pickle.

A saved scorer is a folder with model.json (features in order, their codes, the
calibrator, versions, the sha256 of every model text) and the texts of its LightGBM
models: model_0.lgb and on. Format 1, with one text called model.lgb, is still read.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.errors import DataError
from ccml.predictors.calibrator import Calibrator
from ccml.predictors.encoder import Encoder
from ccml.predictors.models import Model, booster_texts, model_from_json

JSON_NAME = "model.json"
FORMAT = 2
FORMATS = (1, 2)
BIAS = "bias"
LIBRARIES = ("ccml", "lightgbm", "numpy", "pandas", "scikit-learn")


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that make a model."""
    return {name: version(name) for name in LIBRARIES}


@dataclass(frozen=True)
class Scorer:
    """One fitted candidate: codes of the features, model, calibrator.

    Attributes:
        name: Name of the predictor, used in errors.
        encoder: Raw features -> numbers.
        model: Numbers -> raw score in log-odds.
        calibrator: Raw score -> probability.
        versions: Versions of the libraries that made it.
        families: Feature -> group of features that go together in training.
    """

    name: str
    encoder: Encoder
    model: Model
    calibrator: Calibrator = field(default_factory=Calibrator)
    versions: dict[str, str] = field(default_factory=library_versions)
    families: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return prior, rule, logistic, lightgbm or ensemble."""
        return self.model.kind

    @property
    def feature_names(self) -> list[str]:
        """Return the features the model needs, in its order."""
        return self.encoder.names

    @property
    def typical_values(self) -> dict[str, float | str | None]:
        """Return the median, or the commonest level, of each feature in training."""
        return {code.name: code.typical for code in self.encoder.codes}

    @property
    def training_unseen_shares(self) -> dict[str, float]:
        """Return, per text feature, the share of training rows with a rare level."""
        codes = self.encoder.codes
        return {c.name: c.unseen_share for c in codes if c.kind == "category"}

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score raw features in any column order.

        Returns:
            raw_score (log-odds before calibration) and probability, same index.

        Raises:
            DataError: Columns are missing, of another kind, or infinite.
        """
        raw = self.model.raw(self.encoder.transform(frame))
        columns = {"raw_score": raw, "probability": self.calibrator.apply(raw)}
        return pd.DataFrame(columns, index=frame.index)

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Split each raw score into one part per feature and a bias, in log-odds."""
        parts = self.model.contributions(self.encoder.transform(frame))
        return pd.DataFrame(
            self.encoder.by_feature(parts),
            index=frame.index,
            columns=[*self.feature_names, BIAS],
        )

    def unseen_shares(self, frame: pd.DataFrame) -> pd.Series:
        """Return, per text feature, the share of rows with a level not stored."""
        return self.encoder.unseen_shares(frame)

    def calibrated(self, calibrator: Calibrator) -> "Scorer":
        """Return the same model with another calibrator."""
        return replace(self, calibrator=calibrator)

    def save(self, folder: Path) -> None:
        """Write model.json and the texts of LightGBM models into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        texts = {text_name(i): t for i, t in enumerate(booster_texts(self.model))}
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode())
        stored = json.dumps(
            self._to_json(texts), indent=1, sort_keys=True, allow_nan=False
        )
        (folder / JSON_NAME).write_bytes(f"{stored}\n".encode())

    def _to_json(self, texts: Mapping[str, str]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": self.name,
            "kind": self.kind,
            "features": self.encoder.to_json(),
            "model": self.model.to_json(),
            "calibrator": self.calibrator.to_json(),
            "versions": self.versions,
            "families": self.families,
            "model_sha256": {name: sha256(t.encode()) for name, t in texts.items()},
        }

    @classmethod
    def load(cls, folder: Path) -> "Scorer":
        """Read a scorer written by `save`.

        Raises:
            DataError: A file is missing or the model text is not the one saved.
        """
        values = json.loads(read_file(folder / JSON_NAME))
        if values.get("format") not in FORMATS:
            msg = (
                f"{folder / JSON_NAME}: format {values.get('format')!r}, this version "
                f"reads {FORMATS}; train the predictor again."
            )
            raise DataError(msg)
        expected = _text_hashes(values["model_sha256"])
        texts = [verified_text(folder / name, sha) for name, sha in expected.items()]
        return cls(
            name=values["name"],
            encoder=Encoder.from_json(
                values["features"], f"predictors.{values['name']}"
            ),
            model=model_from_json(values["model"], texts),
            calibrator=Calibrator.from_json(values["calibrator"]),
            versions=values["versions"],
            families=values.get("families", {}),
        )


def text_name(number: int) -> str:
    """Return the file name of a LightGBM text."""
    return f"model_{number}.lgb"


def _text_hashes(stored: dict[str, str] | str | None) -> dict[str, str]:
    """Return file name -> sha256 in order; format 1 stored one hash or none."""
    if isinstance(stored, dict):
        return {text_name(i): stored[text_name(i)] for i in range(len(stored))}
    return {} if stored is None else {"model.lgb": stored}


def verified_text(file: Path, expected: str) -> str:
    """Read the text of a model.

    Raises:
        DataError: It is missing, or not the one that was saved.
    """
    content = read_file(file)
    found = sha256(content)
    if found != expected:
        msg = (
            f"{file}: sha256 is {found}, expected {expected}; the model "
            "was changed after training; train again or restore the file."
        )
        raise DataError(msg)
    return content.decode()


def read_file(path: Path) -> bytes:
    """Read a file of a saved model.

    Raises:
        DataError: It is missing.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        msg = f"{path}: no such file; a scorer needs it; train the predictor again."
        raise DataError(msg) from error


def sha256(content: bytes) -> str:
    """Return the hexadecimal sha256 of bytes."""
    return hashlib.sha256(content).hexdigest()
