"""SHAP values of many rows by woodelf-explainer, checked against LightGBM's own.

It is several times as fast and works in single precision. So nothing of it is believed
unseen: a random sample of rows must equal LightGBM's own values, every row must add up
to its raw score but for rounding, and the rest of rounding goes into the bias, so that
rows add up as exactly as LightGBM's own do. Where any of this fails, or the library is
not installed, `SlowRouteNeededError` says why, and LightGBM's own route is taken.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from ccml.predictors.dataset import Floats
from ccml.predictors.models import BoosterModel, EnsembleModel, Model
from ccml.predictors.shap_worker import (
    ROWS_NAME,
    TEXT_NAME,
    parts_file,
    woodelf_values,
)

DISTRIBUTION = "woodelf-explainer"
TOLERANCE = 1e-5
GUARD_ROWS = 1_000
GUARD_SEED = 7
TWO_PROCESS_ROWS = 100_000
MOST_CORRECTED = 0.01


class SlowRouteNeededError(Exception):
    """The fast route cannot be taken; the text says why."""


def fast_name() -> str:
    """Name the library with its version."""
    try:
        return f"{DISTRIBUTION} {version(DISTRIBUTION)}"
    except PackageNotFoundError:
        return DISTRIBUTION


def fast_contributions(
    model: Model, X: pd.DataFrame, raw: Floats, *, processes: int = 2
) -> Floats:
    """Return what `model.contributions` returns, equal within 1e-5.

    Args:
        model: A model; LightGBM inside it is taken the fast way, anything else is fast.
        X: Encoded features in the order of the model.
        raw: The model's raw scores of the same rows, which the parts add up to.
        processes: Processes that share many rows.

    Raises:
        SlowRouteNeededError: The library is missing or its values are not the model's.
    """
    if isinstance(model, EnsembleModel):
        return _ensemble(model, X, processes)
    if not isinstance(model, BoosterModel) or not len(X):
        return model.contributions(X)
    return _booster(model, X, raw, processes)


def _ensemble(model: EnsembleModel, X: pd.DataFrame, processes: int) -> Floats:
    total = np.zeros((len(X), X.shape[1] + 1))
    total[:, -1] = model.intercept
    for weight, member in zip(model.weights, model.members, strict=True):
        parts = fast_contributions(member, X, member.raw(X), processes=processes)
        total += weight * parts
    return total


def _booster(
    model: BoosterModel, X: pd.DataFrame, raw: Floats, processes: int
) -> Floats:
    if find_spec("woodelf") is None:
        msg = "woodelf-explainer is not installed (extra `fast`)"
        raise SlowRouteNeededError(msg)
    rows = X.to_numpy(dtype=np.float64)
    several = processes > 1 and len(X) >= TWO_PROCESS_ROWS
    ends = np.linspace(0, len(X), (processes if several else 1) + 1).astype(int)
    sample = _sample(len(X))
    try:
        with _others(model.text, rows, ends.tolist()[1:]) as collected:
            # Others take a while to start: time for what is checked against.
            known = model.contributions(X.iloc[sample])
            own = woodelf_values(model.text, rows[: ends[1]])
            values = np.concatenate([own, *collected()]).astype(np.float64)
    except Exception as error:  # whatever it meets, LightGBM's own route stands
        msg = f"{fast_name()} stopped with {type(error).__name__}"
        raise SlowRouteNeededError(msg) from error
    _require_equal(values[sample], known[:, :-1])
    parts = np.column_stack([values, np.full(len(X), known[0, -1])])
    return _exact_rows(model, X, raw, parts)


def _sample(rows: int) -> np.ndarray:
    if rows <= GUARD_ROWS:
        return np.arange(rows)
    rng = np.random.default_rng([GUARD_SEED, rows])
    return np.sort(rng.choice(rows, GUARD_ROWS, replace=False))


def _require_equal(values: Floats, known: Floats) -> None:
    off = float(np.abs(values - known).max())
    if not off <= TOLERANCE:
        msg = (
            f"values of {fast_name()} differ by {off:.1e} from LightGBM's own, allowed "
            f"is {TOLERANCE:g}"
        )
        raise SlowRouteNeededError(msg)


def _exact_rows(
    model: BoosterModel, X: pd.DataFrame, raw: Floats, parts: Floats
) -> Floats:
    """Make every row add up: by the bias for rounding, anew where it is more."""
    rest = raw - parts.sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(rest) <= TOLERANCE))
    if len(wrong) > MOST_CORRECTED * len(X):
        msg = f"{len(wrong):,} of {len(X):,} rows of {fast_name()} miss their score"
        raise SlowRouteNeededError(msg)
    parts[:, -1] += rest
    if len(wrong):
        parts[wrong] = model.contributions(X.iloc[wrong])
    return parts


@contextmanager
def _others(
    text: str, rows: Floats, ends: list[int]
) -> Iterator[Callable[[], list[Floats]]]:
    """Start a process for the rows between every two ends; give what collects them."""
    runs = list(itertools.pairwise(ends))
    if not runs:
        yield list
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / ROWS_NAME, rows)
        (folder / TEXT_NAME).write_text(text, encoding="utf-8")
        others = [_process(folder, first, last) for first, last in runs]
        try:
            yield lambda: [
                _finished(other, parts_file(folder, first))
                for other, (first, _) in zip(others, runs, strict=True)
            ]
        finally:
            for other in others:
                other.kill()
                other.wait()


def _process(folder: Path, first: int, last: int) -> "subprocess.Popen[bytes]":
    found = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = ["-m", "ccml.predictors.shap_worker", str(folder), str(first), str(last)]
    return subprocess.Popen(  # noqa: S603 - fixed words, no shell
        [sys.executable, *words],
        env=os.environ | found,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _finished(process: "subprocess.Popen[bytes]", file: Path) -> Floats:
    code = process.wait()
    if code:
        raise subprocess.SubprocessError(code)
    return np.asarray(np.load(file))
