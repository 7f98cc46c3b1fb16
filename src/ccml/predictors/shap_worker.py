"""SHAP values of a run of rows by woodelf-explainer, also as a process of its own.

`python -m ccml.predictors.shap_worker FOLDER FIRST LAST` reads the rows from FIRST to
before LAST of FOLDER/rows.npy and the model from FOLDER/model.lgb, and writes
FOLDER/parts-FIRST.npy. Such a process needs no pickle and no main module of its own.
"""

import contextlib
import importlib
import io
import sys
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

ROWS_NAME = "rows.npy"
TEXT_NAME = "model.lgb"


def woodelf_values(text: str, rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the SHAP values of rows, one column per feature and no bias.

    Args:
        text: The model as LightGBM's own text.
        rows: Encoded features in the order of the model.
    """
    woodelf = importlib.import_module("woodelf")
    booster = lgb.Booster(model_str=text)
    # It reads column by column, for which columns must lie in one piece.
    frame = pd.DataFrame(np.asfortranarray(rows), columns=booster.feature_name())
    # It tells its progress on both streams.
    with contextlib.redirect_stdout(io.StringIO()):
        values = woodelf.WoodelfExplainer(booster).shap_values(frame, verbose=False)
    return np.asarray(values, dtype=np.float32)


def parts_file(folder: Path, first: int) -> Path:
    """Name the file that holds the values of the rows from `first` on."""
    return folder / f"parts-{first}.npy"


def main(folder: Path, first: int, last: int) -> None:
    """Work out one run of rows."""
    rows = np.load(folder / ROWS_NAME, mmap_mode="r")[first:last]
    text = (folder / TEXT_NAME).read_text(encoding="utf-8")
    np.save(parts_file(folder, first), woodelf_values(text, rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
