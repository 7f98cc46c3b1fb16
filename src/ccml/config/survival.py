"""The `survival` section of a predictor: not only whether, but by when."""

from itertools import pairwise
from typing import Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig


class SurvivalConfig(StrictConfig):
    """The time from a cutoff to the label's event, as a chance in every period."""

    period_days: int = Field(
        default=30,
        gt=0,
        description="Length of a period; within one the chance is taken as even.",
    )
    horizons_days: tuple[int, ...] = Field(
        default=(30, 60, 90),
        min_length=1,
        description="Days after the cutoff by which the event's probability is told; "
        "whole periods, rising.",
    )
    max_periods: int = Field(
        default=24,
        ge=1,
        le=240,
        description="Most periods that a row is followed; expected days count no further.",
    )

    @model_validator(mode="after")
    def _horizons_fit(self) -> Self:
        for days in self.horizons_days:
            if days <= 0 or days % self.period_days:
                below = max(1, days // self.period_days) * self.period_days
                msg = (
                    f"horizons_days: {days} is not a whole number of periods of "
                    f"{self.period_days} days (period_days); take {below} or "
                    f"{below + self.period_days}, or change period_days"
                )
                raise ValueError(msg)
            if days > self.max_days:
                msg = (
                    f"horizons_days: {days} lies beyond the {self.max_days} days that "
                    f"{self.max_periods} periods cover; raise max_periods or lower it"
                )
                raise ValueError(msg)
        if any(later <= days for days, later in pairwise(self.horizons_days)):
            msg = f"horizons_days: {[*self.horizons_days]} must rise; put them in order"
            raise ValueError(msg)
        return self

    @property
    def max_days(self) -> int:
        """Longest time that a row is followed."""
        return self.period_days * self.max_periods
