"""What speaks against contacting a customer now, whatever the list."""

from typing import Self

from pydantic import Field, model_validator

from ccml.config.expressions import Condition
from ccml.config.strict import StrictConfig


class OpenCaseConfig(StrictConfig):
    """How an event table tells that a complaint or ticket is still open."""

    case: str = Field(description="Category column that names the case.")
    opened: Condition = Field(description="Events that open a case.")
    closed: Condition = Field(description="Events that close it.")


class ContactingConfig(StrictConfig):
    """Rules for every list; each leaves customers out under a name of its own."""

    contacts: str | None = Field(
        default=None, description="Event table with one row per contact attempt."
    )
    attempts: Condition | None = Field(
        default=None, description="Which of its rows are attempts; all by default."
    )
    refused: Condition | None = Field(
        default=None, description="Which of its rows say that the customer refused."
    )
    cool_off_days: float = Field(
        default=0.0, ge=0, description="Nobody is contacted again for so long."
    )
    called_within_days: float = Field(
        default=0.0,
        ge=0,
        description="Customers who called in so lately are left alone.",
    )
    open_cases: dict[str, OpenCaseConfig] = Field(
        default_factory=dict,
        description="Event tables whose cases must be closed, such as complaints.",
    )
    never: Condition | None = Field(
        default=None,
        description="Customers who are never contacted, by their attributes, such as "
        "status = 'deceased'; in doubt it holds.",
    )
    consent: Condition | None = Field(
        default=None,
        description="Customers who consented to be called, by their attributes; in doubt "
        "it does not hold.",
    )
    born_on: str | None = Field(
        default=None, description="Attribute with the day of birth."
    )
    min_age_years: int | None = Field(
        default=None,
        ge=0,
        description="Nobody younger, or of unknown age, is contacted.",
    )

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        if self.contacts is None and (
            self.attempts or self.refused or self.cool_off_days
        ):
            raise ValueError(
                "attempts, refused and cool_off_days speak of contacts; name their event "
                "table under `contacts`"
            )
        if self.min_age_years is not None and self.born_on is None:
            raise ValueError(
                "min_age_years needs born_on, the attribute with the day of birth"
            )
        return self
