"""Parts of the test that are judged on their own, and the worst of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from ccml.config.judgement import JudgementConfig
from ccml.predictors.dataset import Floats, TrainingSet
from ccml.predictors.fold_samples import level_loss
from ccml.predictors.judgement.parts import UNKNOWN, Judged, measure_part
from ccml.predictors.judgement.slice_columns import (
    CONDITION,
    judging_columns,
    slice_columns,
)
from ccml.predictors.metrics import row_log_loss
from ccml.predictors.resampling import Measure, as_json, compact, error_of_mean

SURE = 0.05
_Z = 1.959964
_HALF = 0.5

Slice = dict[str, Any]


def judge_slices(
    learnt: TrainingSet,
    test: TrainingSet,
    judged: Judged,
    config: JudgementConfig,
    seed: int,
) -> dict[str, Slice]:
    """Measure every named condition and every part of the features of `slice_by`.

    Args:
        learnt: Training rows: they say which values are common and where thirds end.
        test: The test rows.
        judged: The same rows, scored by the recommended candidate.
        config: Which features, and how large a part must be.
        seed: Seed of the intervals.

    Returns:
        Name -> of (a feature, or "condition"), what `parts.measure_part` gives, and
        excess: log loss of a row above what the part's own share of positives would
        give, {value, low, high}, after all probabilities were shifted to the test's
        share. `base_rate` is a plain number.
    """
    losses = level_loss(judged.y, judged.scored.probability)
    found = {}
    for name, of, inside in _all_slices(learnt, test, config):
        rows = np.flatnonzero(inside)
        part = judged.take(rows)
        measured = measure_part(part, config, seed)
        excess = UNKNOWN if measured["too_small"] else _excess(part, losses[rows])
        rate = measured["base_rate"]["value"]
        plain = float(part.y.mean()) if len(part) else None
        found[name] = {
            "of": of,
            **measured,
            "base_rate": plain if rate is None else rate,
            "excess": excess,
        }
    return found


def _all_slices(
    learnt: TrainingSet, test: TrainingSet, config: JudgementConfig
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for name in test.slices.columns:
        yield str(name), CONDITION, test.slices[name].to_numpy(dtype=bool)
    for feature in config.slice_by:
        if feature in judging_columns(test).columns:
            parts = slice_columns(learnt, test, feature)
            for name, inside in parts.items():
                yield name, feature, inside


def _excess(part: Judged, losses: Floats) -> Measure:
    """Compare with the share of positives of the part's other customers."""
    gaps = losses - row_log_loss(part.y, _others_rate(part))
    error = error_of_mean(gaps, part.clusters)
    value = float(gaps.mean())
    return {
        "value": as_json(value),
        "low": as_json(value - _Z * error),
        "high": as_json(value + _Z * error),
    }


def _others_rate(part: Judged) -> Floats:
    """Return for each row the share of positives among other customers' rows.

    With the own rows in it, a share would always look better than a model.
    """
    owner = compact(part.clusters)
    rows = np.bincount(owner)
    positives = np.bincount(owner, weights=part.y)
    others = part.y.sum() - positives + _HALF
    return np.asarray((others / (len(part) - rows + 2 * _HALF))[owner])


def worst_slice(slices: Mapping[str, Slice]) -> dict[str, Any] | None:
    """Find the slice whose log loss is furthest above that of its own share.

    A clear one comes before one that is not. It is clear where the excess is beyond
    chance for as many slices as were looked at (Bonferroni, 5 % in all).

    Returns:
        name, rows, excess, clear, others (further clear ones) and a sentence; None
        without a slice that is large enough.
    """
    known = {n: s for n, s in slices.items() if s["excess"]["value"] is not None}
    if not known:
        return None
    clear = {name for name in known if _is_clear(known[name]["excess"], len(known))}
    name = max(known, key=lambda n: (n in clear, known[n]["excess"]["value"]))
    found = known[name]
    return {
        "name": name,
        "rows": found["rows"],
        "excess": found["excess"],
        "clear": name in clear,
        "others": max(len(clear) - 1, 0),
        "sentence": _sentence(name, found, len(clear)),
    }


def _is_clear(excess: Measure, looked_at: int) -> bool:
    value, low = excess["value"], excess["low"]
    if value is None or low is None:
        return False
    error = (value - low) / _Z
    return bool(value > norm.ppf(1 - SURE / looked_at) * error)


def _sentence(name: str, found: Slice, clear: int) -> str:
    excess = found["excess"]["value"]
    if not clear:
        return (
            "In no part of the test is the log loss clearly above what the part's own "
            f"share of positives would give; nearest to it is {name!r}."
        )
    more = f" So it is in {clear - 1} other parts." if clear > 1 else ""
    return (
        f"In {name!r} ({found['rows']:,} test rows) the log loss is {excess:.3f} per row "
        f"above what the part's own share of positives, {found['base_rate']:.1%}, would "
        f"give: do not go by the scores there until it is known what differs.{more}"
    )
