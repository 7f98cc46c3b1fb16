"""What a database complains of, as one sentence without any value or login of it."""

from ccml.config.databases import DatabaseConfig
from ccml.errors import CcmlError, ConfigError, DataError, did_you_mean
from ccml.sources.databases_driver import Fault

SENTENCES: dict[Fault, tuple[str, str]] = {
    "login": (
        "url",
        "the server refused the login; check the user and the password in the "
        "environment variable that the config names.",
    ),
    "host": (
        "url",
        "no server answers there; check host and port, and that this machine may reach "
        "them.",
    ),
    "database": (
        "url",
        "there is no such database; check the name at the end of the url.",
    ),
    "permission": (
        "{what}",
        "the login may not read it; have SELECT on it granted, or use another login.",
    ),
    "table": (
        "query",
        "it names a table or schema that is not there; check the names.",
    ),
    "column": (
        "query",
        "it names a column or function that is not there; check the names.",
    ),
    "twice": (
        "query",
        "two of its columns have one name, capitals apart; give one of them another by "
        "`as` in a query.",
    ),
    "query": (
        "query",
        "the database does not accept it; run it there and mend it.",
    ),
    "write": (
        "query",
        "it would change something, which a reading connection must not; take that out.",
    ),
    "busy": (
        "url",
        "the database is locked by another program, or takes no more connections; try "
        "again later.",
    ),
    "timeout": (
        "timeout_s",
        "the reading was stopped after this time, {timeout} s, or by the server; raise "
        "it, or read less at a time by a watermark.",
    ),
    "gone": (
        "url",
        "the connection broke after {rows:,} rows; run the command again.",
    ),
    "encoding": (
        "{what}",
        "it holds a text that is not in the encoding that the database promises; mend "
        "the text, or read the column by a query that converts it.",
    ),
    "value": (
        "{what}",
        "it holds a value that its type cannot give (after {rows:,} rows); convert the "
        "column in a query.",
    ),
    "unknown": (
        "url",
        "the database could not be read (after {rows:,} rows); try the login and the "
        "query with the database's own program.",
    ),
}
LATER = frozenset(["busy", "encoding", "gone", "timeout", "unknown", "value"])
"""Faults of the data or of the moment, not of the config."""


def fault_error(
    fault: Fault, database: DatabaseConfig, place: str, rows: int = 0
) -> CcmlError:
    """Build the error for a fault of a database.

    Args:
        fault: What is wrong.
        database: The section of the config.
        place: Where the source stands in the config.
        rows: How many rows had been read.
    """
    key, sentence = SENTENCES[fault]
    what = "table" if database.table else "query"
    key = key.format(what=what) if key != "query" else what
    text = sentence.format(rows=rows, timeout=database.timeout_s)
    kind = DataError if fault in LATER else ConfigError
    return kind(f"{place}.database.{key}: {text}")


def no_table(database: DatabaseConfig, place: str, tables: list[str]) -> ConfigError:
    """Build the error for a table that is not there."""
    hint = did_you_mean(str(database.table), tables)
    return ConfigError(
        f"{place}.database.table: no table or view {database.table!r} that this login "
        f"may see.{hint} There are {len(tables)}; write schema.name if it is in a schema."
    )


def no_watermark(
    database: DatabaseConfig, place: str, columns: list[str]
) -> ConfigError:
    """Build the error for a watermark that is no column."""
    name = str(database.watermark)
    return ConfigError(
        f"{place}.database.watermark: {database.label} has no column {name!r}."
        f"{did_you_mean(name, columns)} Its columns: {sorted(columns)[:60]}."
    )


def missing_library(kind: str, place: str) -> ConfigError:
    """Build the error for a library that is not installed."""
    return ConfigError(
        f"{place}.database.url: {kind} needs `pip install 'ccml[databases]'`."
    )
