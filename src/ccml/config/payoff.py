"""The `profit` section of a predictor: what a contact costs and what it may earn."""

from typing import Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig


class PayoffConfig(StrictConfig):
    """What it earns to contact a customer, by what would have happened.

    A customer whose label is 1 earns `success_rate * (value - cost_of_offer)`, one whose
    label is 0 costs the offer as often as `accepted_by_others` says; each contact costs.
    """

    value_eur: float = Field(
        default=0.0,
        ge=0,
        description="What one save or sale is worth, before the offer is paid; with "
        "`value_column` for customers without a value there.",
    )
    value_column: str | None = Field(
        default=None,
        description="Feature that gives each customer's own value, such as the monthly "
        "fee; default: all are worth `value_eur`.",
    )
    value_factor: float = Field(
        default=1.0,
        gt=0,
        description="What one unit of `value_column` is worth in euros, for example 12 "
        "when a saved customer pays the monthly fee for another year.",
    )
    cost_per_contact_eur: float = Field(
        default=0.0, ge=0, description="What one contact costs, whatever comes of it."
    )
    cost_of_offer_eur: float = Field(
        default=0.0, ge=0, description="What the offer costs when it is accepted."
    )
    success_rate: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Chance that the offer works on a rightly chosen customer; 1 when "
        "the label is already the success, such as a sale.",
    )
    success_seen_on: float = Field(
        default=20.0,
        gt=0,
        description="How surely `success_rate` is known, as the number of customers it "
        "was seen on; EMPC averages over what it may then be.",
    )
    accepted_by_others: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Chance that a customer with label 0, who needed no offer, takes it.",
    )
    capacity: int | None = Field(
        default=None,
        gt=0,
        description="Most contacts per cutoff of the spine (per day where there are more "
        "than 60 cutoffs), or among the test rows of a flat table; default: no limit.",
    )

    @model_validator(mode="after")
    def _something_is_earned(self) -> Self:
        if not self.value_eur and self.value_column is None:
            msg = (
                "profit: nothing would be earned; give value_eur above 0, or a "
                "value_column."
            )
            raise ValueError(msg)
        if self.value_factor != 1 and self.value_column is None:
            msg = (
                "profit: value_factor multiplies value_column, which is missing; name "
                "that feature or take value_factor out."
            )
            raise ValueError(msg)
        return self
