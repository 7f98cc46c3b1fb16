"""The `label` of a predictor: what is looked for after each cutoff."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, WithJsonSchema, model_validator

from ccml.config.expressions import Condition
from ccml.config.strict import StrictConfig

CALLS = "calls"
DAYS = {"type": "integer", "exclusiveMinimum": 0}
ONE_OR_MORE = {"anyOf": [DAYS, {"type": "array", "items": DAYS, "minItems": 1}]}
"""What a config may hold; a list is spread before it is checked (`horizons.py`)."""


class RepeatsConfig(StrictConfig):
    """Which later calls are repeats, by the rules of the repeat-call rate (`kpis`)."""

    same: Literal["reason", "queue"] | None = Field(
        default=None,
        description="Only a call with the same one as the spine's call is a repeat; "
        "calls that do not tell theirs take no part.",
    )
    families: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Values of `same` that count as one, for example billing: [bill, "
        "payment]; a value that stands in none is a family of its own.",
    )
    merge_redials_minutes: float = Field(
        default=10.0,
        ge=0,
        description="Merge a call with the same customer's call this soon after it, "
        "counted from start to start; 0 = every call counts.",
    )
    continued_within_s: float = Field(
        default=30.0,
        ge=0,
        description="A call that starts at most so long after the end of the customer's "
        "transferred call continues that one; a default of the project.",
    )
    answered_only: bool = Field(
        default=False, description="Only an answered call counts as a repeat."
    )

    @model_validator(mode="after")
    def _families_fit(self) -> Self:
        if self.families and not self.same:
            raise ValueError("families needs `same: reason` or `same: queue`; add it")
        values = [value for family in self.families.values() for value in family]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ValueError(f"families: {twice} stand there twice; leave each once")
        return self

    @property
    def family_of(self) -> Mapping[str, str]:
        """Map each value to the first of its family, which stands for all of them."""
        return {v: family[0] for family in self.families.values() for v in family}


class EventLabelConfig(StrictConfig):
    """A label read from events: what happened in the horizon after the cutoff."""

    table: str = Field(description="Event table that is looked through.")
    where: Condition | None = Field(
        default=None,
        description="Expression an event must meet, for example "
        "\"event = 'cancelled'\"; without it every event of the table counts.",
    )
    kind: Literal["event", "inactivity", "count"] = Field(
        default="event",
        description="event: 1 when one happened. inactivity: 1 when none happened. "
        "count: how many happened.",
    )
    at_least: int | None = Field(
        default=None,
        ge=1,
        description="With kind count: 1 when so many happened; predictors need it.",
    )
    gap_days: int = Field(
        default=0,
        ge=0,
        description="Days skipped after the cutoff, the time needed to act.",
    )
    horizon_days: Annotated[int, WithJsonSchema(ONE_OR_MORE)] = Field(
        gt=0,
        description="Days observed after the gap; a list such as [1, 7, 30] makes a "
        "predictor of each, named NAME_1d and so on.",
    )
    settle_days: int = Field(
        default=0,
        ge=0,
        description="Days after the horizon until its events have arrived; before that "
        "the label is unknown.",
    )
    eligible: Condition | None = Field(
        default=None,
        description="Rows that get a label, by features of the spine and attributes of "
        'customers at the cutoff, for example "calls_30d >= 1"; default: every row.',
    )
    repeats: RepeatsConfig | None = Field(
        default=None,
        description="With table calls: only repeat calls count, by these rules; {} takes "
        "the usual ones.",
    )

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if self.at_least is not None and self.kind != "count":
            raise ValueError(
                f"at_least needs kind 'count', got {self.kind!r}; change one of them"
            )
        if self.repeats and self.table != CALLS:
            raise ValueError(
                f"repeats are calls, but table is {self.table!r}; set table to 'calls' "
                f"or take repeats out"
            )
        return self

    @property
    def embargo(self) -> timedelta:
        """Time from a cutoff until its label is known: gap, horizon and settling."""
        return timedelta(days=self.gap_days + self.horizon_days + self.settle_days)

    @property
    def is_number(self) -> bool:
        """Tell whether the label counts events instead of saying yes or no."""
        return self.kind == "count" and self.at_least is None


class ColumnLabelConfig(StrictConfig):
    """A label read from a column of a flat table."""

    column: str = Field(description="Column that holds the label.")
    positive: str = Field(
        default="1", description='Value that counts as positive, as text ("1", "yes").'
    )


BY_COLUMN, BY_EVENT = "label by column", "label by event"
"""No keys of a label, so that a fault's place is never taken for one."""


def _label_kind(value: Any) -> str:
    if isinstance(value, dict):
        return BY_COLUMN if "column" in value else BY_EVENT
    return BY_COLUMN if isinstance(value, ColumnLabelConfig) else BY_EVENT


LabelConfig = Annotated[
    Annotated[EventLabelConfig, Tag(BY_EVENT)]
    | Annotated[ColumnLabelConfig, Tag(BY_COLUMN)],
    Discriminator(_label_kind),
]
