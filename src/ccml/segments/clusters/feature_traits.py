"""Columns of the feature table as traits: numbers, flags, and categories one by one."""

from collections.abc import Sequence

import ibis
import pandas as pd

from ccml.errors import ConfigError, unknown_name
from ccml.segments.clusters.traits import Trait, TraitTable
from ccml.segments.population import Population

MOST_VALUES = 8
WHERE = "segments.clusters.columns"


def feature_traits(
    people: Population,
    features: ibis.Table,
    columns: Sequence[str],
    traits: Sequence[Trait] | None = None,
) -> TraitTable:
    """Describe each customer by columns of the feature table, at the same cutoff.

    A category becomes one flag per value, together of the weight of one trait.

    Args:
        people: Who is described.
        features: Features, with customer_id and cutoff_at.
        columns: Columns to take.
        traits: Traits found at another cutoff, to have the same ones.

    Raises:
        ConfigError: A column does not exist, or holds neither numbers nor texts.
    """
    for column in columns:
        _check(column, features)
    rows = features.filter(features.cutoff_at == pd.Timestamp(people.cutoff))
    frame = rows.select("customer_id", *columns).to_pandas().set_index("customer_id")
    frame = frame.reindex(people.customers["customer_id"]).reset_index(drop=True)
    own = [one for column in columns for one in _traits(column, features, frame)]
    found = tuple(own if traits is None else traits)
    above = pd.DataFrame({trait.name: _values(trait, frame) for trait in found})
    below = above.notna().astype("float64")
    return TraitTable(found, above, below)


def _check(column: str, features: ibis.Table) -> None:
    if column not in features.columns:
        raise unknown_name("feature", column, features.columns, WHERE)
    kind = features[column].type()
    if not (kind.is_numeric() or kind.is_boolean() or kind.is_string()):
        raise ConfigError(
            f"{WHERE}: {column!r} is of type {kind}; clusters need numbers, flags or "
            f"texts, so take it out or choose a count of it."
        )


def _traits(column: str, features: ibis.Table, frame: pd.DataFrame) -> list[Trait]:
    words, kind = column.replace("_", " "), features[column].type()
    if kind.is_string():
        counted = frame[column].value_counts()
        order = sorted(counted.index, key=lambda value: (-counted[value], value))
        return [_value_trait(column, words, value) for value in order[:MOST_VALUES]]
    if kind.is_boolean():
        return [Trait(column, "flag", column, words, "flag", _capital(words), words)]
    head = f"High {words}"
    return [Trait(column, "number", column, words, "", head, f"high {words}")]


def _value_trait(column: str, words: str, value: str) -> Trait:
    told = f"{words} {value}"
    return Trait(
        f"{column}={value}", "flag", column, told, "flag", _capital(told), told
    )


def _values(trait: Trait, frame: pd.DataFrame) -> "pd.Series[float]":
    if trait.name in frame:
        return frame[trait.name].astype("float64")
    column = frame[trait.block]
    value = trait.name.removeprefix(f"{trait.block}=")
    return (column == value).astype("float64").where(column.notna())


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
