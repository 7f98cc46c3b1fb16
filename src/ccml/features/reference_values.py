"""Conditions and expressions over one plain row, worked out without any engine."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlglot import expressions as sql

from ccml.config.expressions import parse_condition, parse_expression

Row = Mapping[str, Any]
_condition, _expression = lru_cache(parse_condition), lru_cache(parse_expression)


def meets(row: Row, text: str | None) -> bool:
    """Tell whether a row meets a condition; null is no."""
    return text is None or _value(_condition(text), row) is True


def value_of(row: Row, text: str) -> Any:
    """Work out an expression; null where a value that it needs is null."""
    return _value(_expression(text), row)


def _value(node: Any, row: Row) -> Any:
    if isinstance(node, sql.Literal):
        return node.name if node.is_string else _number(node.name.lower())
    if isinstance(node, sql.Boolean):
        return bool(node.this)
    if isinstance(node, sql.Column):
        return row[node.name]
    for kinds, work in FORMS:
        if isinstance(node, kinds):
            return work(node, row)
    return _of_values(node, row)


def _of_values(node: Any, row: Row) -> Any:
    """Work out what is null as soon as one of its values is."""
    values = [_value(child, row) for child in (node.this, node.args.get("expression"))
              if child is not None]  # fmt: skip
    return None if None in values else PLAIN[type(node)](*_alike(values))


def _number(text: str) -> float | int:
    return float(text) if "." in text or "e" in text else int(text)


def _alike(values: list[Any]) -> list[Any]:
    """Read texts as instants where they meet one."""
    if any(isinstance(value, datetime) for value in values):
        return [_instant(v) if isinstance(v, str) else v for v in values]
    return values


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _and(node: Any, row: Row) -> bool | None:
    both = [_value(node.this, row), _value(node.expression, row)]
    return False if False in both else None if None in both else True


def _or(node: Any, row: Row) -> bool | None:
    both = [_value(node.this, row), _value(node.expression, row)]
    return True if True in both else None if None in both else False


def _in(node: Any, row: Row) -> bool | None:
    value = _value(node.this, row)
    if value is None:
        return None
    listed = (_value(child, row) for child in node.expressions)
    return any(value == other for _, other in (_alike([value, o]) for o in listed))


def _between(node: Any, row: Row) -> bool | None:
    value, low, high = (_value(node.args[k], row) for k in ("this", "low", "high"))
    if value is None or low is None or high is None:
        return None
    value, low, high = _alike([value, low, high])
    return bool(low <= value <= high)


def _is(node: Any, row: Row) -> bool:
    value = _value(node.this, row)
    if isinstance(node.expression, sql.Null):
        return value is None
    return value is bool(node.expression.this)


def _like(node: Any, row: Row) -> bool | None:
    value = _value(node.this, row)
    if value is None:
        return None
    marks = {"%": ".*", "_": "."}
    pattern = "".join(marks.get(c, re.escape(c)) for c in node.expression.name)
    found = re.fullmatch(pattern, value, re.DOTALL) is not None
    return found != bool(node.args.get("negate"))


def _case(node: Any, row: Row) -> Any:
    for branch in node.args["ifs"]:
        if _value(branch.this, row) is True:
            return _value(branch.args["true"], row)
    other = node.args.get("default")
    return None if other is None else _value(other, row)


def _nullif(node: Any, row: Row) -> Any:
    value = _value(node.this, row)
    return None if value == _value(node.expression, row) else value


def _told(node: Any, row: Row) -> list[Any]:
    """List the values of a function's arguments that are not null, in their order."""
    values = (_value(child, row) for child in (node.this, *node.expressions))
    return [value for value in values if value is not None]


def _quotient(part: float, whole: float) -> float:
    if whole:
        return part / whole
    return math.copysign(math.inf, part) if part else math.nan


def _rounded(value: float) -> int:
    """Round halves away from zero."""
    whole = math.floor(abs(value))
    whole += abs(value) - whole >= 0.5
    return whole if value >= 0 else -whole


FORMS: list[tuple[Any, Callable[[Any, Row], Any]]] = [
    (sql.And, _and),
    (sql.Or, _or),
    (sql.In, _in),
    (sql.Between, _between),
    (sql.Is, _is),
    (sql.Like, _like),
    (sql.Case, _case),
    (sql.Nullif, _nullif),
    (sql.Coalesce, lambda node, row: next(iter(_told(node, row)), None)),
    (sql.Greatest, lambda node, row: max(_told(node, row), default=None)),
    (sql.Least, lambda node, row: min(_told(node, row), default=None)),
]
"""What null does not always make null."""

PLAIN: dict[type, Callable[..., Any]] = {
    sql.Paren: lambda value: value,
    sql.Not: lambda value: not value,
    sql.Neg: lambda value: -value,
    sql.Abs: abs,
    sql.Ln: lambda value: math.log(value) if value > 0 else None,
    sql.Round: _rounded,
    sql.EQ: lambda one, other: one == other,
    sql.NEQ: lambda one, other: one != other,
    sql.GT: lambda one, other: one > other,
    sql.GTE: lambda one, other: one >= other,
    sql.LT: lambda one, other: one < other,
    sql.LTE: lambda one, other: one <= other,
    sql.Add: lambda one, other: one + other,
    sql.Sub: lambda one, other: one - other,
    sql.Mul: lambda one, other: one * other,
    sql.Div: _quotient,
}
