"""Conditions in configs: one boolean expression over columns, and nothing else."""

from typing import Annotated

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
        "Tuple",
    ]
)


def parse_condition(text: str) -> "object":
    """Parse a condition into a sqlglot expression of allowed nodes only.

    Raises:
        ValueError: The text is not one expression, or uses something not allowed.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        statements = sqlglot.parse(f"SELECT 1 WHERE {text}", read="duckdb")
    except SqlglotError as error:
        raise ValueError(
            f"{text!r} is not a condition such as \"status = 'open'\""
        ) from error
    where = statements[0].args.get("where") if statements[0] else None
    extra = set(statements[0].args) if statements[0] else set()
    used = {k for k in extra if statements[0] and statements[0].args.get(k)}
    if len(statements) != 1 or where is None or not used <= {"expressions", "where"}:
        raise ValueError(f"{text!r} must be one condition, without any other SQL")
    condition = where.this
    for node in condition.walk():
        if type(node).__name__ not in ALLOWED_NODES:
            raise ValueError(
                f"{text!r} uses {type(node).__name__}; a condition may compare columns "
                f"with values by = <> < <= > >= in, between, like, is null, and, or, not"
            )
        if type(node).__name__ == "Column" and len(node.parts) != 1:
            raise ValueError(
                f"{text!r}: write column names without a table before them"
            )
    return condition


def check_condition(text: str) -> str:
    """Return the condition unchanged if it may be used."""
    parse_condition(text)
    return text


def condition_columns(text: str) -> list[str]:
    """List the columns that a condition reads, sorted."""
    from sqlglot import expressions

    found = parse_condition(text).find_all(expressions.Column)  # type: ignore[attr-defined]
    return sorted({column.name for column in found})


Condition = Annotated[str, AfterValidator(check_condition)]
