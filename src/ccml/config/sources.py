"""Where the data come from, one section per kind of table."""

from typing import Annotated, Literal

from pydantic import Field

from ccml.config.strict import StrictConfig

Reader = Literal["file", "csv", "parquet", "json", "anonymous_bank"]
Share = Annotated[float, Field(ge=0, le=1)]


class FileSource(StrictConfig):
    """Files of one kind and how to read them."""

    reader: Reader = Field(
        default="file",
        description="How to read: `file` goes by the file's ending, or a platform's name.",
    )
    path: str = Field(
        description="File, folder or glob, relative to the project folder."
    )
    separator: str | None = Field(
        default=None, description="CSV separator; found out when not given."
    )
    encoding: Literal["utf-8", "latin-1", "utf-16"] = Field(
        default="utf-8", description="Text encoding of CSV and JSON files."
    )
    time_zone: str | None = Field(
        default=None,
        description="Zone of time stamps that carry none; without it they are refused.",
    )
    max_bad_share: Share = Field(
        default=0.05,
        description="Stop when more than this share of the rows is set aside.",
    )


class CallsSource(FileSource):
    """The call log."""

    columns: dict[str, str] = Field(
        default_factory=dict,
        description="Canonical column: column of the export, for the generic readers.",
    )
    short_abandon_s: float = Field(
        default=5.0,
        ge=0,
        description="Abandons sooner than this are short, in seconds.",
    )


class CustomersSource(FileSource):
    """Customers of the CRM, one row per validity interval or per customer."""

    customer_id: str = Field(default="customer_id", description="Key column.")
    valid_from: str | None = Field(
        default=None, description="Column with the start of the row's validity."
    )
    valid_to: str | None = Field(
        default=None,
        description="Column with the end of validity; empty = still valid.",
    )
    known_at: str | None = Field(
        default=None, description="Column with the time the company knew the row."
    )
    current_only: bool = Field(
        default=False,
        description="The source holds only today's state; see i_know_this_leaks.",
    )
    i_know_this_leaks: bool = Field(
        default=False,
        description="Use today's attributes as features although they leak the future.",
    )
    attributes: list[str] = Field(
        default_factory=list, description="Columns to keep, as texts or numbers."
    )
    opted_out: str | None = Field(
        default=None, description="Column that says the customer refuses marketing."
    )
    do_not_call: str | None = Field(
        default=None, description="Column that says the customer must not be called."
    )


class PhonesSource(FileSource):
    """Phone numbers of customers, with their validity."""

    customer_id: str = Field(default="customer_id", description="Customer key column.")
    phone: str = Field(default="phone", description="Column with the number.")
    valid_from: str | None = Field(
        default=None, description="Start of validity column."
    )
    valid_to: str | None = Field(default=None, description="End of validity column.")
    known_at: str | None = Field(default=None, description="Known-at column.")


class EventSource(FileSource):
    """Any business events: bills, payments, tickets, visits, contacts, sales."""

    id: str = Field(description="Column that identifies the event.")
    key: str = Field(default="customer_id", description="Customer key column.")
    event_at: str = Field(description="Column with the time it happened.")
    known_at: str | None = Field(
        default=None, description="Column with the time it was known; default event_at."
    )
    measures: dict[str, str] = Field(
        default_factory=dict, description="Number column with its unit: export column."
    )
    categories: dict[str, str] | list[str] = Field(
        default_factory=list,
        description="Text columns to keep, renamed or as they are.",
    )
    times: dict[str, str] = Field(
        default_factory=dict, description="Further time columns: export column."
    )


class FlatSource(FileSource):
    """One row per thing, with a label column and no times."""

    rename: dict[str, str] = Field(
        default_factory=dict, description="New name: column of the file."
    )
    member: str | None = Field(
        default=None,
        description="File inside a zip archive; nested archives by outer.zip/inner.csv.",
    )
    drop_duplicates: bool = Field(
        default=True, description="Set exact copies of a row aside."
    )


class SourcesConfig(StrictConfig):
    """All sources of a project."""

    calls: CallsSource | None = Field(default=None, description="The call log.")
    customers: CustomersSource | None = Field(default=None, description="The CRM.")
    customer_phones: PhonesSource | None = Field(
        default=None, description="Phone numbers of customers."
    )
    events: dict[str, EventSource] = Field(
        default_factory=dict, description="Business event tables by name."
    )
    flat: dict[str, FlatSource] = Field(
        default_factory=dict, description="Flat tables by name."
    )


class IdentityConfig(StrictConfig):
    """How callers become customers."""

    key_variable: str = Field(
        default="CCML_PSEUDONYM_KEY",
        description="Environment variable with the pseudonym key (hex, 256 bits).",
    )
    key_file: str = Field(
        default=".ccml/pseudonym.key",
        description="File with the key when the variable is not set; `init` makes it.",
    )
    phone_region: str = Field(
        default="US",
        pattern="^[A-Z]{2}$",
        description="Country whose dialling rules hold for numbers without a prefix.",
    )
    internal_digits: int = Field(
        default=5, ge=0, description="Numbers of at most so many digits are internal."
    )
