"""Strategies: what to do about a segment, and what it may spare."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ccml.config.expressions import Condition
from ccml.config.strict import Name, StrictConfig


def _range(spares: tuple[float, float]) -> tuple[float, float]:
    low, high = spares
    if not 0 <= low <= high <= 1:
        raise ValueError(
            "give two shares from 0 to 1, the lower first, as in [0.05, 0.15]"
        )
    return spares


class ActionConfig(StrictConfig):
    """One action of the playbook."""

    title: str = Field(description="What is done, as an order: Explain the bill.")
    where: Condition = Field(
        description="Segments that it fits: a condition over their traits and figures, "
        "such as about_billing >= 0.4 and repeats >= 0.2."
    )
    why: str = Field(description="Why it helps such customers, in one sentence.")
    spares: Annotated[tuple[float, float], AfterValidator(_range)] = Field(
        description="Share of the calls concerned that it spares, low and high."
    )
    calls: Condition = Field(
        default="is_repeat",
        description="Calls concerned, as a condition over calls and what came before "
        "them; default: repeat calls.",
    )
    channels: list[str] = Field(
        default_factory=list, description="Channels that can carry it, best first."
    )
    reaches: Literal["everyone", "those concerned"] = Field(
        default="everyone",
        description="Who is reached: everyone in the segment, or those who made a call "
        "concerned.",
    )
    cost_per_customer_eur: float = Field(
        default=0.0,
        ge=0,
        description="What it costs for each customer reached, a month.",
    )
    cost_per_call_eur: float = Field(
        default=0.0, ge=0, description="What it costs for each call concerned."
    )
    fixed_cost_eur: float = Field(
        default=0.0,
        ge=0,
        description="What it costs a month however many it reaches; each segment is "
        "judged as if it bore it alone.",
    )
    source: str = Field(
        default="an assumption",
        description="Where the share that it spares comes from.",
    )


class StrategiesConfig(StrictConfig):
    """The playbook."""

    actions: dict[Name, ActionConfig] = Field(
        default_factory=dict,
        max_length=60,
        description="Actions by name; none: no strategies.",
    )
    most_per_segment: int = Field(
        default=3, ge=1, description="Most actions proposed for a segment."
    )
    preferred_channel: str = Field(
        default="preferred_channel",
        description="Attribute of customers with the channel they prefer, where there is "
        "such a one.",
    )
    channel_names: dict[str, str] = Field(
        default_factory=dict,
        description="What a channel of the playbook is called in the data, where it is "
        "called otherwise: {callback: voice, app: message}.",
    )
