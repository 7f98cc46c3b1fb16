"""A database as the origin of a source."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from ccml.config.addresses import Address, parse_address
from ccml.config.queries import check_query
from ccml.config.strict import StrictConfig

FILE_READERS = frozenset(["csv", "excel", "json", "parquet"])


class DatabaseConfig(StrictConfig):
    """One table or query of a database, which is only ever read."""

    url: SecretStr = Field(
        description="Address such as postgresql://user@host:5432/name; with a password "
        "in it, as ${env:NAME} only. Also mysql, mariadb, sqlite, duckdb."
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password as ${env:NAME}, taken as it is; instead of one in the url.",
    )
    table: str | None = Field(
        default=None,
        description="Table or view, with its schema before a dot if needed.",
    )
    query: str | None = Field(
        default=None, description="One SELECT statement, instead of `table`."
    )
    batch_rows: int = Field(
        default=100_000, ge=1, le=5_000_000, description="Rows that are held at a time."
    )
    watermark: str | None = Field(
        default=None,
        description="Column with the time or number of a row's last change; later runs "
        "read only rows from the greatest one on that was seen.",
    )
    overlap_minutes: float = Field(
        default=15,
        ge=0,
        description="So long before a watermark that is a time, rows are read again, for "
        "what was being written at the time.",
    )
    timeout_s: int = Field(
        default=3600,
        ge=0,
        description="Longest time of one reading in seconds; 0 is without end.",
    )
    connect_timeout_s: int = Field(
        default=10, ge=1, description="Longest wait for the server in seconds."
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: SecretStr) -> SecretStr:
        parse_address(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either `table` or `query`")
        if self.table is not None and not all(table_parts(self.table)):
            raise ValueError("table: write a name, or schema.name")
        if self.query is not None:
            check_query(self.query, self.address.kind)
        return self

    @property
    def address(self) -> Address:
        """Where the database is, and who logs in."""
        address = parse_address(self.url.get_secret_value())
        if self.password is None:
            return address
        values = vars(address) | {"password": self.password.get_secret_value()}
        return Address(**values)

    @property
    def label(self) -> str:
        """What the user knows the rows by; neither host nor login."""
        return f"database:{self.table or 'query'}"


def table_parts(table: str) -> list[str]:
    """Cut a name at its dots; a part with a sign that cannot be printed is empty."""
    return [part if part.isprintable() else "" for part in table.split(".")]


def one_origin(path: str, reader: str, database: DatabaseConfig | None) -> None:
    """Check that a source has one origin, and that its reader can read it.

    Raises:
        ValueError: It has none, or two, or a file's reader for a database.
    """
    if "://" in path:
        raise ValueError(
            "path: this is the address of a database; put it into an environment "
            "variable and write `database: {url: ${env:NAME}, table: ...}`"
        )
    if bool(path) == (database is not None):
        raise ValueError("give either `path` or `database`")
    if database is not None and reader in FILE_READERS:
        raise ValueError(f"reader: {reader} reads files; take it out for a database")
    if database is None and reader == "database":
        raise ValueError("reader: database needs a `database` section")
