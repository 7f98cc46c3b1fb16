"""Campaigns of the past: who was drawn, who was held out, and what is counted."""

from typing import Self

from pydantic import Field, model_validator

from ccml.config.expressions import Condition
from ccml.config.strict import Name, StrictConfig


class CampaignOutcomeConfig(StrictConfig):
    """Something that a campaign is to bring, or to prevent."""

    title: str = Field(
        description="Who is counted, as people say it: customers who bought."
    )
    table: str = Field(description="Event table in which it happens.")
    where: Condition | None = Field(
        default=None, description="Which of its events count; all by default."
    )
    value: str | None = Field(
        default=None, description="Measure column with the value of each event, EUR."
    )
    value_per_event_eur: float = Field(
        default=0.0,
        description="Value of one event where no column holds it; a loss is negative.",
    )

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if self.value is not None and self.value_per_event_eur:
            raise ValueError(
                "value and value_per_event_eur are both given; keep the one that holds"
            )
        return self


class CampaignsConfig(StrictConfig):
    """Where the contacts of campaigns stand, and by what they are judged."""

    table: str = Field(
        description="Event table of contact attempts, held-out customers among them."
    )
    campaign: str = Field(
        default="campaign_id", description="Category column that names the campaign."
    )
    held_out: str = Field(
        default="was_held_out",
        description="True/false column: drawn for the campaign, and left alone at random.",
    )
    days: float = Field(
        default=60.0,
        gt=0,
        description="What happens from the campaign's first contact on for so many days "
        "counts.",
    )
    settle_days: float = Field(
        default=3.0, ge=0, description="How long events take to be recorded."
    )
    cost_per_attempt_eur: float = Field(
        default=0.0, ge=0, description="What one attempt costs."
    )
    outcomes: dict[Name, CampaignOutcomeConfig] = Field(
        min_length=1, description="What is counted, by name."
    )
