"""Conditions and expressions of configs as Ibis expressions."""

import operator
from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.operations as ops
from sqlglot import expressions as sql

from ccml.config.expressions import parse_condition, parse_expression
from ccml.errors import ConfigError, unknown_name

UNFIT = (
    ibis.common.exceptions.IbisError,
    ibis.common.annotations.ValidationError,
    TypeError,
    ValueError,
    OverflowError,
)
"""What Ibis raises when values of different types meet."""

LOGICAL: dict[type, Callable[[Any, Any], Any]] = {
    sql.And: operator.and_,
    sql.Or: operator.or_,
}

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    sql.EQ: operator.eq,
    sql.NEQ: operator.ne,
    sql.GT: operator.gt,
    sql.GTE: operator.ge,
    sql.LT: operator.lt,
    sql.LTE: operator.le,
    sql.Add: operator.add,
    sql.Sub: operator.sub,
    sql.Mul: operator.mul,
    sql.Div: operator.truediv,
}

SPECIAL: dict[type, Callable[[Any, Any, Callable[[Any], Any]], Any]] = {
    sql.Paren: lambda _node, this, _inner: this,
    sql.Not: lambda _node, this, _inner: ~_boolean(this),
    sql.Neg: lambda _node, this, _inner: -this,
    sql.In: lambda node, this, inner: this.isin([inner(x) for x in node.expressions]),
    sql.Between: lambda node, this, inner: this.between(
        inner(node.args["low"]), inner(node.args["high"])
    ),
    sql.Is: lambda node, this, _inner: _is(this, node.expression),
    sql.Like: lambda node, this, _inner: _like(this, node),
    sql.Abs: lambda _node, this, _inner: this.abs(),
    sql.Ln: lambda _node, this, _inner: ibis.ifelse(this > 0, this, None).ln(),
    sql.Round: lambda _node, this, _inner: this.round(),
    sql.Nullif: lambda node, this, inner: this.nullif(inner(node.expression)),
    sql.Coalesce: lambda node, this, inner: ibis.coalesce(this, *_each(node, inner)),
    sql.Greatest: lambda node, this, inner: ibis.greatest(this, *_each(node, inner)),
    sql.Least: lambda node, this, inner: ibis.least(this, *_each(node, inner)),
}

BARE = (sql.Paren, sql.Not)
"""What may have `not` inside without more ado."""


def condition(table: ibis.Table, text: str | None, where: str) -> ibis.Value:
    """Build the filter that a condition means on a table.

    Args:
        table: The table whose columns it names.
        text: The condition; nothing keeps every row.
        where: Place in the config, for the error.

    Raises:
        ConfigError: The condition names a column that the table does not have, or
            compares values of different types.
    """
    if text is None:
        return ibis.literal(value=True)
    try:
        parsed = parse_condition(text)
    except ValueError as error:
        raise ConfigError(f"{where}: got {text!r}; {error}.") from error
    try:
        return _boolean(_translate(table, parsed, where))
    except UNFIT as error:
        raise ConfigError(
            f"{where}: the condition {text!r} does not fit the types of its columns; "
            f"compare texts with 'text', numbers with 1.5 and flags with true or false."
        ) from error


def expression(table: ibis.Table, text: str, where: str) -> ibis.Value:
    """Build the value that an expression gives for each row of a table.

    Args:
        table: The table whose columns it names.
        text: The expression.
        where: Place in the config, for the error.

    Raises:
        ConfigError: The expression names a column that the table does not have, or
            mixes values of different types.
    """
    try:
        return _translate(table, parse_expression(text), where)
    except UNFIT as error:
        raise ConfigError(
            f"{where}: the expression {text!r} does not fit the types of its columns; "
            f"count with numbers, and compare texts with 'text'."
        ) from error


def _translate(table: ibis.Table, node: Any, where: str) -> Any:
    def inner(child: Any) -> Any:
        return _translate(table, child, where)

    if type(node) in LOGICAL:
        left, right = _boolean(inner(node.this)), _boolean(inner(node.expression))
        return LOGICAL[type(node)](left, right)
    if type(node) in BINARY:
        left, right = inner(node.this), inner(node.expression)
        return BINARY[type(node)](_operand(left), _operand(right))
    if isinstance(node, sql.Column):
        if node.name not in table.columns:
            raise unknown_name("column", node.name, table.columns, where)
        return table[node.name]
    return _special(node, inner)


def _special(node: Any, inner: Callable[[Any], Any]) -> Any:
    if isinstance(node, sql.Case):
        return _case(node, inner)
    build = SPECIAL.get(type(node))
    if build is None:
        return _literal(node)
    this = inner(node.this)
    return build(node, this if type(node) in BARE else _operand(this), inner)


def _operand(value: Any) -> Any:
    """Turn `not x` into a case: Ibis writes NOT x IS NULL, which means NOT (x IS NULL)."""
    if not isinstance(value.op(), ops.Not):
        return value
    return ibis.cases((value, True), (value.op().arg.to_expr(), False))


def _each(node: Any, inner: Callable[[Any], Any]) -> list[Any]:
    return [inner(child) for child in node.expressions]


def _case(node: Any, inner: Callable[[Any], Any]) -> Any:
    if node.this is not None:
        raise TypeError("write `case when condition then value else value end`")
    branches = [
        (_boolean(inner(branch.this)), inner(branch.args["true"]))
        for branch in node.args["ifs"]
    ]
    other = node.args.get("default")
    return ibis.cases(*branches, else_=inner(other) if other is not None else None)


def _boolean(value: Any) -> Any:
    if not value.type().is_boolean():
        raise TypeError("no boolean")
    return value


def _is(value: Any, what: Any) -> Any:
    """`is` never gives null: nothing is neither true nor false."""
    if isinstance(what, sql.Null):
        return value.isnull()
    return (_boolean(value) == bool(what.this)).fill_null(False)


def _like(value: Any, node: Any) -> Any:
    found = value.like(node.expression.name)
    return ~found if node.args.get("negate") else found


def _literal(node: Any) -> Any:
    if isinstance(node, sql.Boolean):
        return ibis.literal(bool(node.this))
    if node.is_string:
        return ibis.literal(node.name)
    text = node.name.lower()
    return ibis.literal(float(text) if "." in text or "e" in text else int(text))
