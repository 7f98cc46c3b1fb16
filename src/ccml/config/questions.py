"""What a predictor asks for that its tables or its data cannot answer."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from ccml.config.document import KeyPath
from ccml.config.expressions import condition_columns
from ccml.config.labels import EventLabelConfig
from ccml.config.project import ProjectConfig
from ccml.config.sources import EventSource
from ccml.config.table_columns import EVENT_COLUMNS
from ccml.errors import did_you_mean


def column_faults(config: ProjectConfig) -> Iterator[tuple[KeyPath, str]]:
    """Find conditions of labels that name a column which their event table lacks.

    Calls and contacts hold what their platform tells, so these are checked when read.
    """
    for name, predictor in config.predictors.items():
        label = predictor.label
        if not isinstance(label, EventLabelConfig) or label.where is None:
            continue
        source = config.sources.events.get(label.table)
        if source is None:
            continue
        known = event_columns(source)
        for column in _unknown(condition_columns(label.where), known):
            yield (
                ("predictors", name, "label", "where"),
                f"no column named {column!r} in {label.table}."
                f"{did_you_mean(column, known)} "
                f"Known: {sorted(known)}; a text stands in single quotes, as in "
                f"\"product = 'data_pack'\".",
            )


def event_columns(source: EventSource) -> set[str]:
    """Name the columns that an event table will hold."""
    own = [source.measures, source.times, source.categories, source.flags]
    return {*EVENT_COLUMNS, *(column for columns in own for column in columns)}


def _unknown(columns: Iterable[str], known: set[str]) -> list[str]:
    folded = {column.lower() for column in known}
    return [column for column in columns if column.lower() not in folded]


def date_faults(config: ProjectConfig) -> Iterator[str]:
    """Find labels and tests that the end of the data, where it is given, rules out."""
    until = config.data_until
    for name, predictor in config.predictors.items():
        label, spine = predictor.label, config.spines.get(str(predictor.spine))
        if until is None or spine is None or not isinstance(label, EventLabelConfig):
            continue
        last = until - label.embargo
        first = datetime(1, 1, 1, tzinfo=UTC)
        if spine.first:
            first = datetime.combine(spine.first, datetime.min.time(), tzinfo=UTC)
        place, days = f"predictors.{name}", label.embargo // timedelta(days=1)
        if first > last:
            yield (
                f"{place}.label.horizon_days: got {label.horizon_days}; a label is known "
                f"{days} days after its cutoff (gap, horizon and settling), but from "
                f"the spine's first cutoff {spine.first} to the end of the data "
                f"{until:%Y-%m-%d} there are {(until - first).days} days; ask for "
                f"fewer days."
            )
        elif predictor.split.test_from and predictor.split.test_from > last:
            yield (
                f"{place}.split.test_from: got {_day(predictor.split.test_from, until)}; "
                f"a label is known {days} days after its cutoff, and the data end on "
                f"{until:%Y-%m-%d}, so {last:%Y-%m-%d} is the last cutoff that can be "
                f"judged; take an earlier date."
            )


def _day(moment: datetime, at_the_site: datetime) -> str:
    return f"{moment.astimezone(at_the_site.tzinfo):%Y-%m-%d}"
