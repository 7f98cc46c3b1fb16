"""Which cuts the key figures are told by."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.kpis.groups import WHOLE, Cut
from ccml.kpis.local_start import local_start
from ccml.kpis.measure import COLUMNS, Figures, measure_cuts
from ccml.kpis.prepared import GROUP_COLUMNS, PERIOD

EVERYTHING = WHOLE
WHOLE_PERIOD_ONLY = frozenset(["agent"])
"""Kinds with so many groups that they are not told by month."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACE = ["period", "group", "group_kind"]


def cut_figures(
    rows: ibis.Table, build: Callable[[ibis.Table], Figures], kinds: Sequence[str]
) -> pd.DataFrame:
    """Work figures out over all and by month, for all and by each kind of group.

    Args:
        rows: Calls with period and the columns of the groups.
        build: Makes the figures of a table like rows.
        kinds: Kinds of groups, keys of `GROUP_COLUMNS`.

    Returns:
        period ("all" or YYYY-MM, local), group ("all" or a name), group_kind, and the
        columns of `measure`.
    """
    cuts = [
        (kind, {"period": period, "group": GROUP_COLUMNS.get(kind)})
        for kind in (EVERYTHING, *kinds)
        for period in (None, PERIOD)
        if period is None or kind not in WHOLE_PERIOD_ONLY
    ]
    return _placed(rows, build, cuts)


def clock_figures(
    rows: ibis.Table, build: Callable[[ibis.Table], Figures], zone: ZoneInfo
) -> pd.DataFrame:
    """Work figures out by local hour ("00" to "23") and weekday ("1 Mon" to "7 Sun")."""
    local = local_start(rows, zone)
    place = local.day_of_week.index()
    names = [(place == i, f"{i + 1} {name}") for i, name in enumerate(WEEKDAYS)]
    timed = rows.mutate(
        hour=local.hour().cast("string").lpad(2, "0"), weekday=ibis.cases(*names)
    )
    kinds = ("hour", "weekday")
    cuts: list[tuple[str, Cut]] = [
        (kind, {"period": None, "group": kind}) for kind in kinds
    ]
    return _placed(timed, build, cuts)


def named_figures(
    rows: ibis.Table,
    build: Callable[[ibis.Table], Figures],
    kind: str,
    column: str,
) -> pd.DataFrame:
    """Work figures out for each value of a column, over the whole period."""
    return _placed(rows, build, [(kind, {"period": None, "group": column})])


def everywhere(tidy: pd.DataFrame) -> pd.DataFrame:
    """Say that rows hold for all calls of the whole period."""
    return tidy.assign(**dict.fromkeys(PLACE, EVERYTHING))[[*PLACE, *COLUMNS]]


def _placed(
    rows: ibis.Table,
    build: Callable[[ibis.Table], Figures],
    cuts: Sequence[tuple[str, Cut]],
) -> pd.DataFrame:
    frames = measure_cuts(rows, build, [cut for _, cut in cuts])
    placed = [
        frame.assign(group_kind=kind)
        for (kind, _), frame in zip(cuts, frames, strict=True)
    ]
    return pd.concat(placed, ignore_index=True)[[*PLACE, *COLUMNS]]
