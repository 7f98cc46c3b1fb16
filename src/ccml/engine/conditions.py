"""Conditions of configs as Ibis expressions."""

import operator
from collections.abc import Callable
from typing import Any

import ibis
from sqlglot import expressions as sql

from ccml.config.expressions import parse_condition
from ccml.errors import unknown_name

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    sql.And: operator.and_,
    sql.Or: operator.or_,
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
    sql.Not: lambda _node, this, _inner: ~this,
    sql.Neg: lambda _node, this, _inner: -this,
    sql.In: lambda node, this, inner: this.isin([inner(x) for x in node.expressions]),
    sql.Between: lambda node, this, inner: this.between(
        inner(node.args["low"]), inner(node.args["high"])
    ),
    sql.Is: lambda _node, this, _inner: this.isnull(),
    sql.Like: lambda node, this, _inner: this.like(node.expression.name),
}


def condition(table: ibis.Table, text: str | None, where: str) -> ibis.Value:
    """Build the filter that a condition means on a table.

    Args:
        table: The table whose columns it names.
        text: The condition; nothing keeps every row.
        where: Place in the config, for the error.

    Raises:
        ConfigError: The condition names a column that the table does not have.
    """
    if text is None:
        return ibis.literal(value=True)
    return _translate(table, parse_condition(text), where)


def _translate(table: ibis.Table, node: Any, where: str) -> Any:
    def inner(child: Any) -> Any:
        return _translate(table, child, where)

    if type(node) in BINARY:
        return BINARY[type(node)](inner(node.this), inner(node.expression))
    if isinstance(node, sql.Column):
        if node.name not in table.columns:
            raise unknown_name("column", node.name, table.columns, where)
        return table[node.name]
    return _special(node, inner)


def _special(node: Any, inner: Callable[[Any], Any]) -> Any:
    build = SPECIAL.get(type(node))
    return build(node, inner(node.this), inner) if build else _literal(node)


def _literal(node: Any) -> Any:
    if isinstance(node, sql.Boolean):
        return ibis.literal(bool(node.this))
    if node.is_string:
        return ibis.literal(node.name)
    text = node.name
    return ibis.literal(float(text) if "." in text or "e" in text else int(text))
