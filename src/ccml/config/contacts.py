"""Which business events are contacts of a customer, beside calls."""

from pydantic import Field

from ccml.config.expressions import Condition
from ccml.config.strict import StrictConfig

DIRECTIONS = ("inbound", "outbound")


class ContactConfig(StrictConfig):
    """What an event table says of contacts; columns are those that are stored."""

    channel: str = Field(
        min_length=1,
        description="Channel of these contacts, such as web, email, chat, message or "
        "ticket; or the category column that holds it.",
    )
    direction: str = Field(
        default="inbound",
        description="inbound, outbound, or the category column that holds it.",
    )
    where: Condition | None = Field(
        default=None, description="Which events are contacts; all by default."
    )
    reason: str | None = Field(
        default=None, description="Category column with the reason or topic."
    )
    outcome: str | None = Field(
        default=None, description="Category or true/false column with the outcome."
    )
    duration_s: str | None = Field(
        default=None, description="Measure column with the duration in seconds."
    )
    failed: Condition | None = Field(
        default=None,
        description="Contacts that left the customer without what they wanted.",
    )
    answered_at: str | None = Field(
        default=None,
        description="Time column of the answer; a contact is unanswered until then.",
    )
