"""The `predictors` section: what is predicted, from what, and how it is judged."""

from typing import Self

from pydantic import Field, model_validator

from ccml.config.calibration import CalibrationConfig
from ccml.config.expressions import Condition
from ccml.config.judgement import JudgementConfig
from ccml.config.labels import ColumnLabelConfig, EventLabelConfig, LabelConfig
from ccml.config.payoff import PayoffConfig
from ccml.config.promotion import PromotionConfig
from ccml.config.reasons import ReasonsConfig
from ccml.config.search import Direction, EncodingConfig, ModelConfig, TuneConfig
from ccml.config.split import SplitConfig
from ccml.config.strict import StrictConfig
from ccml.config.survival import SurvivalConfig


class ScoringConfig(StrictConfig):
    """Which rows are scored once the model stands."""

    spine: str | None = Field(
        default=None,
        description="Spine whose newest rows are scored; default: the predictor's own.",
    )
    set: dict[str, float | str | bool] = Field(
        default_factory=dict,
        description="Feature values set before scoring, such as attempt_no: 1 for the "
        "first call of a campaign.",
    )
    recent_days: int = Field(
        default=30,
        gt=0,
        description="Event spines: customers whose latest event is at most so old.",
    )
    max_unseen_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Most by which the share of rows with a text value that the model does "
        "not know may exceed that in training, per feature; above it the run says so.",
    )


class PredictorConfig(StrictConfig):
    """One predictor: rows, label, split, model."""

    spine: str | None = Field(
        default=None, description="Name of the spine that gives the rows."
    )
    table: str | None = Field(
        default=None,
        description="Instead of a spine: a flat table with one row per thing.",
    )
    label: LabelConfig = Field(
        description="With a spine: table, where, kind, gap_days, horizon_days, "
        "settle_days and more. With a flat table: column, positive."
    )
    drop: tuple[str, ...] = Field(
        default=(), description="Feature columns that are never used."
    )
    split: SplitConfig = Field(
        default=SplitConfig(), description="Which rows train and which rows judge."
    )
    model: ModelConfig = Field(
        default=ModelConfig(), description="Settings of the untuned LightGBM model."
    )
    tune: TuneConfig = Field(
        default=TuneConfig(), description="How long better settings are looked for."
    )
    time_budget_minutes: float | None = Field(
        default=None,
        gt=0,
        description="Wall time of the whole training: what the fixed work leaves goes to "
        "the search, instead of tune.time_budget_minutes. The fixed work is always done.",
    )
    ensemble: bool = Field(
        default=True,
        description="Also try a weighted sum of LightGBM models under several draws, "
        "bushier ones, a forest and logistic regression; used only where it is better on "
        "later folds by more than its error.",
    )
    monotone: dict[str, Direction] = Field(
        default_factory=dict,
        description="Features, * allowed, whose rise may only raise (rising) or only "
        "lower (falling) the score, for example complaints_90d: rising.",
    )
    interactions: tuple[tuple[str, ...], ...] = Field(
        default=(),
        description="Groups of features, * allowed, that may act together; every other "
        "feature acts on its own. Default: all may.",
    )
    encoding: EncodingConfig = Field(
        default=EncodingConfig(), description="How texts become numbers."
    )
    rule: str | None = Field(
        default=None,
        description="Feature of the one-rule baseline; default: the number that ranks "
        "the training rows best.",
    )
    slices: dict[str, Condition] = Field(
        default_factory=dict,
        description="Parts of the test that are judged on their own: name -> "
        'expression, for example few_calls: "calls_30d <= 2".',
    )
    judge: JudgementConfig = Field(
        default=JudgementConfig(),
        description="Which parts of the test are judged on their own, and how thoroughly.",
    )
    calibration: CalibrationConfig = Field(
        default=CalibrationConfig(),
        description="How scores become probabilities: a kind, such as sigmoid, or a "
        "section.",
    )
    profit: PayoffConfig | None = Field(
        default=None,
        description="What a contact costs and may earn; absent = nothing is said of money.",
    )
    survival: SurvivalConfig | None = Field(
        default=None,
        description="Also tell by when the label's event happens, such as the probability "
        "by 30, 60 and 90 days; {} takes the usual settings; absent = off.",
    )
    scoring: ScoringConfig = Field(
        default=ScoringConfig(), description="Which rows are scored."
    )
    promotion: PromotionConfig = Field(
        default=PromotionConfig(),
        description="When a new model takes the champion's place.",
    )
    reasons: ReasonsConfig = Field(
        default=ReasonsConfig(), description="Which reasons are told with a score."
    )
    title: str | None = Field(default=None, description="Name that people read.")
    seed: int = Field(
        default=1, ge=0, lt=2**31, description="Seed of everything random."
    )

    @model_validator(mode="after")
    def _rows_label_and_split_agree(self) -> Self:
        if (self.spine is None) == (self.table is None):
            msg = "give exactly one of `spine` and `table`."
            raise ValueError(msg)
        if self.spine and isinstance(self.label, ColumnLabelConfig):
            msg = "a spine needs a label with `table` and `horizon_days`."
            raise ValueError(msg)
        if self.table and isinstance(self.label, EventLabelConfig):
            msg = "a flat table needs a label with `column`."
            raise ValueError(msg)
        if self.table and self.split.kind == "time":
            msg = (
                "a flat table has no cutoffs: set split.kind to 'ordered' (row order "
                "is time) or 'random'."
            )
            raise ValueError(msg)
        if self.profit and self.profit.capacity and self.calibration.real_base_rate:
            msg = (
                "profit.capacity counts real customers, but calibration.real_base_rate "
                "says that the rows were oversampled; take one of them out."
            )
            raise ValueError(msg)
        if self.spine and self.split.kind != "time":
            msg = f"a spine needs split.kind 'time', got {self.split.kind!r}."
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _survival_has_an_event(self) -> Self:
        if self.survival is None:
            return self
        label = self.label
        if isinstance(label, ColumnLabelConfig):
            msg = (
                "survival: a flat table does not tell when its label happened; use a "
                "spine, or take survival out."
            )
            raise ValueError(msg)
        if label.kind != "event" or label.repeats:
            shown = "repeats" if label.repeats else f"kind {label.kind!r}"
            msg = (
                f"survival: it asks when an event happens, but the label has {shown}; "
                "use kind 'event' without repeats, or take survival out."
            )
            raise ValueError(msg)
        if self.calibration.real_base_rate:
            msg = (
                "survival: the time until an event cannot be learnt from oversampled "
                "rows (calibration.real_base_rate); take one of them out."
            )
            raise ValueError(msg)
        return self
