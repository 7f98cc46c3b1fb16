"""Variants and thresholds of the operation's key figures."""

from pydantic import Field

from ccml.config.strict import StrictConfig


class KpisConfig(StrictConfig):
    """Which variant of each key figure is shown; the variant is printed beside it."""

    repeat_windows_days: list[int] = Field(
        default=[1, 3, 7, 14, 30], description="Windows of the repeat-call rate."
    )
    main_window_days: int = Field(
        default=7, gt=0, description="The window shown first and in the trend."
    )
    answered_only: bool = Field(
        default=False, description="Only an answered call counts as a repeat."
    )
    merge_redials_minutes: float = Field(
        default=0.0,
        ge=0,
        description="Merge a call with the same customer's call this soon after it.",
    )
    service_level_s: float = Field(
        default=20.0, gt=0, description="Answer within so many seconds."
    )
    cost_per_agent_hour_eur: float = Field(
        default=30.0, ge=0, description="What an hour of an agent costs."
    )
