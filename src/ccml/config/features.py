"""Who is described and when (spines), and by what (features)."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccml.config.expressions import Condition, Expression
from ccml.config.strict import StrictConfig

Days = Annotated[int, Field(gt=0, le=3660)]


class SpineConfig(StrictConfig):
    """Customers at regular cutoffs, or the moment of each event of a table."""

    every: Literal["month", "week"] | None = Field(
        default=None, description="Regular cutoffs; one row per customer and cutoff."
    )
    each: str | None = Field(
        default=None, description="Table whose every event makes a row (calls, ...)."
    )
    at: str = Field(
        default="event_at",
        description="Column of the event that is the cutoff: ended_at for calls.",
    )
    where: Condition | None = Field(
        default=None,
        description="Which events make a row, or which customers are eligible.",
    )
    own: list[str] = Field(
        default_factory=list,
        description="Columns of the event itself that are known at its cutoff.",
    )
    first: date | None = Field(
        default=None, description="First cutoff day; default: after the longest window."
    )
    last: date | None = Field(
        default=None, description="Last cutoff day; default: the end of the data."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.every is None) == (self.each is None):
            raise ValueError("give either `every` (month, week) or `each` (a table)")
        if self.every and self.own:
            raise ValueError("`own` belongs to spines with `each`")
        return self


class TableFeatures(StrictConfig):
    """What of one event table is described over every window."""

    measures: list[str] = Field(
        default_factory=list, description="Number columns, described by `statistics`."
    )
    statistics: list[Literal["sum", "mean", "min", "max", "std"]] = Field(
        default=["sum", "mean", "max"], description="What is told of each measure."
    )
    flags: list[str] = Field(
        default_factory=list, description="True/false columns: how many were true."
    )
    categories: list[str] = Field(
        default_factory=list, description="Text columns: how many of each value."
    )
    values: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Values to count per category; default: the most frequent ones "
        "before the first cutoff.",
    )
    recency: list[str] = Field(
        default_factory=list,
        description="Categories of which the days since each value was last seen count.",
    )
    last: list[str] = Field(
        default_factory=list, description="Columns whose latest value is a feature."
    )
    shares: list[str] = Field(
        default_factory=list,
        description="Flags and categories of which the share among events counts, too.",
    )
    distinct: list[str] = Field(
        default_factory=list,
        description="Text columns: how many different values (agents, queues).",
    )
    switches: list[str] = Field(
        default_factory=list,
        description="Text columns: how often the value changed from event to event.",
    )
    streaks: list[str] = Field(
        default_factory=list,
        description="Flags: how many of the newest events in a row were true.",
    )
    pauses: bool = Field(
        default=False,
        description="Times between events in a window: mean, least and spread.",
    )
    chain_days: float | None = Field(
        default=None,
        gt=0,
        description="Length of the running chain, in which each event comes at most so "
        "many days after the one before.",
    )
    profile: bool = Field(
        default=False,
        description="Shares of events by part of the day and on weekends, site time.",
    )
    rates: bool = Field(
        default=False,
        description="Events per 30 days of the window in which the customer was known.",
    )
    trends: bool = Field(
        default=False,
        description="Change of the rate: each window against the next longer one.",
    )
    none_before: bool = Field(
        default=False, description="Whether no event of the table came before."
    )
    after: dict[str, Days] = Field(
        default_factory=dict,
        description="Other tables and days: how many events came so soon after an event "
        "there that was known by then (calls within 7 days of a bill).",
    )
    columns: dict[str, Expression] = Field(
        default_factory=dict,
        description="Columns of your own, as expressions over the event: long_wait: "
        '"wait_s > 300".',
    )
    where: Condition | None = Field(
        default=None, description="Use only these events of the table."
    )
    windows_days: list[Days] | None = Field(
        default=None, description="Windows of this table; default: those of `features`."
    )

    @model_validator(mode="after")
    def _named_before(self) -> Self:
        categories = {*self.categories, *self.values}
        for key, names, known in (
            ("recency", self.recency, categories),
            ("shares", self.shares, {*categories, *self.flags}),
        ):
            unknown = sorted({*names} - known)
            if unknown:
                raise ValueError(
                    f"`{key}` names {unknown}; name categories of the table"
                )
        return self


class FeaturesConfig(StrictConfig):
    """Features of every spine."""

    windows_days: list[Days] = Field(
        default=[7, 30, 90, 365], min_length=1, description="Trailing windows in days."
    )
    tables: dict[str, TableFeatures] = Field(
        default_factory=dict, description="Event tables and what is described of each."
    )
    attributes: list[str] = Field(
        default_factory=list, description="Customer attributes as of the cutoff."
    )
    top_values: int = Field(
        default=8, gt=0, description="Values counted per category at the most."
    )
    calendar: bool = Field(
        default=True, description="Hour and weekday of the cutoff, for event spines."
    )
    ages: list[str] = Field(
        default_factory=list,
        description="Attributes of which the days since they took their value count.",
    )
    exposure: bool = Field(
        default=False,
        description="Days of each window in which the customer was known.",
    )
    own: dict[str, Expression] = Field(
        default_factory=dict,
        description="Features of your own, as expressions over other features: "
        'wait_per_call: "calls_wait_s_sum_30d / nullif(calls_30d, 0)".',
    )
    functions: list[str] = Field(
        default_factory=list,
        description="Features of your own in Python, as module:function; see "
        "docs/features.md.",
    )
