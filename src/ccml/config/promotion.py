"""The `promotion` section of a predictor: when a new model takes the champion's place."""

from typing import Literal

from pydantic import Field

from ccml.config.strict import StrictConfig


class PromotionConfig(StrictConfig):
    """What a new model must show before it scores customers by itself."""

    automatic: bool = Field(
        default=True,
        description="A model that passes the gate becomes champion by itself; false: "
        "only by `ccml promote`, the first model, too.",
    )
    rule: Literal["better", "not_worse"] = Field(
        default="better",
        description="better: on the same later rows its log loss is lower beyond noise, "
        "and its profit higher beyond noise where `profit` is set. not_worse: neither is "
        "worse on average.",
    )
    max_calibration_ratio: float = Field(
        default=1.25,
        gt=1,
        description="Slope of the calibration, and mean probability over the share of "
        "positives, stay between 1 / this and this, as far as the rows can tell.",
    )
    min_rank_agreement: float = Field(
        default=0.5,
        ge=-1,
        le=1,
        description="Least rank correlation (Spearman) of old and new scores of the "
        "newest rows.",
    )
    max_score_psi: float = Field(
        default=0.25,
        gt=0,
        description="Most that the scores' distribution may move between old and new "
        "model on the newest rows (population stability index).",
    )
    list_size: int = Field(
        default=1000,
        ge=1,
        description="Rows at the top whose overlap between old and new is recorded.",
    )
    accept_unaudited: bool = Field(
        default=True,
        description="Take models whose features nobody audited (`ccml run audit`); false "
        "is advised where lists go to real customers. A failed audit is never accepted.",
    )
    allow_dirty: bool = Field(
        default=False,
        description="Let a model replace the champion that was trained while files under "
        "version control had uncommitted changes.",
    )
