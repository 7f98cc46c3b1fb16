"""The model that MLflow stores: this code, the Booster's text and a JSON; no pickle."""

from pathlib import Path

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel, PythonModelContext

from ccml.predictors.scorer import Scorer


class ScorerModel(PythonModel):  # type: ignore[misc]
    """Scores a frame of raw features as `Scorer` does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the scorer from the stored texts."""
        self._scorer = Scorer.load(_folder(context))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - part of the interface
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Return raw_score (log-odds) and probability, one row per row given."""
        return self._scorer.predict(model_input)


def _folder(context: PythonModelContext) -> Path:
    return Path(context.artifacts["scorer"])


mlflow.models.set_model(ScorerModel())
