"""LightGBM with its default settings and pandas categories; no use of the budget."""

from pathlib import Path
from typing import Any

import lightgbm as lgb
import pandas as pd
from predicting import Asked, Fitted, categorical, run


def fit(asked: Asked) -> Fitted:
    """Train 100 trees."""
    plain = asked.X.set_axis([f"f{i}" for i in range(asked.X.shape[1])], axis=1)
    data = lgb.Dataset(categorical(plain, plain), asked.y)
    settings = {
        "objective": "binary",
        "num_threads": asked.threads,
        "seed": asked.seed,
        "verbosity": -1,
    }
    booster = lgb.train(settings, data)

    def predict(X: pd.DataFrame) -> Any:
        return booster.predict(categorical(X.set_axis(plain.columns, axis=1), plain))

    def save(folder: Path) -> None:
        booster.save_model(folder / "model.txt")

    return Fitted(predict, save)


if __name__ == "__main__":
    run("lightgbm", fit)
