"""Queries in configs: one SELECT, and nothing that writes, waits or opens files."""

import re
from typing import Any

DIALECTS = {
    "duckdb": "duckdb",
    "mysql": "mysql",
    "postgresql": "postgres",
    "sqlite": "sqlite",
}
MAX_LENGTH = 20_000
BEGINNING = re.compile(r"\s*\(*\s*(select|with)\b", re.IGNORECASE)
UNICODE_QUOTES = re.compile(r"\bU&\s*['\"]", re.IGNORECASE)
FORBIDDEN = (
    "Command",
    "DDL",
    "DML",
    "Alter",
    "Analyze",
    "Attach",
    "Copy",
    "Detach",
    "Drop",
    "Into",
    "Lock",
    "Merge",
    "Parameter",
    "Placeholder",
    "Pragma",
    "SessionParameter",
    "Set",
    "Use",
    "NextValueFor",
    "OpenJSON",
    "ReadCSV",
    "ReadParquet",
    "ToFile",
    "VectorSearch",
    "XMLTable",
)
"""Parts of SQL that change something, lock rows, take parameters or read files."""
PREFIXES = ("AI", "ML")
"""Functions that call services begin so."""
FUNCTIONS = frozenset(
    [
        "age",
        "bool_and",
        "bool_or",
        "btrim",
        "datetime",
        "format",
        "from_unixtime",
        "generate_series",
        "inet_ntoa",
        "json_array_elements",
        "json_array_elements_text",
        "json_build_object",
        "json_each",
        "json_each_text",
        "json_unquote",
        "jsonb_array_elements",
        "jsonb_array_elements_text",
        "jsonb_build_object",
        "jsonb_each",
        "jsonb_each_text",
        "julianday",
        "make_interval",
        "make_timestamptz",
        "num_nonnulls",
        "num_nulls",
        "printf",
        "sec_to_time",
        "time_to_sec",
        "timezone",
        "to_number",
        "total",
        "typeof",
        "unix_timestamp",
    ]
)
"""Functions that the parser does not know, and which are harmless."""


def check_query(text: str, kind: str) -> None:
    """Check that a query does nothing but read tables.

    Args:
        text: The query.
        kind: Kind of database: postgresql, mysql, sqlite or duckdb.

    Raises:
        ValueError: It is something else; the message says what.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"query: a query has at most {MAX_LENGTH:,} characters")
    if not BEGINNING.match(text) or UNICODE_QUOTES.search(text):
        raise ValueError("query: this must be one SELECT statement")
    root = _parse(text, DIALECTS[kind])
    for node in root.walk():
        _check_node(node)


def _parse(text: str, dialect: str) -> Any:
    import sqlglot
    from sqlglot import expressions
    from sqlglot.errors import SqlglotError

    try:
        comments = any(t.comments for t in sqlglot.tokenize(text, read=dialect))
        statements = list(sqlglot.parse(text, read=dialect))
    except (SqlglotError, RecursionError):
        raise ValueError(f"query: this is no SELECT statement of {dialect}") from None
    if comments:
        raise ValueError(
            "query: comments are not allowed, since some databases execute them; write "
            "them into the YAML, behind a #"
        )
    if len(statements) != 1:
        raise ValueError("query: one SELECT statement only, without a ; in it")
    root = statements[0]
    if not isinstance(root, expressions.Query):
        raise ValueError("query: this must be one SELECT statement")
    return root


def _check_node(node: Any) -> None:
    from sqlglot import expressions

    for name in FORBIDDEN:
        kind = getattr(expressions, name, None)
        if kind is not None and isinstance(node, kind):
            raise ValueError(
                f"query: {name} is not allowed; a query reads tables and nothing else"
            )
    if isinstance(node, expressions.Table) and node.args.get("this") is not None:
        _check_table(node)
    is_other = isinstance(node, expressions.Anonymous | expressions.AnonymousAggFunc)
    if is_other and node.name.lower() not in FUNCTIONS:
        raise ValueError(
            f"query: the function {node.name[:40]!r} is not among those that are known to "
            f"be harmless; put it into a view of the database and name that as `table`"
        )
    if type(node).__name__.startswith(PREFIXES) and type(node).__name__[2:3].isupper():
        raise ValueError(f"query: {type(node).__name__} calls a service; take it out")


def _check_table(node: Any) -> None:
    """Refuse names that are files, such as 'calls.csv'."""
    for part in node.parts:
        if re.search(r"[./\\:*?]", part.name):
            raise ValueError(
                "query: a table's name holds no dots, slashes or wildcards of its own; "
                "such a name could be a file"
            )
