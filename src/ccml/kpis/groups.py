"""The groups of several cuts, from as few passes over the rows as will do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd

from ccml.kpis.levels import (
    Amount,
    amounts_of,
    counted_values,
    levels_of_counts,
    levels_of_rows,
)
from ccml.kpis.sums import Groups, Parts, summed, sums_of_groups

WHOLE = "all"
"""The group that holds every call."""
UNNAMED = "not given"
"""The group of the calls that do not tell theirs."""
Cut = Mapping[str, str | None]
"""Names of the groups' columns, and the column of the rows that each is made of."""
MOST_JOINT_GROUPS = 20_000
"""Up to so many groups all cuts are made of one pass."""
MOST_VALUES = 5_000
"""Up to so many values, such as whole seconds, of an amount they are counted first."""


def with_keys(rows: ibis.Table, cuts: Sequence[Cut]) -> ibis.Table:
    """Add the columns of the groups, where null is a group too."""
    columns = sorted({column for cut in cuts for column in cut.values() if column})
    return rows.mutate(**{_key(c): rows[c].fill_null(UNNAMED) for c in columns})


@dataclass(frozen=True)
class Extent:
    """How much there is to work out.

    Args:
        rows: How many rows there are.
        groups: About how many groups all columns together make.
        few: Amounts that have few values.
        many: The other ones.
    """

    rows: int
    groups: int
    few: list[Amount]
    many: list[Amount]


def parts_of_cuts(keyed: ibis.Table, cuts: Sequence[Cut], parts: Parts) -> pd.DataFrame:
    """Work the parts of figures out for each group of several cuts.

    Args:
        keyed: Rows of `with_keys`.
        cuts: Cuts with the same names.
        parts: Aggregates over these rows.

    Returns:
        For each cut one row per group: cut (its place), the names of its columns, and a
        float column for each part, by cut and group.
    """
    extent = _extent(keyed, cuts, amounts_of(parts))
    if not extent.rows:
        return pd.DataFrame(columns=["cut", *cuts[0], *parts.names.values()])
    left = dict(enumerate(cuts))
    frames: dict[int, pd.DataFrame] = {}
    for columns in _finest(cuts, extent):
        mine = {place: cut for place, cut in left.items() if _columns(cut) <= columns}
        left = {place: cut for place, cut in left.items() if place not in mine}
        keys = [_key(column) for column in sorted(columns)]
        frames |= dict(_one_pass(keyed, keys, mine, parts, extent))
    found = [frames[place].assign(cut=place) for place in range(len(cuts))]
    return pd.DataFrame(pd.concat(found, ignore_index=True))


def _one_pass(
    keyed: ibis.Table,
    keys: Sequence[str],
    cuts: Mapping[int, Cut],
    parts: Parts,
    extent: Extent,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Work out the cuts whose groups are made of these keys."""
    cells = sums_of_groups(keyed, keys, parts, extent.rows)
    counted = counted_values(keyed, cells, keys, extent.few)
    few = [] if counted is None else extent.few
    many = extent.many if counted is not None else [*extent.few, *extent.many]
    for place, cut in cuts.items():
        groups = Groups.of(_named(cells, cut))
        found = summed(cells, groups, parts)
        if counted is not None:
            found |= levels_of_counts(counted, few, groups)
        frame = pd.concat([groups.names, pd.DataFrame(found)], axis=1)
        if many:
            named = {name: _key(c) for name, c in cut.items() if c}
            levels = levels_of_rows(keyed, named, many)
            levels = levels.assign(**{name: WHOLE for name in cut if name not in named})
            frame = frame.merge(levels, "left", list(cut))
        yield place, frame


def _named(cells: pd.DataFrame, cut: Cut) -> pd.DataFrame:
    """Give the finest groups the names of a cut's groups."""
    named = {name: cells[_key(c)] if c else WHOLE for name, c in cut.items()}
    return pd.DataFrame(named, index=cells.index)


def _key(column: str) -> str:
    return f"key_{column}"


def _columns(cut: Cut) -> frozenset[str]:
    return frozenset(column for column in cut.values() if column)


def _extent(
    keyed: ibis.Table, cuts: Sequence[Cut], amounts: Sequence[Amount]
) -> Extent:
    keys = {_key(c): keyed[_key(c)] for c in sorted(_joint(cuts))}
    values = {
        f"values_{place}": amount.value.to_expr().approx_nunique()
        for place, amount in enumerate(amounts)
    }
    groups = ibis.struct(keys).approx_nunique()
    query = keyed.agg(rows=keyed.count(), groups=groups, **values)
    [sizes] = query.to_pyarrow().to_pylist()
    is_few = [sizes[name] <= MOST_VALUES for name in values]
    return Extent(
        sizes["rows"],
        sizes["groups"],
        [amount for amount, few in zip(amounts, is_few, strict=True) if few],
        [amount for amount, few in zip(amounts, is_few, strict=True) if not few],
    )


def _joint(cuts: Sequence[Cut]) -> frozenset[str]:
    return frozenset[str]().union(*(_columns(cut) for cut in cuts))


def _finest(cuts: Sequence[Cut], extent: Extent) -> list[frozenset[str]]:
    """Choose groups so fine that each cut's are sums of them."""
    if extent.groups <= MOST_JOINT_GROUPS:
        return [_joint(cuts)]
    wanted = sorted({_columns(cut) for cut in cuts}, key=lambda s: (-len(s), sorted(s)))
    return [
        fine
        for place, fine in enumerate(wanted)
        if not any(fine <= other for other in wanted[:place])
    ]
