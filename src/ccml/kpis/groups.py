"""The groups of several cuts, from as few passes over the rows as will do."""

from collections.abc import Mapping, Sequence

import ibis
import pandas as pd

from ccml.kpis.levels import levels_of_groups
from ccml.kpis.sums import Parts, summed, sums_of_groups

WHOLE = "all"
"""The group that holds every call."""
UNNAMED = "not given"
"""The group of the calls that do not tell theirs."""
Cut = Mapping[str, str | None]
"""Names of the groups' columns, and the column of the rows that each is made of."""
MOST_JOINT_GROUPS = 20_000
"""Up to so many groups all cuts are made of one pass."""


def with_keys(rows: ibis.Table, cuts: Sequence[Cut]) -> ibis.Table:
    """Add the columns of the groups, where null is a group too."""
    columns = sorted({column for cut in cuts for column in cut.values() if column})
    return rows.mutate(**{_key(c): rows[c].fill_null(UNNAMED) for c in columns})


def parts_of_cuts(
    keyed: ibis.Table, cuts: Sequence[Cut], parts: Parts
) -> list[pd.DataFrame]:
    """Work the parts of figures out for each group of several cuts.

    Args:
        keyed: Rows of `with_keys`.
        cuts: Cuts with the same names.
        parts: Aggregates over these rows.

    Returns:
        For each cut one row per group: the names of its columns, and a float column for
        each part, by group.
    """
    passes = {
        columns: sums_of_groups(keyed, [_key(c) for c in sorted(columns)], parts)
        for columns in _finest(keyed, cuts)
    }
    fine = [_key(c) for c in sorted(*passes)] if len(passes) == 1 else []
    ways = [{name: _key(c) for name, c in cut.items() if c} for cut in cuts]
    levels = levels_of_groups(keyed, ways, parts, fine)
    frames = []
    for cut, found in zip(cuts, levels, strict=True):
        cells = next(
            made for columns, made in passes.items() if _columns(cut) <= columns
        )
        placed = cells.assign(
            **{name: cells[_key(c)] if c else WHOLE for name, c in cut.items()}
        )
        frame = summed(placed, list(cut), parts)
        for quantiles in found:
            whole = {name: WHOLE for name, column in cut.items() if not column}
            frame = frame.merge(quantiles.assign(**whole), "left", list(cut))
        frames.append(frame)
    return frames


def _key(column: str) -> str:
    return f"key_{column}"


def _columns(cut: Cut) -> frozenset[str]:
    return frozenset(column for column in cut.values() if column)


def _finest(keyed: ibis.Table, cuts: Sequence[Cut]) -> list[frozenset[str]]:
    """Choose groups so fine that each cut's are sums of them."""
    wanted = sorted({_columns(cut) for cut in cuts}, key=lambda s: (-len(s), sorted(s)))
    joint = frozenset[str]().union(*wanted)
    if len(wanted) > 1 and joint not in wanted:
        groups = keyed.select(*(_key(c) for c in sorted(joint))).distinct()
        if int(groups.count().execute()) <= MOST_JOINT_GROUPS:
            return [joint]
    return [
        fine
        for place, fine in enumerate(wanted)
        if not any(fine <= other for other in wanted[:place])
    ]
