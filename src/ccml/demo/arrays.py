"""The array types of the simulation and its independent random streams."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Each idea draws from its own stream, so that a change in one leaves the others alone.
STREAMS = (
    "population",
    "phones",
    "billing",
    "visits",
    "faults",
    "planned",
    "life",
    "campaigns",
    "sales",
    "callers",
    "mess",
    "recording",
    "journeys",
)
WORLD_CHUNK = 2**31


def stream(seed: int, chunk: int, name: str) -> np.random.Generator:
    """Return the random stream of one idea in one chunk of customers."""
    return np.random.default_rng(
        np.random.SeedSequence([seed, chunk, STREAMS.index(name)])
    )


def repeat_index(counts: Ints) -> Ints:
    """Repeat each row's index as often as its count says."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), counts)


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Draw indexes with the given weights."""
    edges = np.cumsum(weights / weights.sum())
    found = np.searchsorted(edges, rng.random(size), side="right")
    return np.minimum(found, len(weights) - 1).astype(np.int64)


def pick_by_row(rng: np.random.Generator, weights: Floats, rows: Ints) -> Ints:
    """Draw one index per row from the row's own line of weights."""
    edges = np.cumsum(weights, axis=1)[rows]
    draw = rng.random(len(rows)) * edges[:, -1]
    found = (draw[:, None] >= edges).sum(axis=1)
    return np.asarray(np.minimum(found, weights.shape[1] - 1), dtype=np.int64)


def take(rows: Ints | Bools, *columns: Any) -> tuple[Any, ...]:
    """Select the same rows of several columns."""
    return tuple(column[rows] for column in columns)


def floats(values: Any) -> Floats:
    """Return values as an array of floats."""
    return np.asarray(values, dtype=np.float64)


def ints(values: Any) -> Ints:
    """Return values as an array of whole numbers."""
    return np.asarray(values, dtype=np.int64)
