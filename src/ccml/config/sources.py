"""Where the data come from, one section per kind of table."""

from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from ccml.config.contacts import ContactConfig
from ccml.config.crm import CrmConfig, CrmReader, refuse_mixed_levels, with_preset
from ccml.config.files import FileSource, PlatformReader, Reader
from ccml.config.strict import Name, StrictConfig
from ccml.config.switches import Switches
from ccml.config.table_columns import CALL_COLUMNS, CUSTOMER_COLUMNS, EVENT_COLUMNS
from ccml.errors import did_you_mean


def _call_column(name: str) -> str:
    if name not in CALL_COLUMNS:
        raise ValueError(
            f"calls have no column {name!r}.{did_you_mean(name, CALL_COLUMNS)} Known: "
            f"{sorted(CALL_COLUMNS)}"
        )
    return name


CallColumn = Annotated[str, AfterValidator(_call_column)]


class CallsSource(FileSource):
    """The call log."""

    reader: Reader | PlatformReader = Field(
        default="file",
        description="How to read: a platform's name, or `file` for a log of any make, "
        "one row per call.",
    )
    columns: dict[CallColumn, str] = Field(
        default_factory=dict,
        description="Canonical column: column of the export, for the generic readers.",
    )
    header: dict[str, str] = Field(
        default_factory=dict,
        description="Known column of the platform's export: its name in your file.",
    )
    switches: Switches = Field(
        default_factory=Switches,
        description="What cannot be known of the platform's export.",
    )
    short_abandon_s: float = Field(
        default=5.0,
        ge=0,
        description="Abandons sooner than this are short, in seconds.",
    )

    @model_validator(mode="after")
    def _columns_or_platform(self) -> Self:
        is_platform = self.reader in get_args(PlatformReader)
        if is_platform and self.columns:
            raise ValueError(
                f"columns: the reader {self.reader} knows its columns; write "
                f"`header` where your file names them otherwise"
            )
        if self.header and not is_platform:
            raise ValueError("header: only a platform's reader has known columns")
        return self


class CrmSource(FileSource):
    """Files of any make, or the export of a CRM whose columns are known."""

    reader: Reader | CrmReader = Field(
        default="file",
        description="How to read: `file` goes by the file's ending, or a CRM's export.",
    )
    header: dict[str, str] = Field(
        default_factory=dict,
        description="Known column of the CRM's export: its name in your file.",
    )
    crm: CrmConfig = Field(
        default_factory=CrmConfig,
        description="What cannot be known of the CRM's export.",
    )

    @model_validator(mode="after")
    def _header_of_crm(self) -> Self:
        if self.header and self.reader not in get_args(CrmReader):
            raise ValueError("header: only a CRM's reader has known columns")
        return self


class CustomersSource(CrmSource):
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

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: Any) -> Any:
        return with_preset("customers", given)

    @model_validator(mode="after")
    def _free_names(self) -> Self:
        taken = sorted(set(self.attributes) & set(CUSTOMER_COLUMNS))
        if taken:
            raise ValueError(f"attributes: {taken} are columns of every customer")
        return self


class PhonesSource(CrmSource):
    """Phone numbers of customers, with their validity."""

    customer_id: str = Field(default="customer_id", description="Customer key column.")
    phone: str = Field(default="phone", description="Column with the number.")
    phones: list[str] = Field(
        default_factory=list,
        description="Columns with a number each, instead of `phone`; every number that "
        "is given becomes a row.",
    )
    valid_from: str | None = Field(
        default=None, description="Start of validity column."
    )
    valid_to: str | None = Field(default=None, description="End of validity column.")
    known_at: str | None = Field(default=None, description="Known-at column.")

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: Any) -> Any:
        return with_preset("customer_phones", given)


class CallLinksSource(CrmSource):
    """Records of the CRM that name the platform's call and its customer (CTI)."""

    call_id: str = Field(
        default="call_id",
        description="Column with the platform's call id, with or without `<platform>:`.",
    )
    customer_id: str = Field(default="customer_id", description="Customer key column.")
    known_at: str = Field(description="Column with the time the record was made.")
    platform: str | None = Field(
        default=None,
        description="Platform whose call ids these are, where several could have made "
        "the same id.",
    )

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: Any) -> Any:
        return with_preset("call_links", given)


class CustomerKeysSource(FileSource):
    """Keys of the platform that are not those of the CRM, and their customers."""

    key: str = Field(description="Column with the customer key that calls carry.")
    customer_id: str = Field(default="customer_id", description="Customer key column.")
    known_at: str | None = Field(
        default=None, description="Known-at column; without it they were always known."
    )


class EventSource(CrmSource):
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
    contact: ContactConfig | None = Field(
        default=None, description="These events are contacts of the customer."
    )

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, given: Any) -> Any:
        return with_preset("events", given)

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
    drop_duplicates: bool = Field(
        default=True, description="Set exact copies of a row aside."
    )

    @model_validator(mode="after")
    def _read_whole(self) -> Self:
        if self.database and self.database.watermark:
            raise ValueError(
                "database.watermark: a flat table is read as a whole each time; take the "
                "watermark out"
            )
        return self


class SourcesConfig(StrictConfig):
    """All sources of a project."""

    calls: CallsSource | None = Field(default=None, description="The call log.")
    customers: CustomersSource | None = Field(default=None, description="The CRM.")
    customer_phones: PhonesSource | None = Field(
        default=None, description="Phone numbers of customers."
    )
    call_links: CallLinksSource | None = Field(
        default=None, description="CRM records that name calls by the platform's id."
    )
    customer_keys: CustomerKeysSource | None = Field(
        default=None, description="Which customer a platform's key stands for."
    )
    events: dict[Name, EventSource] = Field(
        default_factory=dict, description="Business event tables by name."
    )
    flat: dict[Name, FlatSource] = Field(
        default_factory=dict, description="Flat tables by name."
    )

    @model_validator(mode="after")
    def _one_level(self) -> Self:
        refuse_mixed_levels(self)
        return self
