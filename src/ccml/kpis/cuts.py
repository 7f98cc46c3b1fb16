"""Which cuts the key figures are told by."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.engine.local_time import local_time
from ccml.kpis.measure import COLUMNS, Cut, Figures, measure_cuts
from ccml.kpis.prepared import GROUP_COLUMNS, PERIOD

EVERYTHING = "all"
WHOLE_PERIOD_ONLY = frozenset(["agent"])
"""Kinds with so many groups that they are not told by month."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACE = ["period", "group", "group_kind"]

Key = Callable[[ibis.Table], ibis.Value]


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
        (kind, {"period": period, "group": _group(kind)})
        for kind in (EVERYTHING, *kinds)
        for period in (_all, _month)
        if period is _all or kind not in WHOLE_PERIOD_ONLY
    ]
    return _placed(rows, build, cuts)


def clock_figures(
    rows: ibis.Table, build: Callable[[ibis.Table], Figures], zone: ZoneInfo
) -> pd.DataFrame:
    """Work figures out by local hour ("00" to "23") and weekday ("1 Mon" to "7 Sun")."""

    def hour(table: ibis.Table) -> ibis.Value:
        return local_time(table.started_at, zone).strftime("%H")

    def weekday(table: ibis.Table) -> ibis.Value:
        place = local_time(table.started_at, zone).day_of_week.index()
        names = [(place == i, f"{i + 1} {name}") for i, name in enumerate(WEEKDAYS)]
        return ibis.cases(*names)

    cuts = [
        ("hour", {"period": _all, "group": hour}),
        ("weekday", {"period": _all, "group": weekday}),
    ]
    return _placed(rows, build, cuts)


def named_figures(
    rows: ibis.Table,
    build: Callable[[ibis.Table], Figures],
    kind: str,
    name: Key,
) -> pd.DataFrame:
    """Work figures out for each value of an expression, over the whole period."""
    return _placed(rows, build, [(kind, {"period": _all, "group": name})])


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


def _all(_rows: ibis.Table) -> ibis.Value:
    return ibis.literal(EVERYTHING)


def _month(rows: ibis.Table) -> ibis.Value:
    return rows[PERIOD]


def _group(kind: str) -> Key:
    if kind == EVERYTHING:
        return _all
    column = GROUP_COLUMNS[kind]
    return lambda rows: rows[column]
