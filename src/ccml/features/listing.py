"""Which features a config asks for."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ccml.config.features import FeaturesConfig, SpineConfig, TableFeatures
from ccml.features.catalogue import Feature
from ccml.features.words import singular, slugs, unit, words

DAY_PARTS = ("night", "morning", "afternoon", "evening")
"""Six hours each, from midnight, site time."""
DAY_PART, WEEKEND, AFTER = "day_part", "weekend", "after_"
"""Columns that events get from their time and from other tables."""
MEASURED = {
    "sum": "total",
    "mean": "average",
    "min": "lowest",
    "max": "highest",
    "std": "spread (standard deviation) of",
}
GAPS = {
    "gap_mean": ("mean", "average"),
    "gap_min": ("min", "shortest"),
    "gap_std": ("std", "spread (standard deviation) of the"),
}
Values = Mapping[str, Sequence[str]]


def table_features(
    name: str,
    config: TableFeatures,
    windows_days: Sequence[int],
    values: Values,
    *,
    exposure: bool = True,
) -> list[Feature]:
    """List the features of one event table.

    Args:
        name: The table.
        config: What of it is described.
        windows_days: Trailing windows in days.
        values: Values to count, per category column.
        exposure: The customers' first days are known, so that there are rates.
    """
    found = [
        *_timeless(name, config),
        *_chains(name, config),
        *_value_recencies(name, config, values),
    ]
    for days in windows_days:
        found += _counts(name, config, days, exposure=exposure)
        found += _measures(name, config, days)
        found += _values(name, config, days, values)
        found += _orders(name, config, days)
    if config.trends:
        found += _trends(name, sorted(windows_days))
    return list(dict.fromkeys(found))


def spine_features(spine: SpineConfig, config: FeaturesConfig) -> list[Feature]:
    """List the features of the spine row itself: its own columns and its calendar."""
    found = [
        Feature(
            name=f"this_{column}",
            table=str(spine.each),
            statistic="own",
            column=column,
            unit=unit(column),
            meaning=f"{words(column)} of this {singular(str(spine.each))}",
            family=f"this {words(column)}",
        )
        for column in spine.own
    ]
    if spine.each and config.calendar:
        found += [_calendar(column) for column in ("hour", "weekday")]
    return found


def attribute_features(
    columns: Mapping[str, str],
    ages: Sequence[str] = (),
    exposure_days: Sequence[int] = (),
) -> list[Feature]:
    """List the features of customers' attributes.

    Args:
        columns: Attribute to type as Ibis names it.
        ages: Attributes whose value has an age.
        exposure_days: Windows whose known part is a feature.
    """
    found = [
        Feature(
            "customer_days_known", "customers", "known", unit="days",
            meaning="days since the customer was first known", family="customer since",
        )
    ]  # fmt: skip
    for column, kind in columns.items():
        is_time = kind.startswith(("timestamp", "date"))
        found.append(
            Feature(
                name=f"{column}_days_ago" if is_time else column,
                table="customers",
                statistic="days_since" if is_time else "attribute",
                column=column,
                unit="days" if is_time else unit(column),
                meaning=f"days since {words(column)}" if is_time else words(column),
                family=words(column),
            )
        )
    found += [
        Feature(
            f"{column}_age_days", "customers", "attribute_age", column, unit="days",
            meaning=f"days since {words(column)} took its value", family=words(column),
        )
        for column in ages
    ]  # fmt: skip
    found += [
        Feature(
            f"exposure_{days}d", "customers", "exposure", window_days=days, unit="days",
            meaning=f"days of the last {days} in which the customer was known",
            family="customer since",
        )
        for days in exposure_days
    ]  # fmt: skip
    return found


def _calendar(column: str) -> Feature:
    return Feature(
        name=f"cutoff_{column}",
        table="cutoff",
        statistic="calendar",
        column=column,
        unit=column,
        meaning=f"{column} of the moment, site time",
        family="time of the moment",
    )


def _timeless(name: str, config: TableFeatures) -> Iterator[Feature]:
    one, many = singular(name), words(name)
    yield Feature(
        f"{name}_ever", name, "count",
        meaning=f"{many} since records begin", family=many,
    )  # fmt: skip
    yield Feature(
        f"{name}_days_since_last", name, "recency", unit="days",
        meaning=f"days since the last {one}", family=f"last {one}",
    )  # fmt: skip
    yield Feature(
        f"{name}_days_since_first", name, "first", unit="days",
        meaning=f"days since the first {one}", family=f"first {one}",
    )  # fmt: skip
    if config.none_before:
        yield Feature(
            f"{name}_none_before", name, "none_before", unit="true or false",
            meaning=f"no {one} came before", family=many,
        )  # fmt: skip
    for column in config.last:
        yield Feature(
            f"{name}_last_{column}", name, "last", column, unit=unit(column),
            meaning=f"{words(column)} of the last {one}",
            family=f"last {one}: {words(column)}",
        )  # fmt: skip


def _chains(name: str, config: TableFeatures) -> Iterator[Feature]:
    one, many = singular(name), words(name)
    for column in config.streaks:
        yield Feature(
            f"{name}_{column}_streak", name, "streak", column,
            meaning=f"newest {many} in a row that were {words(column)}",
            family=f"{many} {words(column)}",
        )  # fmt: skip
    if config.chain_days is not None:
        pause = f"with at most {config.chain_days:g} days between them"
        yield Feature(
            f"{name}_chain", name, "chain",
            meaning=f"{many} in the running chain, {pause}", family=f"chain of {many}",
        )  # fmt: skip
        yield Feature(
            f"{name}_chain_days", name, "chain_days", unit="days",
            meaning=f"days since the first {one} of the running chain, {pause}",
            family=f"chain of {many}",
        )  # fmt: skip


def _value_recencies(
    name: str, config: TableFeatures, values: Values
) -> Iterator[Feature]:
    one = singular(name)
    for column in config.recency:
        for value, slug in slugs(values.get(column, ())).items():
            what = f"{one} with {words(column)} {words(value)}"
            yield Feature(
                f"{name}_{column}_{slug}_days_since_last", name, "value_recency",
                column, value, unit="days", meaning=f"days since the last {what}",
                family=f"last {what}",
            )  # fmt: skip


def _counts(
    name: str, config: TableFeatures, days: int, *, exposure: bool
) -> Iterator[Feature]:
    span, many = _span(days), words(name)
    yield Feature(
        f"{name}_{days}d", name, "count", window_days=days,
        meaning=f"{many} {span}", family=many,
    )  # fmt: skip
    if config.rates and exposure:
        yield Feature(
            f"{name}_rate_{days}d", name, "rate", window_days=days,
            unit="per 30 days", family=many,
            meaning=f"{many} per 30 days known, {span}",
        )  # fmt: skip
    after = [f"{AFTER}{table}" for table in config.after]
    for column in [*config.flags, *after]:
        what = words(column)
        if column in after:
            limit = config.after[column.removeprefix(AFTER)]
            what = f"within {limit} days {what}"
        yield Feature(
            f"{name}_{column}_{days}d", name, "true", column, window_days=days,
            meaning=f"{many} {what} {span}", family=f"{many} {words(column)}",
        )  # fmt: skip
    shared = [c for c in config.flags if c in config.shares]
    for column in [*shared, *([WEEKEND] if config.profile else [])]:
        yield Feature(
            f"{name}_{column}_share_{days}d", name, "true_share", column,
            window_days=days, unit="share", family=f"{many} {words(column)}",
            meaning=f"share of {many} {words(column)} {span}",
        )  # fmt: skip


def _measures(name: str, config: TableFeatures, days: int) -> Iterator[Feature]:
    many = words(name)
    for column in config.measures:
        for statistic in config.statistics:
            yield Feature(
                f"{name}_{column}_{statistic}_{days}d", name, statistic, column,
                window_days=days, unit=unit(column),
                meaning=f"{MEASURED[statistic]} {words(column)} of {many} {_span(days)}",
                family=f"{many}: {words(column)}",
            )  # fmt: skip


def _values(
    name: str, config: TableFeatures, days: int, values: Values
) -> Iterator[Feature]:
    many = words(name)
    for column, kept in values.items():
        for value, slug in slugs(kept).items():
            what = f"{many} with {words(column)} {words(value)} {_span(days)}"
            family = f"{many}: {words(value)}"
            if column != DAY_PART:
                yield Feature(
                    f"{name}_{column}_{slug}_{days}d", name, "value", column, value,
                    days, meaning=what, family=family,
                )  # fmt: skip
            if column in config.shares or column == DAY_PART:
                yield Feature(
                    f"{name}_{column}_{slug}_share_{days}d", name, "value_share",
                    column, value, days, "share", f"share of {what}", family,
                )  # fmt: skip


def _orders(name: str, config: TableFeatures, days: int) -> Iterator[Feature]:
    many, span = words(name), _span(days)
    for column in config.distinct:
        yield Feature(
            f"{name}_{column}_distinct_{days}d", name, "distinct", column,
            window_days=days, meaning=f"different {words(column)} values of {many} {span}",
            family=f"{many}: {words(column)}",
        )  # fmt: skip
    for column in config.switches:
        yield Feature(
            f"{name}_{column}_switches_{days}d", name, "switches", column,
            window_days=days, meaning=f"changes of {words(column)} from one of the "
            f"{many} to the next {span}", family=f"{many}: {words(column)}",
        )  # fmt: skip
    for statistic, (short, long) in GAPS.items() if config.pauses else ():
        yield Feature(
            f"{name}_gap_{short}_{days}d", name, statistic, window_days=days,
            unit="days", meaning=f"{long} days between {many} {span}",
            family=f"time between {many}",
        )  # fmt: skip


def _trends(name: str, windows: Sequence[int]) -> Iterator[Feature]:
    many = words(name)
    for short, long in pairwise(windows):
        yield Feature(
            f"{name}_trend_{short}d_{long}d", name, "trend", value=str(long),
            window_days=short, unit="per 30 days", family=f"trend of {many}",
            meaning=f"{many} per 30 days, last {short} days less last {long} days",
        )  # fmt: skip


def _span(days: int) -> str:
    return f"in the last {days} days"
