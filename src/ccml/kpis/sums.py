"""Parts of figures that add up: worked out on the finest groups, summed for coarser ones.

Most figures count calls by a few yes-or-no facts. So calls with the same facts are
counted together first, and the figures are made of these few patterns, not of the calls.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.intervals import Floats

MOST_FACTS = 12
"""Facts that are counted together; with more there are too many patterns."""
FEW_ROWS = 100_000
"""Up to so many rows, each flag is summed by itself in one query."""
SPREAD_PARTS = ("n", "sum", "variance")


@dataclass(frozen=True)
class Groups:
    """Which coarser group each of the finest groups belongs to.

    Args:
        names: One row per group: the columns that name it.
        places: The place of its group, for each of the finest.
    """

    names: pd.DataFrame
    places: NDArray[np.intp]

    @classmethod
    def of(cls, named: pd.DataFrame) -> "Groups":
        """Number the groups by name.

        Args:
            named: One row per finest group: the columns that name its group.
        """
        found = named.groupby(list(named), sort=True)
        names = found.size().index.to_frame(index=False)
        return cls(names, np.asarray(found.ngroup(), np.intp))

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.names)


@dataclass(frozen=True)
class Parts:
    """The aggregates that figures are made of, each with the name of its column.

    Args:
        counts: Sums of flags.
        totals: Other sums, and counts.
        spreads: Standard deviations.
        quantiles: Quantiles, which do not add up.
    """

    counts: Mapping[ops.Value, str]
    totals: Mapping[ops.Value, str]
    spreads: Mapping[ops.Value, str]
    quantiles: Mapping[ops.Value, str]

    @classmethod
    def of(cls, expressions: Iterable[ibis.Value]) -> "Parts":
        """Find them, each once.

        Raises:
            TypeError: An aggregate of another kind, which nobody knows how to sum up.
        """
        found: dict[ops.Value, None] = {}
        for expression in expressions:
            found |= dict.fromkeys(expression.op().find(ops.Reduction))
        named = {node: f"part_{place}" for place, node in enumerate(found)}
        kinds = {node: _kind(node) for node in named}
        return cls(
            *(
                {node: name for node, name in named.items() if kinds[node] == kind}
                for kind in ("counts", "totals", "spreads", "quantiles")
            )
        )

    @property
    def names(self) -> dict[ops.Value, str]:
        """All of them."""
        return {**self.counts, **self.totals, **self.spreads, **self.quantiles}


def _kind(node: ops.Value) -> str:
    if isinstance(node, ops.Quantile):
        return "quantiles"
    if isinstance(node, ops.StandardDev) and node.how == "sample":
        return "spreads"
    if isinstance(node, ops.Sum):
        return "totals" if _flag(node) is None else "counts"
    if isinstance(node, ops.Count | ops.CountStar):
        return "totals"
    raise TypeError(f"no way to sum up {type(node).__name__}")


def _flag(node: ops.Sum) -> ops.Value | None:
    """Give the flag whose trues a sum counts."""
    is_cast = isinstance(node.arg, ops.Cast) and node.where is None
    if is_cast and node.arg.to.is_int64() and node.arg.arg.dtype.is_boolean():
        return node.arg.arg
    return None


def sums_of_groups(
    rows: ibis.Table, keys: Sequence[str], parts: Parts, size: int
) -> pd.DataFrame:
    """Work the additive parts out for each group.

    Args:
        rows: What is grouped.
        keys: The groups' columns.
        parts: What is worked out.
        size: How many rows there are: of few, counting patterns costs more than it saves.

    Returns:
        The keys, a float column for each of `counts` and `totals`, and three for each of
        `spreads`: `<name>_n`, `_sum` and `_variance` (of the population).
    """
    few = size <= FEW_ROWS
    singly = {**parts.totals, **(parts.counts if few else {})}
    queries = [_totals(rows, keys, singly, parts.spreads)]
    queries += [
        _counts(rows, keys, some) for some in _bundles({} if few else parts.counts)
    ]
    frames = [query.to_pyarrow().to_pandas() for query in queries]
    indexed = [frame.set_index(list(keys)).astype("float64") for frame in frames]
    made: pd.DataFrame = pd.concat(indexed, axis=1).sort_index().reset_index()
    return made


def _totals(
    rows: ibis.Table,
    keys: Sequence[str],
    totals: Mapping[ops.Value, str],
    spreads: Mapping[ops.Value, str],
) -> ibis.Table:
    wanted = {name: node.to_expr().cast("float64") for node, name in totals.items()}
    for node, name in spreads.items():
        amount = node.arg.to_expr().cast("float64")
        sums = (amount.count(), amount.sum(), amount.var(how="pop"))
        wanted |= {
            f"{name}_{part}": value
            for part, value in zip(SPREAD_PARTS, sums, strict=True)
        }
    wanted["size"] = rows.count()
    return rows.group_by(list(keys)).agg(**wanted)


def _counts(
    rows: ibis.Table, keys: Sequence[str], counts: Mapping[ops.Value, str]
) -> ibis.Table:
    """Count the patterns of the facts, and sum the patterns of each flag."""
    flags = {name: flag for node, name in counts.items() if (flag := _flag(node))}
    facts = dict.fromkeys(fact for flag in flags.values() for fact in _facts(flag))
    named = {fact: f"fact_{place}" for place, fact in enumerate(facts)}
    flagged = rows.select(*keys, **{n: f.to_expr() for f, n in named.items()})
    patterns = flagged.group_by([*keys, *named.values()]).agg(size=flagged.count())
    columns = {fact: patterns[name].op() for fact, name in named.items()}
    told = replaced({n: flag.to_expr() for n, flag in flags.items()}, columns)
    sums = {
        name: (flag.cast("int64") * patterns["size"]).sum().cast("float64")
        for name, flag in told.items()
    }
    return patterns.group_by(list(keys)).agg(**sums)


def replaced(
    expressions: Mapping[str, ibis.Value], nodes: Mapping[ops.Value, ops.Value]
) -> dict[str, ibis.Value]:
    """Put other nodes into expressions, all at once, as they share much."""
    if not expressions:
        return {}
    whole = ibis.struct(dict(expressions)).op().replace(dict(nodes))
    return {
        name: value.to_expr()
        for name, value in zip(whole.names, whole.values, strict=True)
    }


def _bundles(counts: Mapping[ops.Value, str]) -> list[dict[ops.Value, str]]:
    """Put flags with the same facts together."""
    bundles: list[tuple[set[ops.Value], dict[ops.Value, str]]] = []
    for node, name in counts.items():
        facts = set(_facts(_flag(node)))
        fits = [b for b in bundles if len(b[0] | facts) <= MOST_FACTS]
        if not fits:
            bundles.append((set(), {}))
        best = min(fits or bundles[-1:], key=lambda bundle: len(facts - bundle[0]))
        best[0].update(facts)
        best[1][node] = name
    return [members for _, members in bundles]


def _facts(flag: ops.Value) -> Iterator[ops.Value]:
    """Take a flag apart to what is no mere logic of other flags."""
    inner = [child for child in flag.__children__ if isinstance(child, ops.Value)]
    if isinstance(flag, ops.Literal):
        return
    if inner and all(_is_logical(child) for child in inner):
        for child in inner:
            yield from _facts(child)
    else:
        yield flag


def _is_logical(node: ops.Value) -> bool:
    is_constant = isinstance(node, ops.Literal)
    return bool(is_constant or node.dtype.is_boolean())


def summed(cells: pd.DataFrame, groups: Groups, parts: Parts) -> dict[str, Floats]:
    """Sum the parts of fine groups for coarser ones.

    Args:
        cells: Rows of `sums_of_groups`.
        groups: The coarser groups.
        parts: What the columns are.

    Returns:
        For each part but quantiles its value by group.
    """
    additive = [*parts.totals.values(), *parts.counts.values()]
    made = cells[additive].groupby(groups.places).sum(min_count=1)
    sums = dict(zip(additive, made.to_numpy(float).T, strict=True))
    return sums | _spreads(cells, groups, list(parts.spreads.values()))


def _spreads(
    cells: pd.DataFrame, groups: Groups, names: Sequence[str]
) -> dict[str, Floats]:
    """Join standard deviations of parts, after Chan, Golub and LeVeque."""
    n, total, variance = (
        np.nan_to_num(cells[[f"{name}_{part}" for name in names]].to_numpy(float))
        for part in SPREAD_PARTS
    )
    column = np.arange(len(names))
    place = groups.places[:, None] * len(names) + column

    def over(values: Floats) -> Floats:
        flat = np.bincount(place.ravel(), values.ravel(), groups.size * len(names))
        return np.asarray(flat, np.float64).reshape(groups.size, len(names))

    with np.errstate(invalid="ignore", divide="ignore"):
        count = over(n)
        mean = np.nan_to_num(over(total) / count)[groups.places]
        aside = np.nan_to_num(total / n) - mean
        squares = over(n * variance + n * aside**2)
        joined = np.sqrt(squares / np.where(count > 1, count - 1, np.nan))
    return dict(zip(names, joined.T, strict=True))
