"""The `judge` section of a predictor: which parts and costly figures are looked at."""

from typing import Literal

from pydantic import Field

from ccml.config.strict import StrictConfig


class JudgementConfig(StrictConfig):
    """How a trained predictor is judged beyond its measures on the whole test."""

    slice_by: tuple[str, ...] = Field(
        default=(),
        description="Features whose parts of the test are judged on their own: a text by "
        "its values, a number by its thirds, for example region or tenure_days.",
    )
    min_slice_rows: int = Field(
        default=100,
        ge=1,
        description="Rows below which a slice or a month is only counted, not measured.",
    )
    min_slice_positives: int = Field(
        default=20,
        ge=1,
        description="Rows of the rarer outcome below which a slice or a month is only "
        "counted, not measured.",
    )
    effort: Literal["quick", "full"] = Field(
        default="quick",
        description="quick: only what costs seconds; full: also what fits the model "
        "again and again.",
    )
    groups: tuple[str, ...] = Field(
        default=(), description="Compared for fairness, never learnt from."
    )
