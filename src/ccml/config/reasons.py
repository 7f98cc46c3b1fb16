"""The `reasons` section of a predictor: which reasons are told, and which never."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from ccml.config.strict import StrictConfig


class ReasonsConfig(StrictConfig):
    """Reasons that are written beside every score."""

    up: int = Field(
        default=3,
        ge=0,
        le=10,
        description="Reasons that raise the score, at the most; a list that asks for "
        "more gets more.",
    )
    down: int = Field(
        default=1,
        ge=0,
        le=10,
        description="Reasons that lower the score, at the most.",
    )
    never: tuple[str, ...] = Field(
        default=(),
        description="Features that are learnt from but never told as a reason; patterns "
        "such as calls_sentiment_* are allowed.",
    )
    protected: tuple[str, ...] = Field(
        default=(),
        description="Features, or patterns of names, that must neither be told nor "
        "learnt from, such as gender: training refuses them.",
    )
    group_correlated_above: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Features whose rank correlation is above this on average are told "
        "as one reason; 1 = only the families of the feature catalogue.",
    )
    fast: Literal["auto", "never"] = Field(
        default="auto",
        description="auto: many rows are explained by woodelf-explainer where it is "
        "installed, equal within 1e-5. never: always by LightGBM's own, slower way.",
    )


def matching(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """List the names that meet one of the patterns, in their order."""
    return [n for n in names if any(fnmatchcase(n, pattern) for pattern in patterns)]
