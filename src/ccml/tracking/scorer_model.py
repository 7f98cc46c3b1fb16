"""The model that MLflow stores: this code, the Booster's text and a JSON; no pickle."""

import logging
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PythonModel, PythonModelContext

from ccml.errors import DataError
from ccml.predictors.incoming import incoming_frame
from ccml.predictors.scorer import Scorer

_LOG = logging.getLogger("ccml.scorer_model")


class ScorerModel(PythonModel):  # type: ignore[misc]
    """Scores a frame of raw features as `Scorer` does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the scorer from the stored texts."""
        self._scorer = Scorer.load(_folder(context))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - part of the interface
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return raw_score (log-odds) and probability, one row per row given.

        Raises:
            MlflowException: The frame does not hold the features; the columns are named.
        """
        strict = bool((params or {}).get("strict", False))
        try:
            taken = incoming_frame(self._scorer, model_input, strict=strict)
            for note in taken.notes:
                _LOG.info(note)
            return self._scorer.predict(taken.frame)
        except DataError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error


def _folder(context: PythonModelContext) -> Path:
    return Path(context.artifacts["scorer"])


mlflow.models.set_model(ScorerModel())
