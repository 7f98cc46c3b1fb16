"""Thresholds of key figures, each with where it comes from."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig

ARTICLE = "article on call analytics"
OWN = "default of this project"

Share = Annotated[float, Field(ge=0, le=1)]


class RangeConfig(StrictConfig):
    """The usual range of a call type's handle time."""

    from_s: float = Field(ge=0, description="Lower end in seconds.")
    to_s: float = Field(gt=0, description="Upper end in seconds.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_s >= self.to_s:
            raise ValueError("from_s must lie below to_s")
        return self


class BenchmarksConfig(StrictConfig):
    """Where a figure is good, to be watched, or bad; none is a target for an agent."""

    fcr_good_from: Share = Field(default=0.70, description="FCR from here on is good.")
    fcr_bad_below: Share = Field(default=0.60, description="FCR below this is bad.")
    fcr_source: str = Field(
        default=f"{ARTICLE} (70 %); {OWN} (60 %)",
        description="Where the thresholds of FCR come from.",
    )
    abandonment_good_to: Share = Field(
        default=0.05, description="Abandonment up to here is good."
    )
    abandonment_bad_above: Share = Field(
        default=0.08, description="Abandonment above this is bad."
    )
    abandonment_source: str = Field(
        default=f"{ARTICLE} (8 %); {OWN} (5 %)",
        description="Where the thresholds of abandonment come from.",
    )
    hold_good_to_s: float = Field(
        default=40.0, ge=0, description="Hold per held call up to here is good."
    )
    hold_source: str = Field(
        default=ARTICLE, description="Where the threshold of hold comes from."
    )
    aht_range: RangeConfig = Field(
        default=RangeConfig(from_s=240, to_s=600),
        description="Usual range of the mean handle time of a call type.",
    )
    aht_ranges: dict[str, RangeConfig] = Field(
        default_factory=dict, description="The same for single reasons, by name."
    )
    aht_source: str = Field(
        default=f"{ARTICLE} (4 to 10 min)",
        description="Where the range of handle time comes from.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fcr_bad_below > self.fcr_good_from:
            raise ValueError("fcr_bad_below must not lie above fcr_good_from")
        if self.abandonment_good_to > self.abandonment_bad_above:
            raise ValueError(
                "abandonment_good_to must not lie above abandonment_bad_above"
            )
        return self
