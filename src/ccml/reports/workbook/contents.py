"""What the workbook tells: the figures it shows, with their exact variants."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ccml.config.benchmarks import BenchmarksConfig
from ccml.kpis.cuts import EVERYTHING
from ccml.project import Project
from ccml.reports.exported import Exported
from ccml.reports.operation import TILES, pick, window_variant
from ccml.sources.watermark import data_until


@dataclass(frozen=True)
class MainFigure:
    """A figure of the overview: its label, its place in the table kpis, its unit."""

    label: str
    kpi: str
    variant: str
    unit: str


@dataclass(frozen=True)
class WorkbookData:
    """Everything that the workbook says, as plain values.

    Args:
        title: The project's name for people.
        zone: Time zone of months, weeks and hours.
        until: Local moment up to which the data are complete.
        first: Local day of the first call.
        last: Local day of the last call.
        notes: What a reader must know of these data.
        window_days: Main window of repeat calls.
        benchmarks: Thresholds of the bands.
        main: Figures of the overview, of months and of groups.
        figures: The tables themselves.
        cut: Most rows of the sheet with all figures.
    """

    title: str
    zone: str
    until: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    notes: tuple[str, ...]
    window_days: int
    benchmarks: BenchmarksConfig
    main: tuple[MainFigure, ...]
    figures: Exported
    cut: int = 200_000


def workbook_data(project: Project, figures: Exported) -> WorkbookData:
    """Gather what the workbook tells."""
    config = project.config
    zone, window = project.zone, config.kpis.main_window_days
    calls = project.store.read("calls")
    ends = calls.agg(first=calls.started_at.min(), last=calls.started_at.max())
    row = ends.to_pandas().iloc[0]
    return WorkbookData(
        title=config.title or config.project,
        zone=config.time_zone,
        until=_local(data_until(project), zone),
        first=_local(row["first"], zone).normalize(),
        last=_local(row["last"], zone).normalize(),
        notes=tuple(config.notes),
        window_days=window,
        benchmarks=config.kpis.benchmarks,
        main=main_figures(figures.kpis, window),
        figures=figures,
    )


def _local(moment: Any, zone: Any) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert(zone).tz_localize(None)


def main_figures(kpis: pd.DataFrame, window_days: int) -> tuple[MainFigure, ...]:
    """Choose the figures that are shown first; those without any value are left out."""
    if kpis.empty:
        return ()
    window = window_variant(window_days)
    wanted = (
        TILES[0],
        (f"Repeated within {window_days} days", "repeat_rate", window),
        ("Settled with one call", "fcr", f"1 - repeat rate {window}"),
        *TILES[1:],
    )
    found = ((label, pick(kpis, kpi, variant)) for label, kpi, variant in wanted)
    return tuple(
        MainFigure(label, str(row.kpi), str(row.variant), str(row.unit))
        for label, row in found
        if row is not None
    )


def wide(
    kpis: pd.DataFrame, main: tuple[MainFigure, ...], kind: str, *, by: str
) -> pd.DataFrame:
    """Lay the main figures side by side, one row per month or group.

    Args:
        kpis: The tidy figures.
        main: Which of them.
        kind: Group kind.
        by: `period` for the months of everything, `group` for groups over all months.
    """
    of_period = (kpis.period != EVERYTHING) == (by == "period")
    rows = kpis[of_period & (kpis.group_kind == kind)]
    columns = {
        figure.label: rows[
            (rows.kpi == figure.kpi) & (rows.variant == figure.variant)
        ].set_index(by)["value"]
        for figure in main
    }
    index = sorted(set(rows[by]))
    return pd.DataFrame(columns, index=pd.Index(index, name=by))


def months(data: WorkbookData) -> pd.DataFrame:
    """Give the main figures by month, and whether the data hold the whole month."""
    table = wide(data.figures.kpis, data.main, EVERYTHING, by="period")
    start = pd.to_datetime(table.index, format="%Y-%m")
    # A day's slack at the first month: a centre may be closed on the 1st.
    begun = data.first <= start + pd.Timedelta(days=1)
    ended = start + pd.offsets.MonthBegin(1) <= data.until
    table["Whole month"] = ["yes" if whole else "no" for whole in begun & ended]
    return table


def groups(data: WorkbookData, kind: str) -> pd.DataFrame:
    """Give the main figures by queue or reason, most calls first."""
    table = wide(data.figures.kpis, data.main, kind, by="group")
    if data.main and len(table):
        first = data.main[0].label
        table = table.assign(_name=table.index).sort_values(
            [first, "_name"], ascending=[False, True], na_position="last"
        )
        table = table.drop(columns="_name")
    return table
