"""Conditions in configs: one boolean expression over columns, and nothing else."""

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
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a condition has at most {MAX_LENGTH} characters")
    statements = _statements(text)
    select = statements[0]
    used = {key for key, value in (select.args if select else {}).items() if value}
    if len(statements) != 1 or used != {"expressions", "where"} or select is None:
        raise ValueError("this must be one condition, without any other SQL")
    condition = select.args["where"].this
    for node in condition.walk():
        _check_node(node)
    return condition


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


def _check_node(node: Any) -> None:
    kind = type(node).__name__
    if kind not in ALLOWED_NODES:
        raise ValueError(
            f"{kind} is not allowed; a condition compares columns with values by "
            f"= <> < <= > >= in, between, like, is null, and, or, not"
        )
    unknown = {part for part, value in node.args.items() if value} - KNOWN_PARTS
    if unknown:
        raise ValueError(f"{kind} with {sorted(unknown)} is not allowed")
    for form, (is_bad, what_to_write) in FORMS.items():
        if kind == form and is_bad(node):
            raise ValueError(what_to_write)


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
