"""Segments over time."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig


class ActionConfig(StrictConfig):
    """Something that was done so that customers need not call again."""

    began: date = Field(description="First day on which it was done.")
    segment: str | None = Field(
        default=None,
        description="Id of the segment it was done for, or `persistent` for the "
        "persistent repeat callers.",
    )
    reason: str | None = Field(
        default=None,
        description="Call reason, or family of reasons, it was done about.",
    )
    weeks: int = Field(
        default=8,
        ge=2,
        le=52,
        description="Most weeks before and after it that are compared.",
    )

    @model_validator(mode="after")
    def _names_one_group(self) -> Self:
        if (self.segment is None) == (self.reason is None):
            raise ValueError("give exactly one of `segment` and `reason`")
        return self


class HistoryConfig(StrictConfig):
    """How far back, and at which distance, membership is looked at."""

    periods: int = Field(
        default=6, ge=1, le=36, description="Former cutoffs that are looked at."
    )
    period_days: int = Field(
        default=30, ge=7, description="Days between them where there is no spine."
    )
    early_warning: str | None = Field(
        default=None,
        description="Predictor whose score tells who may become a repeat caller; without "
        "one, the law of call rates tells it.",
    )
    warnings: int = Field(
        default=500, ge=1, description="Most customers on the early-warning list."
    )
    actions: dict[str, ActionConfig] = Field(
        default_factory=dict,
        description="What was done against repeat calls, by name; its effect is measured.",
    )
