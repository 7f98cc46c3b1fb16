"""Who is described and when (spines), and by what (features)."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ccml.config.expressions import Condition
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
        default_factory=list, description="Number columns: sum, mean and maximum."
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
    where: Condition | None = Field(
        default=None, description="Use only these events of the table."
    )
    windows_days: list[Days] | None = Field(
        default=None, description="Windows of this table; default: those of `features`."
    )

    @model_validator(mode="after")
    def _recency_of_categories(self) -> Self:
        unknown = sorted({*self.recency} - {*self.categories, *self.values})
        if unknown:
            raise ValueError(f"`recency` names {unknown}; name categories of the table")
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
