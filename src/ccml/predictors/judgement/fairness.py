"""Whether groups of customers fare alike: chosen as often, promised what comes, ranked.

The columns of `judge.groups` never stand among the features; they are kept for judging.
The selection-rate ratio compares the share of a group on the list with that of the group
chosen most. Below four fifths it is flagged: the rule of thumb of the Uniform Guidelines
on Employee Selection Procedures, 29 CFR 1607.4(D), United States 1978. It asks for a look,
it proves nothing: groups may differ in how often the outcome happens.

Keys of the result:
    share: Share of the rows that are on the list.
    columns: Column -> most (the group chosen most), groups, left_out (groups of fewer
        than 20 customers, which are not named: how many, with how many rows).
        A group: name, rows, positives, too_small, base_rate, and, each with value, low
        and high, selection_rate, ratio, calibration (mean probability over observed
        share) and roc_auc; null where too small.
    unfair: column, name and ratio of each flagged group, the lowest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.judgement import JudgementConfig
from ccml.predictors.dataset import Floats, Rows, as_numbers, feature_kind
from ccml.predictors.folds import rarest
from ccml.predictors.judgement.parts import UNKNOWN, Judged
from ccml.predictors.metrics import Scored, sampled_auc
from ccml.predictors.resampling import (
    Draws,
    Measure,
    cluster_weights,
    compact,
    sampled_mean,
    with_interval,
)

FOUR_FIFTHS = 0.8
LIST_SHARE = 0.1
FEWEST_CUSTOMERS = 20
FEW_VALUES = 6
THIRDS = (1 / 3, 2 / 3)
DIGITS = 2
RESAMPLES = 200
MEASURES = ("selection_rate", "ratio", "calibration", "roc_auc")


@dataclass(frozen=True)
class Chosen:
    """The judged rows: outcomes, scores, customers, and how much of each is chosen."""

    y: Floats
    scored: Scored
    clusters: Rows
    on_list: Floats
    weights: Draws
    importance: Floats | None

    def mean(self, values: Floats, rows: Rows) -> Floats:
        """Return the mean over some rows, in the sample and in every resample."""
        own = None if self.importance is None else self.importance[rows]
        return sampled_mean(values[rows], self.clusters[rows], self.weights, own)


def fairness(
    groups: pd.DataFrame,
    judged: Judged,
    config: JudgementConfig,
    *,
    seed: int,
    share: float = LIST_SHARE,
) -> dict[str, Any] | None:
    """Compare the groups of every column of `judge.groups` on the test.

    Args:
        groups: The columns, one row per test row.
        judged: The same rows, scored by the recommended candidate.
        config: How large a group must be.
        seed: Seed of the intervals.
        share: Share of the rows that are on the list.

    Returns:
        None where no column is named.
    """
    if not len(groups.columns):
        return None
    codes = compact(judged.clusters)
    weights = cluster_weights(int(codes.max()) + 1, RESAMPLES, seed)
    selected = on_list(judged.scored.raw, share)
    importance = judged.importance
    chosen = Chosen(judged.y, judged.scored, codes, selected, weights, importance)
    columns = {
        str(name): _column(group_names(groups[name]), chosen, config)
        for name in groups.columns
    }
    return {"share": share, "columns": columns, "unfair": _unfair(columns)}


def on_list(raw: Floats, share: float) -> Floats:
    """Return how much of every row is chosen: 1, 0, or a part where scores are equal."""
    order = np.argsort(-raw, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(raw[order])), len(raw) - 1)
    taken = np.minimum(ends + 1, share * len(raw))
    sizes = np.diff(ends, prepend=-1)
    parts = np.empty(len(raw))
    parts[order] = np.repeat(np.diff(taken, prepend=0.0) / sizes, sizes)
    return parts


def group_names(values: pd.Series) -> pd.Series:
    """Name the group of every row: a text or a flag by its value, a number by thirds."""
    column = str(values.name)
    kind = feature_kind(values, "judge.groups")
    if kind == "number" and values.nunique() > FEW_VALUES:
        named = _thirds(as_numbers(values, "judge.groups"))
    elif kind == "category":
        named = values.astype(object)
    else:
        numbers = as_numbers(values, "judge.groups")
        words = {0.0: "false", 1.0: "true"} if kind == "bool" else {}
        named = pd.Series([words.get(v, f"{v:g}") for v in numbers])
    known = values.notna().to_numpy()
    plain = named.to_numpy(dtype=object)
    return pd.Series(np.where(known, plain, f"{column} is missing"), dtype=object)


def _thirds(numbers: Floats) -> pd.Series:
    """Cut at the thirds, rounded: an edge is nobody's value."""
    known = numbers[~np.isnan(numbers)]
    cuts = [float(f"{v:.{DIGITS}g}") for v in np.quantile(known, THIRDS)]
    edges = sorted(set(cuts))
    names = [f"up to {edges[0]:,g}"]
    names += [f"above {a:,g} up to {b:,g}" for a, b in pairwise(edges)]
    names.append(f"above {edges[-1]:,g}")
    places = np.searchsorted(edges, numbers, side="left")
    return pd.Series([names[min(place, len(edges))] for place in places])


@dataclass(frozen=True)
class Group:
    """The rows of one group, and the share of them that is chosen, with resamples."""

    name: str
    rows: Rows
    rate: Floats


def _column(
    names: pd.Series, chosen: Chosen, config: JudgementConfig
) -> dict[str, Any]:
    owners = pd.Series(chosen.clusters).groupby(names.to_numpy()).nunique()
    named = sorted(str(name) for name in owners.index[owners >= FEWEST_CUSTOMERS])
    groups = [_group(names, name, chosen) for name in named]
    large = [group for group in groups if not _too_small(group, chosen, config)]
    most = max(large, key=lambda group: group.rate[0], default=None)
    left_out = ~names.isin(named)
    return {
        "most": most.name if most else None,
        "groups": [
            _described(group, most if group in large else None, chosen)
            for group in groups
        ],
        "left_out": {
            "groups": int((owners < FEWEST_CUSTOMERS).sum()),
            "rows": int(left_out.sum()),
        },
    }


def _group(names: pd.Series, name: str, chosen: Chosen) -> Group:
    rows = np.flatnonzero((names == name).to_numpy()).astype(np.int64)
    return Group(name, rows, chosen.mean(chosen.on_list, rows))


def _too_small(group: Group, chosen: Chosen, config: JudgementConfig) -> bool:
    few = len(group.rows) < config.min_slice_rows
    return few or rarest(chosen.y[group.rows]) < max(config.min_slice_positives, 1)


def _described(group: Group, most: Group | None, chosen: Chosen) -> dict[str, Any]:
    """Describe a group; without one to compare with it is too small."""
    y = chosen.y[group.rows]
    found: dict[str, Any] = {
        "name": group.name,
        "rows": len(y),
        "positives": int(y.sum()),
        "too_small": most is None,
        "base_rate": float(y.mean()),
    }
    if most is None:
        return found | dict.fromkeys(MEASURES, UNKNOWN)
    rate = chosen.mean(chosen.y, group.rows)
    promised = chosen.mean(chosen.scored.probability, group.rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, calibration = group.rate / most.rate, promised / rate
    raw, codes = chosen.scored.raw[group.rows], chosen.clusters[group.rows]
    auc = sampled_auc(y, raw, codes, chosen.weights)
    drawn = (group.rate, ratio, calibration, auc)
    return found | {
        name: with_interval(values)
        for name, values in zip(MEASURES, drawn, strict=True)
    }


def _unfair(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the groups clearly chosen less often, and by less than four fifths."""
    found = [
        {"column": column, "name": group["name"], "ratio": group["ratio"]}
        for column, judged in columns.items()
        for group in judged["groups"]
        if _is_unfair(group["ratio"])
    ]
    return sorted(found, key=lambda row: (row["ratio"]["value"], row["name"]))


def _is_unfair(ratio: Measure) -> bool:
    value, high = ratio["value"], ratio["high"]
    if value is None or high is None:
        return False
    return value < FOUR_FIFTHS and high < 1
