"""Which values of a category are told apart: those known before any cutoff."""

from datetime import UTC, datetime, time, timedelta

import ibis
import pandas as pd

from ccml.errors import DataError
from ccml.features.events import customer_events
from ccml.project import Project


def vocabulary_begin(project: Project) -> datetime | None:
    """Find the moment before which values must have been known to be told apart.

    The earliest cutoff that any spine of the project begins with, so that all spines
    share one vocabulary and no cutoff sees a value of its future.
    """
    spines = project.config.spines.values()
    firsts = [spine.first for spine in spines if spine.first]
    moments = [datetime.combine(day, time(), project.zone) for day in firsts]
    needed = any(
        {*table.categories} - {*table.values}
        for table in project.config.features.tables.values()
    )
    if needed and any(spine.every and not spine.first for spine in spines):
        found = first_moment(project)
        moments += [found] if found else []
    return min(moments).astimezone(UTC) if moments else None


def first_moment(project: Project) -> datetime | None:
    """Find the first moment with a longest window of history behind it."""
    starts = [
        customer_events(project, table).event_at.min().execute()
        for table in project.config.features.tables
    ]
    if not starts and project.config.sources.customers:
        starts = [project.store.read("customers").valid_from.min().execute()]
    found = [start for start in starts if pd.notna(start)]
    if not found:
        return None
    longest = max(project.config.features.windows_days)
    moment: datetime = min(found) + timedelta(days=longest)
    return moment


def require_history(project: Project) -> datetime:
    """Find the first moment with history behind it, or say that there is none."""
    found = first_moment(project)
    if found is None:
        raise DataError(
            "features.tables: no event of a known customer stands in any of "
            f"{sorted(project.config.features.tables)}; look at how calls "
            f"found their customers (`ccml show matches`)."
        )
    return found


def counted_values(
    project: Project, name: str, events: ibis.Table, begin: datetime | None
) -> dict[str, list[str]]:
    """Find the most frequent values, by what was known before the first cutoff."""
    config = project.config.features.tables[name]
    values = {column: list(kept) for column, kept in config.values.items()}
    for column in config.categories:
        if column in values:
            continue
        values[column] = _frequent(project, events, column, begin) if begin else []
        if not values[column]:
            project.progress.note(
                f"features.tables.{name}: no {column!r} was known before the first "
                f"cutoff, so none is counted; list `values` or set a later `first`"
            )
    return values


def _frequent(
    project: Project, events: ibis.Table, column: str, begin: datetime
) -> list[str]:
    early = events.filter((events.known_at < begin) & (events.event_at < begin))
    counts = early.group_by(value=early[column]).agg(n=early.count())
    counts = counts.filter(counts.value.notnull())
    top = counts.order_by([counts.n.desc(), counts.value])
    found = top.limit(project.config.features.top_values).to_pandas()
    return sorted(map(str, found["value"]))
