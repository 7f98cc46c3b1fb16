"""Keys of a predictor about its model: settings, the search, constraints, texts."""

from typing import Literal

from pydantic import Field

from ccml.config.strict import StrictConfig

Direction = Literal["rising", "falling"]


class ModelConfig(StrictConfig):
    """Settings of the untuned LightGBM model, which is also the first tuning trial."""

    n_estimators: int = Field(default=300, ge=1, description="Number of trees.")
    learning_rate: float = Field(
        default=0.03, gt=0, le=1, description="Weight of each tree."
    )
    num_leaves: int = Field(default=15, ge=2, description="Most leaves of one tree.")
    min_child_samples: int = Field(
        default=40, ge=1, description="Fewest training rows in a leaf."
    )
    subsample: float = Field(
        default=0.8, gt=0, le=1, description="Share of rows drawn for a tree."
    )
    subsample_freq: int = Field(
        default=1,
        ge=0,
        description="Draw rows anew every so many trees; 0 = never draw.",
    )
    colsample_bytree: float = Field(
        default=0.7, gt=0, le=1, description="Share of features drawn for a tree."
    )
    reg_lambda: float = Field(
        default=0.0, ge=0, description="L2 penalty on the values of leaves."
    )


class TuneConfig(StrictConfig):
    """How long better settings are looked for."""

    trials: int = Field(
        default=20,
        ge=0,
        description="Settings tried, the default included; 0 or 1 = no search.",
    )
    time_budget_minutes: float = Field(
        default=1.0,
        gt=0,
        description="No further trial starts after so many minutes, counted over all "
        "runs of one search. Such a search may differ between machines, but a second "
        "run keeps what the first one chose.",
    )
    search_rows: int = Field(
        default=20_000,
        ge=1000,
        description="A trial learns from and is judged on at most so many rows of each "
        "fold, drawn by customer; the winner is judged on all of them.",
    )
    max_trees: int = Field(
        default=600, ge=10, description="Most trees of one trial's model."
    )
    early_stopping_rounds: int = Field(
        default=30,
        ge=10,
        description="A trial's model gets no more trees once so many did not help on "
        "the later rows of a fold.",
    )


class EncodingConfig(StrictConfig):
    """How texts become numbers."""

    shares: bool = Field(
        default=False,
        description="Give every text a second number: the share of training rows with "
        "the same level.",
    )
    orders: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Texts that have an order: feature -> its levels from first to "
        "last, for example priority: [low, normal, high].",
    )
