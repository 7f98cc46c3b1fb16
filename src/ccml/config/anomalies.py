"""Anomalies: who or what suddenly calls more."""

from pydantic import Field

from ccml.config.strict import StrictConfig


class AnomaliesConfig(StrictConfig):
    """When a number of calls is out of the ordinary."""

    days: int = Field(
        default=28, ge=1, description="Days before the cutoff that are looked at."
    )
    history_days: int = Field(
        default=84,
        ge=14,
        description="Days before those from which the usual is learnt.",
    )
    false_alarms: float = Field(
        default=1.0,
        gt=0,
        description="False alarms to be expected in all the days looked at, per kind.",
    )
    known_causes: list[str] = Field(
        default_factory=list,
        description="Event tables whose events explain more calls, such as outages or "
        "bills; looked at in this order.",
    )
    cause_days: float = Field(
        default=3.0,
        gt=0,
        description="A call may come from an event of its customer in this many days "
        "before it.",
    )
