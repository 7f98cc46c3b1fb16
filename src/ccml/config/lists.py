"""Target lists: whom to contact, how many, and whom never."""

from typing import Literal

from pydantic import Field

from ccml.config.expressions import Condition
from ccml.config.strict import StrictConfig


class ListConfig(StrictConfig):
    """One target list."""

    title: str | None = Field(default=None, description="Name that people read.")
    predictor: str = Field(description="Predictor whose probability ranks the list.")
    capacity: int = Field(gt=0, description="Most customers on the list.")
    contact_law: str | None = Field(
        default=None, description="Profile of contact law that the list obeys."
    )
    where: Condition | None = Field(
        default=None, description="Which customers may be on it, by their attributes."
    )
    min_probability: float = Field(
        default=0.0, ge=0, le=1, description="Leave customers below this out."
    )
    value_per_success_eur: float = Field(
        default=0.0, ge=0, description="What one save or sale is worth."
    )
    success_rate: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Share of rightly contacted customers with whom it works; 1 when "
        "the probability is already that of a success.",
    )
    cost_per_contact_eur: float = Field(
        default=0.0, ge=0, description="What one contact costs."
    )
    holdout_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share held out at random, to learn what the list earned.",
    )
    reasons: int = Field(default=3, ge=0, le=5, description="Reasons per customer.")
    columns: list[str] = Field(
        default_factory=list, description="Customer attributes written beside each row."
    )
    export: list[Literal["csv", "xlsx"]] = Field(
        default=["csv", "xlsx"], description="Files to write."
    )
