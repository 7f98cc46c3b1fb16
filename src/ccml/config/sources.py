"""Where the data come from, one section per kind of table."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from ccml.config.strict import Name, StrictConfig
from ccml.errors import did_you_mean

CALL_COLUMNS = (
    "call_id",
    "customer_phone",
    "customer_phone_outbound",
    "dialed_number",
    "customer_key",
    "direction",
    "channel",
    "started_at",
    "ended_at",
    "known_at",
    "queue",
    "last_queue",
    "skill",
    "first_agent_id",
    "agent_id",
    "n_agents",
    "reason",
    "disposition",
    "system_outcome",
    "ivr_s",
    "wait_s",
    "requeue_wait_s",
    "ring_s",
    "talk_s",
    "hold_s",
    "wrap_s",
    "consult_s",
    "handle_s",
    "duration_s",
    "queued",
    "answered",
    "ivr_only",
    "abandoned",
    "short_abandon",
    "flow_out",
    "transferred",
    "n_transfers",
    "transfer_type",
    "callback",
    "callback_of",
    "voicemail",
    "csat",
    "nps",
    "ces",
    "quality_score",
    "source",
    "medium",
    "campaign",
    "keyword",
    "click_id",
    "is_first_call",
    "region",
    "priority",
)
"""What `sources.calls.columns` may name."""

EVENT_COLUMNS = ("event_id", "customer_id", "event_at", "known_at", "source_file")
"""What every event table holds already."""


CUSTOMER_COLUMNS = (
    "customer_id",
    "valid_from",
    "valid_to",
    "known_at",
    "opted_out",
    "do_not_call",
    "source_file",
)
"""What customers hold beside their attributes."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone such as Europe/Warsaw") from error
    return name


def _call_column(name: str) -> str:
    if name not in CALL_COLUMNS:
        raise ValueError(
            f"calls have no column {name!r}.{did_you_mean(name, CALL_COLUMNS)} Known: "
            f"{sorted(CALL_COLUMNS)}"
        )
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
CallColumn = Annotated[str, AfterValidator(_call_column)]
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
    time_zone: Zone | None = Field(
        default=None,
        description="Zone of time stamps that carry none; without it they are refused.",
    )
    max_bad_share: Share = Field(
        default=0.05,
        description="Stop when more than this share of the rows is set aside.",
    )


class CallsSource(FileSource):
    """The call log."""

    columns: dict[CallColumn, str] = Field(
        default_factory=dict,
        description="Canonical column: column of the export, for the generic readers.",
    )
    short_abandon_s: float = Field(
        default=5.0,
        ge=0,
        description="Abandons sooner than this are short, in seconds.",
    )

    @model_validator(mode="after")
    def _columns_or_platform(self) -> Self:
        if self.reader == "anonymous_bank" and self.columns:
            raise ValueError("columns: the reader anonymous_bank knows its columns")
        return self


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

    @model_validator(mode="after")
    def _free_names(self) -> Self:
        taken = sorted(set(self.attributes) & set(CUSTOMER_COLUMNS))
        if taken:
            raise ValueError(f"attributes: {taken} are columns of every customer")
        return self


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

    id: str = Field(description="Column that identifies the event; stored as event_id.")
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
    flags: dict[str, str] | list[str] = Field(
        default_factory=list,
        description="True/false columns to keep, renamed or as they are.",
    )
    times: dict[str, str] = Field(
        default_factory=dict, description="Further time columns: export column."
    )

    @model_validator(mode="after")
    def _columns_once(self) -> Self:
        kept = [*EVENT_COLUMNS, *self.measures, *self.times]
        kept += [*self.categories, *self.flags]
        twice = sorted({name for name in kept if kept.count(name) > 1})
        if twice:
            raise ValueError(f"the columns {twice} are given twice; rename one of each")
        return self


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
    events: dict[Name, EventSource] = Field(
        default_factory=dict, description="Business event tables by name."
    )
    flat: dict[Name, FlatSource] = Field(
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
