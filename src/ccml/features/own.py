"""Features of one's own: expressions over other features, and Python functions."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import local
from typing import Any, Literal

import ibis
import pandas as pd
import pyarrow as pa

from ccml.config.expressions import expression_columns
from ccml.config.features import FeaturesConfig
from ccml.engine.conditions import expression
from ccml.errors import ConfigError, DataError, unknown_name
from ccml.features.catalogue import Feature

Function = Callable[[pd.DataFrame], pd.Series]
OWN = "own"
REGISTERED = "__ccml_feature__"
_engines = local()


Kind = Literal["number", "flag", "text"]
TYPES = {"number": pa.float64(), "flag": pa.bool_(), "text": pa.string()}


@dataclass(frozen=True)
class Told:
    """What a Python feature says of itself."""

    name: str
    unit: str
    meaning: str
    kind: Kind


def feature(
    name: str, unit: str, meaning: str, *, kind: Kind = "number"
) -> Callable[[Function], Function]:
    """Register a Python function as a feature.

    The function receives some rows of the features made so far, a frame in no certain
    order, and returns one value for each row. It must not look from one row at another:
    rows come in pieces of any size, and `ccml run audit` tells.
    """

    def mark(function: Function) -> Function:
        setattr(function, REGISTERED, Told(name, unit, meaning, kind))
        return function

    return mark


def own_features(config: FeaturesConfig) -> list[Feature]:
    """List the features of one's own: expressions first, then functions."""
    expressions = [
        Feature(
            name, OWN, "expression", value=text, unit="value",
            meaning=f"{text} (own expression)", family=name,
        )
        for name, text in config.own.items()
    ]  # fmt: skip
    functions = []
    for place in config.functions:
        told = _told(place)
        functions.append(
            Feature(
                told.name, OWN, "function", value=place, unit=told.unit,
                meaning=told.meaning, family=told.name,
            )
        )  # fmt: skip
    return [*expressions, *functions]


def own_inputs(own: Feature) -> list[str] | None:
    """Name the features that one of one's own is made from; null means any."""
    return expression_columns(str(own.value)) if own.statistic == "expression" else None


def require_inputs(own: Sequence[Feature], known: Sequence[str]) -> None:
    """Check that expressions name features that are made before them.

    Raises:
        ConfigError: One does not.
    """
    made = list(known)
    for one in own:
        for name in own_inputs(one) or ():
            if name not in made:
                raise unknown_name("feature", name, made, f"features.own.{one.name}")
        made.append(one.name)


def own_columns(columns: pa.Table, own: Sequence[Feature]) -> pa.Table:
    """Add the features of one's own to those they are made from (rows)."""
    for one in own:
        make = _by_expression if one.statistic == "expression" else apply_function
        columns = columns.append_column(one.name, make(columns, one))
    return columns


def _by_expression(columns: pa.Table, own: Feature) -> pa.ChunkedArray:
    where = f"features.own.{own.name}"
    needed = expression_columns(str(own.value)) or columns.column_names[:1]
    rows = ibis.memtable(columns.select(needed))
    value = expression(rows, str(own.value), where)
    if value.type().is_numeric() and not value.type().is_integer():
        value = value.cast("float64")
    found = _engine().to_pyarrow(rows.select(**{own.name: value}))
    return found[own.name]


def apply_function(columns: pa.Table, own: Feature) -> pa.Array:
    """Let a registered function work on the features made so far (rows)."""
    where = f"features.functions: {own.value}"
    found = _function(str(own.value))(_plain(columns).to_pandas())
    if len(found) != len(columns):
        raise DataError(
            f"{where} gave {len(found):,} values for {len(columns):,} rows; it must give "
            f"one for each."
        )
    kind = _told(str(own.value)).kind
    try:
        values = pa.array(pd.Series(found).to_numpy(), from_pandas=True)
        return values.cast(TYPES[kind])
    except pa.ArrowException as error:
        raise DataError(
            f"{where} gave values that are no {kind}; register it with another `kind`: "
            f"{sorted(TYPES)}."
        ) from error


def _plain(columns: pa.Table) -> pa.Table:
    """Give texts as texts, also where they are kept as numbers of a list."""
    kinds = {
        field.name: field.type.value_type
        for field in columns.schema
        if pa.types.is_dictionary(field.type)
    }
    fields = [
        field.with_type(kinds.get(field.name, field.type)) for field in columns.schema
    ]
    return columns.cast(pa.schema(fields))


def _told(place: str) -> Told:
    told: Told | None = getattr(_function(place), REGISTERED, None)
    if told is None:
        raise ConfigError(
            f"features.functions: {place!r} is not registered; put "
            f"@ccml.features.own.feature(name, unit, meaning) before it."
        )
    return told


def _function(place: str) -> Any:
    module, colon, name = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), name) if colon else None
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"features.functions: {place!r} was not found ({type(error).__name__}); "
            f"write module:function, with the module on Python's path."
        ) from error
    if found is None:
        raise ConfigError(
            f"features.functions: {place!r} names no function; write module:function."
        )
    return found


def _engine() -> Any:
    """Open an engine for each thread: expressions are small and come often."""
    if not hasattr(_engines, "backend"):
        _engines.backend = ibis.duckdb.connect(threads=1)
    return _engines.backend
