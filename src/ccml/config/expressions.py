"""Conditions and expressions in configs: one expression over columns, nothing else."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator

ALLOWED_NODES = frozenset(
    [
        "And",
        "Or",
        "Not",
        "EQ",
        "NEQ",
        "GT",
        "GTE",
        "LT",
        "LTE",
        "In",
        "Between",
        "Is",
        "Null",
        "Like",
        "Paren",
        "Column",
        "Identifier",
        "Literal",
        "Boolean",
        "Neg",
        "Add",
        "Sub",
        "Mul",
        "Div",
    ]
)
FUNCTION_NODES = frozenset(
    ["Abs", "Case", "Coalesce", "Greatest", "If", "Least", "Ln", "Nullif", "Round"]
)
"""What an expression may hold beside what a condition may."""
KNOWN_PARTS = frozenset(
    [
        "this",
        "expression",
        "expressions",
        "low",
        "high",
        "quoted",
        "is_string",
        "negate",
        "safe",
        "typed",
        "ifs",
        "true",
        "default",
        "ignore_nulls",
    ]
)
"""Parts of nodes that are understood; a part that is not could turn the meaning round."""
MAX_LENGTH = 2_000
QUOTED_NAME = re.compile(r"\w[\w. ]*")


def parse_condition(text: str) -> Any:
    """Parse a condition into a sqlglot expression of allowed nodes only.

    Raises:
        ValueError: The text is not one expression, or uses something not allowed.
    """
    return _parsed(text, "condition", ALLOWED_NODES)


def parse_expression(text: str) -> Any:
    """Parse an expression that gives a value for each row.

    Raises:
        ValueError: The text is not one expression, or uses something not allowed.
    """
    return _parsed(text, "expression", ALLOWED_NODES | FUNCTION_NODES)


def _parsed(text: str, what: str, allowed: frozenset[str]) -> Any:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a condition has at most {MAX_LENGTH} characters")
    statements = _statements(text)
    select = statements[0]
    used = {key for key, value in (select.args if select else {}).items() if value}
    if len(statements) != 1 or used != {"expressions", "where"} or select is None:
        raise ValueError(f"this must be one {what}, without any other SQL")
    parsed = select.args["where"].this
    for node in parsed.walk():
        _check_node(node, what, allowed)
    return parsed


def _statements(text: str) -> list[Any]:
    import sqlglot
    from sqlglot.errors import SqlglotError

    query = f"SELECT 1 WHERE {text}"
    try:
        comments = any(t.comments for t in sqlglot.tokenize(query, read="duckdb"))
        statements = list(sqlglot.parse(query, read="duckdb"))
    except (SqlglotError, RecursionError) as error:
        raise ValueError("this is no condition such as \"status = 'open'\"") from error
    if comments:
        raise ValueError("comments are not allowed in a condition")
    return statements


def _check_node(node: Any, what: str, allowed: frozenset[str]) -> None:
    kind = type(node).__name__
    if kind not in allowed:
        raise ValueError(f"{kind} is not allowed; {WHAT_IS_ALLOWED[what]}")
    unknown = {part for part, value in node.args.items() if value} - KNOWN_PARTS
    if unknown:
        raise ValueError(f"{kind} with {sorted(unknown)} is not allowed")
    for form, (is_bad, what_to_write) in FORMS.items():
        if kind == form and is_bad(node):
            raise ValueError(what_to_write)


WHAT_IS_ALLOWED = {
    "condition": "a condition compares columns with values by = <> < <= > >= in, "
    "between, like, is null, and, or, not",
    "expression": "an expression counts with columns by + - * /, comparisons, case, "
    "coalesce, nullif, greatest, least, abs, ln and round",
}


def _is_kind(node: Any, *kinds: str) -> bool:
    return type(node).__name__ in kinds


FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Column": (
        lambda node: len(node.parts) != 1,
        "write column names without a table before them",
    ),
    "Identifier": (
        lambda node: node.args.get("quoted") and not QUOTED_NAME.fullmatch(node.name),
        "a quoted column name holds letters, digits, dots and blanks only",
    ),
    "Null": (
        lambda node: not _is_kind(node.parent, "Is"),
        "compare with null by `is null` or `is not null`",
    ),
    "Is": (
        lambda node: not _is_kind(node.expression, "Null", "Boolean"),
        "`is` stands before null, not null, true or false only",
    ),
    "Like": (
        lambda node: not node.expression.is_string,
        "`like` needs a text in single quotes",
    ),
    "In": (
        lambda node: not node.expressions,
        "`in` needs a list of values, as in status in ('open', 'new')",
    ),
}
"""Allowed nodes of which one form is not: what is bad, and what to write instead."""


def check_condition(text: str) -> str:
    """Return the condition unchanged if it may be used."""
    parse_condition(text)
    return text


def condition_columns(text: str) -> list[str]:
    """List the columns that a condition reads, sorted."""
    from sqlglot import expressions

    found = parse_condition(text).find_all(expressions.Column)
    return sorted({column.name for column in found})


Condition = Annotated[str, AfterValidator(check_condition)]


def check_expression(text: str) -> str:
    """Return the expression unchanged if it may be used."""
    parse_expression(text)
    return text


def expression_columns(text: str) -> list[str]:
    """List the columns that an expression reads, sorted."""
    from sqlglot import expressions

    found = parse_expression(text).find_all(expressions.Column)
    return sorted({column.name for column in found})


Expression = Annotated[str, AfterValidator(check_expression)]
