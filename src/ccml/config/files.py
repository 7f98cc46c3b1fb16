"""What every source has: files or a database, and how they are read."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccml.config.crm import CrmReader
from ccml.config.databases import DatabaseConfig, one_origin
from ccml.config.strict import StrictConfig
from ccml.config.zones import Zone

Reader = Literal["file", "csv", "parquet", "json", "excel", "database"]
PlatformReader = Literal[
    "anonymous_bank",
    "amazon_connect",
    "asterisk_cdr",
    "asterisk_queue_log",
    "avaya",
    "callrail",
    "cxone",
    "cxone_download",
    "five9",
    "genesys_cloud",
    "genesys_interactions",
    "talkdesk_calls",
    "talkdesk_contacts",
    "twilio",
]
AnyReader = Reader | PlatformReader | CrmReader
Encoding = Literal[
    "utf-8",
    "utf-16",
    "latin-1",
    "iso-8859-2",
    "iso-8859-15",
    "windows-1250",
    "windows-1251",
    "windows-1252",
]
Share = Annotated[float, Field(ge=0, le=1)]


class FileSource(StrictConfig):
    """Files of one kind and how to read them."""

    reader: AnyReader = Field(
        default="file",
        description="How to read: `file` goes by the file's ending, or a platform's name.",
    )
    path: str = Field(
        default="",
        description="File, folder or glob, relative to the project folder.",
    )
    database: DatabaseConfig | None = Field(
        default=None, description="A table or query of a database, instead of `path`."
    )
    separator: str | None = Field(
        default=None, description="CSV separator; found out when not given."
    )
    encoding: Encoding = Field(
        default="utf-8",
        description="Text encoding of CSV and JSON files; a byte order mark goes first.",
    )
    header_row: int = Field(
        default=1,
        ge=1,
        description="Line of the header in CSV files and sheets; lines above it, such as "
        "a report's title, are not read.",
    )
    member: str | None = Field(
        default=None,
        description="File inside a zip archive, or a pattern; nested archives by "
        "outer.zip/inner.csv. Default: all members that are data.",
    )
    sheet: str | int | None = Field(
        default=None,
        description="Sheet of a workbook, by name or by number from 1; default: the only "
        "visible one that is not empty.",
    )
    max_line_mb: float = Field(
        default=2.0,
        ge=1,
        le=1024,
        description="Longest line of a CSV file in MB; longer ones are set aside.",
    )
    time_zone: Zone | None = Field(
        default=None,
        description="Zone of time stamps that carry none; without it they are refused.",
    )
    max_bad_share: Share = Field(
        default=0.05,
        description="Stop when more than this share of the rows is set aside.",
    )
    max_age_days: float | None = Field(
        default=None,
        ge=0,
        description="Stop when the newest row is older than this before the end of the "
        "data; without it the age is only told.",
    )
    max_orphan_share: Share = Field(
        default=0.5,
        description="Stop when more than this share of the rows names a customer that "
        "the customers' source does not have.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        one_origin(self.path, self.reader, self.database)
        return self
