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
    match node:
        case sql.Paren():
            return inner(node.this)
        case sql.Not():
            return ~inner(node.this)
        case sql.Neg():
            return -inner(node.this)
        case sql.In():
            return inner(node.this).isin([inner(item) for item in node.expressions])
        case sql.Between():
            return inner(node.this).between(
                inner(node.args["low"]), inner(node.args["high"])
            )
        case sql.Is():
            return inner(node.this).isnull()
        case sql.Like():
            return inner(node.this).like(node.expression.name)
        case _:
            return _literal(node)


def _literal(node: Any) -> Any:
    if isinstance(node, sql.Boolean):
        return ibis.literal(bool(node.this))
    if node.is_string:
        return ibis.literal(node.name)
    text = node.name
    return ibis.literal(float(text) if "." in text or "e" in text else int(text))
