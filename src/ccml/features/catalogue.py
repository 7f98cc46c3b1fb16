"""Every feature by name: what it means, in which unit, over which window."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

from ccml.config.features import FeaturesConfig, SpineConfig, TableFeatures

Statistic = Literal[
    "count", "sum", "mean", "max", "true", "value", "recency", "value_recency",
    "first", "last",
    "attribute", "days_since", "known", "own", "calendar",
]  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """One feature: a statistic of a column of a table over a window.

    `window_days` null means all that is known. `family` groups features that tell the
    same story, so that one reason speaks for all of them.
    """

    name: str
    table: str
    statistic: Statistic
    column: str | None = None
    value: str | None = None
    window_days: int | None = None
    unit: str = "count"
    meaning: str = ""
    family: str = ""


def table_features(
    name: str,
    config: TableFeatures,
    windows_days: Sequence[int],
    values: Mapping[str, Sequence[str]],
) -> list[Feature]:
    """List the features of one event table.

    Args:
        name: The table.
        config: What of it is described.
        windows_days: Trailing windows in days.
        values: Values to count, per category column.
    """
    found = [*_timeless(name, config), *_value_recencies(name, config, values)]
    for days in windows_days:
        found += _in_window(name, config, days, values)
    return _unique(found)


def spine_features(spine: SpineConfig, config: FeaturesConfig) -> list[Feature]:
    """List the features of the spine row itself: its own columns and its calendar."""
    found = [
        Feature(
            name=f"this_{column}",
            table=str(spine.each),
            statistic="own",
            column=column,
            unit=_unit(column),
            meaning=f"{_words(column)} of this {_singular(str(spine.each))}",
            family=f"this {_words(column)}",
        )
        for column in spine.own
    ]
    if spine.each and config.calendar:
        found += [_calendar(column) for column in ("hour", "weekday")]
    return found


def attribute_features(columns: Mapping[str, str]) -> list[Feature]:
    """List the features of customers' attributes.

    Args:
        columns: Attribute to type as Ibis names it.
    """
    found = [
        Feature(
            name="customer_days_known",
            table="customers",
            statistic="known",
            unit="days",
            meaning="days since the customer was first known",
            family="customer since",
        )
    ]
    for column, kind in columns.items():
        is_time = kind.startswith(("timestamp", "date"))
        found.append(
            Feature(
                name=f"{column}_days_ago" if is_time else column,
                table="customers",
                statistic="days_since" if is_time else "attribute",
                column=column,
                unit="days" if is_time else _unit(column),
                meaning=f"days since {_words(column)}" if is_time else _words(column),
                family=_words(column),
            )
        )
    return found


def as_frame(features: Sequence[Feature]) -> pd.DataFrame:
    """Lay features out as a table, one row per feature."""
    frame = pd.DataFrame([asdict(feature) for feature in features])
    texts = [
        "name",
        "table",
        "statistic",
        "column",
        "value",
        "unit",
        "meaning",
        "family",
    ]
    frame[texts] = frame[texts].astype("string")
    frame["window_days"] = frame.window_days.astype("Int64")
    return frame.assign(position=range(len(frame)))


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
    one = _singular(name)
    yield Feature(
        f"{name}_ever", name, "count",
        meaning=f"{_words(name)} since records begin", family=_words(name),
    )  # fmt: skip
    yield Feature(
        f"{name}_days_since_last", name, "recency", unit="days",
        meaning=f"days since the last {one}", family=f"last {one}",
    )  # fmt: skip
    yield Feature(
        f"{name}_days_since_first", name, "first", unit="days",
        meaning=f"days since the first {one}", family=f"first {one}",
    )  # fmt: skip
    for column in config.last:
        yield Feature(
            name=f"{name}_last_{column}",
            table=name,
            statistic="last",
            column=column,
            unit=_unit(column),
            meaning=f"{_words(column)} of the last {one}",
            family=f"last {one}: {_words(column)}",
        )


def _value_recencies(
    name: str, config: TableFeatures, values: Mapping[str, Sequence[str]]
) -> Iterator[Feature]:
    one = _singular(name)
    for column in config.recency:
        for value, slug in _slugs(values.get(column, ())).items():
            what = f"{one} with {_words(column)} {_words(value)}"
            yield Feature(
                name=f"{name}_{column}_{slug}_days_since_last",
                table=name,
                statistic="value_recency",
                column=column,
                value=value,
                unit="days",
                meaning=f"days since the last {what}",
                family=f"last {what}",
            )


def _in_window(
    name: str,
    config: TableFeatures,
    days: int,
    values: Mapping[str, Sequence[str]],
) -> Iterator[Feature]:
    span = f"in the last {days} days"
    yield Feature(
        f"{name}_{days}d", name, "count", window_days=days, unit="count",
        meaning=f"{_words(name)} {span}", family=_words(name),
    )  # fmt: skip
    for column in config.flags:
        yield Feature(
            f"{name}_{column}_{days}d", name, "true", column, window_days=days,
            unit="count", meaning=f"{_words(name)} {_words(column)} {span}",
            family=f"{_words(name)} {_words(column)}",
        )  # fmt: skip
    statistics: tuple[tuple[Statistic, str], ...] = (
        ("sum", "total"), ("mean", "average"), ("max", "highest"),
    )  # fmt: skip
    for column in config.measures:
        for statistic, word in statistics:
            yield Feature(
                f"{name}_{column}_{statistic}_{days}d", name, statistic, column,
                window_days=days, unit=_unit(column),
                meaning=f"{word} {_words(column)} of {_words(name)} {span}",
                family=f"{_words(name)}: {_words(column)}",
            )  # fmt: skip
    for column, kept in values.items():
        for value, slug in _slugs(kept).items():
            yield Feature(
                f"{name}_{column}_{slug}_{days}d", name, "value", column, value,
                days, "count", f"{_words(name)} with {_words(column)} "
                f"{_words(value)} {span}", f"{_words(name)}: {_words(value)}",
            )  # fmt: skip


def _unique(features: Sequence[Feature]) -> list[Feature]:
    return list(dict.fromkeys(features))


def _slugs(values: Sequence[str]) -> dict[str, str]:
    """Map each value to its part of a name; letters of all alphabets stay apart."""
    slugs: dict[str, str] = {}
    for value in values:
        slug = re.sub(r"[\W_]+", "_", value.lower()).strip("_") or "blank"
        if value not in slugs:
            taken = sum(_stem(other) == slug for other in slugs.values())
            slugs[value] = f"{slug}__{taken + 1}" if taken else slug
    return slugs


def _stem(slug: str) -> str:
    return slug.partition("__")[0]


def _words(text: str) -> str:
    return re.sub(r"_(s|eur|kb)$", "", text).replace("_", " ")


def _singular(name: str) -> str:
    return _words(name.removesuffix("s"))


def _unit(column: str) -> str:
    units = {"_s": "seconds", "_eur": "EUR", "_days": "days", "_minutes": "minutes"}
    for ending, unit in units.items():
        if column.endswith(ending):
            return unit
    return "value"
