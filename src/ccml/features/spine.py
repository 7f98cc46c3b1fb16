"""The spine: who is described, and when."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from ccml.config.expressions import condition_columns
from ccml.config.features import SpineConfig
from ccml.engine.conditions import condition
from ccml.errors import ConfigError, DataError, unknown_name
from ccml.features.as_of import rows_valid_at
from ccml.features.events import customer_events
from ccml.features.vocabulary import require_history
from ccml.project import Project
from ccml.sources.watermark import data_until

EVENT_KEYS = ("event_id", "customer_id", "cutoff_at")
PERIOD_KEYS = ("customer_id", "cutoff_at")
UNSET = "not set"


def make_spine(project: Project, name: str) -> ibis.Table:
    """List the rows of a spine: its keys, and the events' own columns (this_*).

    Raises:
        DataError: There is no row.
    """
    config = project.config.spines[name]
    until = data_until(project)
    if config.each:
        events = customer_events(project, config.each)
        spine = event_spine(name, config, events, project.zone, until)
    else:
        begin = until if config.first else require_history(project)
        cutoffs = periodic_cutoffs(config, project.zone, begin, until)
        customers = project.store.read("customers")
        spine = periodic_spine(name, config, customers, cutoffs)
    spine = spine.cache()
    _require_rows(spine, name, config)
    return spine


def _require_rows(spine: ibis.Table, name: str, config: SpineConfig) -> None:
    if spine.count().execute() == 0:
        what = f"event of {config.each}" if config.each else "customer"
        raise DataError(
            f"spines.{name}: no {what} is left; look at `where` "
            f"({config.where or UNSET}), `first` ({config.first or UNSET}) and `last` "
            f"({config.last or UNSET}), and at how calls found their customers (`ccml "
            f"show matches`)."
        )


def spine_keys(config: SpineConfig) -> list[str]:
    """Name the columns that identify a row of a spine."""
    return list(EVENT_KEYS if config.each else PERIOD_KEYS)


def with_row_id(spine: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Number the rows of a spine in the order of its keys, from 0."""
    order = ibis.window(order_by=[spine[key] for key in keys])
    return spine.mutate(row_id=ibis.row_number().over(order))


def periodic_cutoffs(
    config: SpineConfig, zone: ZoneInfo, begin: datetime, until: datetime
) -> list[datetime]:
    """List the cutoffs of a periodic spine: local midnights, as instants.

    Args:
        config: The spine; `first` and `last` bound it when given.
        zone: Time zone of the site.
        begin: Earliest cutoff when `first` is not given.
        until: End of the data; no cutoff lies after it.
    """
    first = config.first or begin.astimezone(zone).date()
    last = config.last or until.astimezone(zone).date()
    day = _period_start(first, config.every or "month")
    days = []
    while day <= last:
        days.append(day)
        day = _next_period(day, config.every or "month")
    instants = (_midnight(d, zone) for d in days)
    earliest = _midnight(config.first, zone) if config.first else begin
    return [instant for instant in instants if earliest <= instant <= until]


def periodic_spine(
    name: str,
    config: SpineConfig,
    customers: ibis.Table,
    cutoffs: list[datetime],
) -> ibis.Table:
    """Give one row per customer who is eligible at a cutoff.

    Raises:
        DataError: No cutoff, or no eligible customer.
    """
    if not cutoffs:
        raise DataError(
            f"spines.{name}: no cutoff lies between `first` ({config.first or UNSET}), "
            f"`last` ({config.last or UNSET}) and the end of the data; move them into the "
            f"data."
        )
    instants = pa.array(cutoffs, pa.timestamp("us", "UTC"))
    moments = ibis.memtable(pa.table({"cutoff_at": instants}))
    everyone = customers.select("customer_id").distinct().cross_join(moments)
    everyone = with_row_id(everyone, PERIOD_KEYS)
    attributes = _attributes_of(name, config, customers)
    eligible = rows_valid_at(everyone, customers, attributes)
    kept = condition(eligible, config.where, f"spines.{name}.where")
    rows = eligible.filter(kept).select("row_id")
    return everyone.semi_join(rows, "row_id").select(*PERIOD_KEYS)


def event_spine(
    name: str,
    config: SpineConfig,
    events: ibis.Table,
    zone: ZoneInfo,
    until: datetime,
) -> ibis.Table:
    """Give one row per event, cut at the column `at`, with the event's own columns.

    Raises:
        ConfigError: A column does not exist, or the cutoff is no time.
    """
    where = f"spines.{name}"
    for column in (config.at, *config.own):
        if column not in events.columns:
            raise unknown_name("column", column, events.columns, where)
    if not events[config.at].type().is_timestamp():
        raise ConfigError(
            f"{where}.at: {config.at!r} is no time column; take one such as ended_at."
        )
    rows = events.filter(condition(events, config.where, f"{where}.where"))
    rows = rows.mutate(cutoff_at=rows[config.at])
    rows = rows.filter(rows.cutoff_at.notnull() & (rows.cutoff_at <= until))
    if config.first:
        rows = rows.filter(rows.cutoff_at >= _midnight(config.first, zone))
    if config.last:
        after = _midnight(config.last + timedelta(days=1), zone)
        rows = rows.filter(rows.cutoff_at < after)
    own = {f"this_{column}": rows[column] for column in config.own}
    return rows.select(*EVENT_KEYS, **own)


def _attributes_of(name: str, config: SpineConfig, customers: ibis.Table) -> list[str]:
    needed = condition_columns(config.where) if config.where else []
    for column in needed:
        if column not in customers.columns:
            raise unknown_name(
                "column", column, customers.columns, f"spines.{name}.where"
            )
    return needed


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _period_start(day: date, every: str) -> date:
    """Find the first start of a period on or after a day."""
    monday = day - timedelta(days=day.weekday())
    start = day.replace(day=1) if every == "month" else monday
    return _next_period(start, every) if start < day else start


def _next_period(day: date, every: str) -> date:
    if every == "week":
        return day + timedelta(days=7)
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
