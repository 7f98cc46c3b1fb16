"""Logistic regression of scikit-learn: medians and flags for missing, scaled, one-hot."""

from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from predicting import Asked, Fitted, run
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

RARE_ROWS = 20


def fit(asked: Asked) -> Fitted:
    """Train with the default penalty; no use of the budget."""
    numbers = [c for c in asked.X if c not in asked.categories]
    scaled = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )
    levels = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=RARE_ROWS
    )
    columns = ColumnTransformer(
        [("numbers", scaled, numbers), ("texts", levels, asked.categories)]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    model.fit(_plain(asked.X, asked), asked.y)

    def predict(X: pd.DataFrame) -> Any:
        return model.predict_proba(_plain(X, asked))[:, 1]

    def save(folder: Path) -> None:
        joblib.dump(model, folder / "model.joblib")

    return Fitted(predict, save)


def _plain(X: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    texts = {c: X[c].astype(object).where(X[c].notna(), "?") for c in asked.categories}
    return X.assign(**texts)


if __name__ == "__main__":
    run("scikit-learn", fit)
