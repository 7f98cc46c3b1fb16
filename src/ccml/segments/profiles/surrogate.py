"""A rule in words that says who is in a segment, found by a small tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from ccml.segments.clusters.traits import Trait

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ids = NDArray[np.object_]
DEPTH = 3
SAMPLE_ROWS = 20_000
LEAST_LEAF = 0.002  # of the customers
SMALL_LOSS = 0.02  # of F1, for a shorter rule
PER_MONTH = " in 30 days"


@dataclass(frozen=True)
class Bound:
    """One end of the values of a trait.

    Args:
        trait: The trait.
        above: Values above it are meant; else those up to it.
        value: The end.
    """

    trait: Trait
    above: bool
    value: float

    def holds(self, values: pd.DataFrame) -> Bools:
        """Tell for whom it holds; for nobody of whom the trait is not known."""
        found = values[self.trait.name].to_numpy(dtype=float)
        return np.asarray(found > self.value if self.above else found <= self.value)

    @property
    def words(self) -> str:
        """Say it."""
        meaning, unit = self.trait.meaning, self.trait.unit
        if unit == "flag":
            return meaning if self.above else f"not {meaning}"
        if unit in ("share", "calls") and self.value <= 0:
            return f"{'some' if self.above else 'no'} {meaning.removesuffix(PER_MONTH)}"
        if unit == "share":
            amount = f"{100 * self.value:.3g} % of {meaning}"
        elif unit == "calls":
            amount = f"{self.value:.3g} {meaning}"
        else:
            amount = f"{self.value:.3g} {unit}".strip()
            return f"{meaning} {'above' if self.above else 'up to'} {amount}"
        return f"{'more than' if self.above else 'at most'} {amount}"


@dataclass(frozen=True)
class Rule:
    """Who is in a segment, told by few bounds.

    Args:
        words: The rule.
        precision: Share of those meant who are in the segment.
        recall: Share of the segment who are meant.
        customers: Customers on whom both were measured.
    """

    words: str
    precision: float
    recall: float
    customers: int


def segment_rules(
    ids: Ids, values: pd.DataFrame, traits: Sequence[Trait], seed: int
) -> dict[str, Rule]:
    """Find a rule for every segment against the rest.

    Args:
        ids: Segment of each customer.
        values: Traits as they were seen; nan where nothing was.
        traits: The traits.
        seed: Seed of the sample on which trees are grown.
    """
    told = [trait for trait in traits if values[trait.name].notna().any()]
    few = sample_places(len(ids), SAMPLE_ROWS, seed)
    found = {}
    for segment in sorted(set(ids)):
        inside = ids == segment
        bounds = _best_path(inside[few], values.iloc[few], told)
        if bounds:
            found[str(segment)] = _measured(bounds, inside, values)
    return found


def sample_places(size: int, rows: int, seed: int) -> NDArray[np.int64]:
    """Draw places of customers, all when they are few."""
    if size <= rows:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, rows, replace=False))


def _best_path(
    inside: Bools, values: pd.DataFrame, traits: Sequence[Trait]
) -> list[Bound]:
    """Grow the tree, and take the path whose customers are most like the segment."""
    if inside.all() or not inside.any() or not traits:
        return []
    columns = values[[trait.name for trait in traits]].to_numpy(dtype=float)
    tree = DecisionTreeClassifier(
        max_depth=DEPTH,
        min_samples_leaf=max(1, int(LEAST_LEAF * len(inside))),
        class_weight="balanced",
        random_state=0,
    ).fit(columns, inside)
    best: tuple[float, list[Bound]] = (0.0, [])
    for path in _paths(tree, traits, _least_above_zero(columns)):
        merit = _overlap(_meant(path, values), inside)
        if merit > best[0] + 1e-9:
            best = (merit, path)
    return _shortened(best[1], values, inside)


def _shortened(path: list[Bound], values: pd.DataFrame, inside: Bools) -> list[Bound]:
    """Leave out what hardly makes the rule better."""
    kept = list(path)
    least = _overlap(_meant(path, values), inside) - SMALL_LOSS if path else 0.0
    for bound in sorted(path, key=lambda one: one.above):
        fewer = [one for one in kept if one is not bound]
        if fewer and _overlap(_meant(fewer, values), inside) >= least:
            kept = fewer
    return kept


def _paths(
    tree: DecisionTreeClassifier, traits: Sequence[Trait], least: Floats
) -> Iterator[list[Bound]]:
    """List the bounds that lead to every node but the root, the shortest first."""
    inner = tree.tree_
    waiting: list[tuple[int, list[Bound]]] = [(0, [])]
    while waiting:
        node, path = waiting.pop(0)
        if path:
            yield path
        if inner.children_left[node] < 0:
            continue
        place = inner.feature[node]
        trait, found = traits[place], float(inner.threshold[node])
        # Between nothing and the least that there is: some, or none.
        edge = 0.0 if 0 <= found < least[place] else _readable(found, trait)
        below, above = Bound(trait, False, edge), Bound(trait, True, edge)
        waiting.append((int(inner.children_left[node]), _joined(path, below)))
        waiting.append((int(inner.children_right[node]), _joined(path, above)))


def _least_above_zero(columns: Floats) -> Floats:
    positive = np.where(columns > 0, columns, np.inf)
    return np.asarray(positive.min(axis=0))


def _joined(path: list[Bound], further: Bound) -> list[Bound]:
    """Add a bound; a nearer one takes the place of one on the same side."""
    kept = [
        bound
        for bound in path
        if bound.trait.name != further.trait.name or bound.above != further.above
    ]
    return [*kept, further]


def _readable(edge: float, trait: Trait) -> float:
    """Round an edge to what people say."""
    if trait.unit == "share":
        return round(edge, 2)
    return float(f"{edge:.2g}")


def _meant(path: Sequence[Bound], values: pd.DataFrame) -> Bools:
    return np.asarray(np.logical_and.reduce([bound.holds(values) for bound in path]))


def _overlap(meant: Bools, inside: Bools) -> float:
    """Measure F1: the harmonic mean of precision and recall."""
    both = float((meant & inside).sum())
    return 2 * both / float(meant.sum() + inside.sum())


def _measured(path: Sequence[Bound], inside: Bools, values: pd.DataFrame) -> Rule:
    meant = _meant(path, values)
    both = float((meant & inside).sum())
    # What lies high tells more than what lies low.
    places = list(values.columns)
    order = sorted(path, key=lambda one: (not one.above, places.index(one.trait.name)))
    words = ", and ".join(bound.words for bound in order)
    precision = both / max(float(meant.sum()), 1.0)
    return Rule(words, precision, both / float(inside.sum()), len(inside))
