"""The `calibration` section of a predictor: how scores become probabilities."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig


class CalibrationConfig(StrictConfig):
    """How scores become probabilities; the kind alone may be written as one word."""

    kind: Literal["auto", "sigmoid", "isotonic", "beta", "venn_abers", "none"] = Field(
        default="auto",
        description="auto: sigmoid, unless another kind is clearly better on rows it was "
        "not learnt from and there are enough rows for it.",
    )
    real_base_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of positives in reality, where the rows were oversampled: "
        "probabilities and figures are those of reality. Default: the rows are as they "
        "come.",
    )
    class_weights: Literal["none", "balanced"] = Field(
        default="none",
        description="balanced: LightGBM gives both outcomes the same weight in all. "
        "That spoils probabilities, so calibration cannot be 'none' then; it seldom "
        "helps.",
    )
    min_isotonic_rows: int = Field(
        default=1000, ge=10, description="Fewest rows for isotonic calibration."
    )
    min_isotonic_positives: int = Field(
        default=100,
        ge=5,
        description="Fewest rows of either outcome for isotonic calibration.",
    )

    @model_validator(mode="before")
    @classmethod
    def _word_is_the_kind(cls, values: Any) -> Any:
        return {"kind": values} if isinstance(values, str) else values

    @model_validator(mode="after")
    def _weights_are_mended(self) -> Self:
        if self.class_weights == "balanced" and self.kind == "none":
            msg = (
                "calibration: class_weights 'balanced' spoils the probabilities, so kind "
                "'none' is not allowed with it; use 'auto'."
            )
            raise ValueError(msg)
        return self
