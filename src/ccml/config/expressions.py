"""Conditions in configs: one boolean expression over columns, and nothing else."""

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
        "Tuple",
    ]
)


def parse_condition(text: str) -> Any:
    """Parse a condition into a sqlglot expression of allowed nodes only.

    Raises:
        ValueError: The text is not one expression, or uses something not allowed.
    """
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        statements = sqlglot.parse(f"SELECT 1 WHERE {text}", read="duckdb")
    except SqlglotError as error:
        raise ValueError("this is no condition such as \"status = 'open'\"") from error
    select = statements[0]
    used = {key for key, value in (select.args if select else {}).items() if value}
    if len(statements) != 1 or used != {"expressions", "where"} or select is None:
        raise ValueError("this must be one condition, without any other SQL")
    condition = select.args["where"].this
    for node in condition.walk():
        _check_node(node)
    return condition


def _check_node(node: Any) -> None:
    kind = type(node).__name__
    if kind not in ALLOWED_NODES:
        raise ValueError(
            f"{kind} is not allowed; a condition compares columns with values by "
            f"= <> < <= > >= in, between, like, is null, and, or, not"
        )
    if kind == "Column" and len(node.parts) != 1:
        raise ValueError("write column names without a table before them")


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
