"""The `predictors` section: what is predicted, from what, and how it is judged."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ccml.config.expressions import Condition
from ccml.config.labels import ColumnLabelConfig, EventLabelConfig, LabelConfig
from ccml.config.strict import StrictConfig


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


UtcInstant = Annotated[datetime, AfterValidator(_as_utc)]


class SplitConfig(StrictConfig):
    """Which rows train and which rows judge."""

    kind: Literal["time", "ordered", "random"] = Field(
        default="time",
        description="time: by cutoff with an embargo (spines). ordered: the last rows "
        "of a flat table whose order is time. random: a flat table without any time; "
        "its figures are optimistic for use on later data.",
    )
    test_from: UtcInstant | None = Field(
        default=None,
        description="First cutoff of the test period (a date means midnight at the site); "
        "default: the last fifth of the cutoff periods.",
    )
    test_until: UtcInstant | None = Field(
        default=None,
        description="End of the test period, itself left out; default: no end.",
    )
    test_share: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Share of rows in the test (ordered and random only).",
    )
    folds: int = Field(
        default=3,
        ge=2,
        le=20,
        description="Folds inside the training part, used for tuning, calibration and "
        "the recommendation.",
    )

    @model_validator(mode="after")
    def _bounds_fit_the_kind(self) -> Self:
        bounds = (self.test_from, self.test_until)
        if self.kind != "time" and any(bounds):
            msg = (
                f"split: test_from and test_until need kind 'time', got {self.kind!r}; "
                "use test_share instead."
            )
            raise ValueError(msg)
        if self.test_until and not self.test_from:
            msg = "split: test_until needs test_from as well."
            raise ValueError(msg)
        if self.test_from and self.test_until and self.test_until <= self.test_from:
            msg = "split: test_until must be later than test_from."
            raise ValueError(msg)
        return self


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
        description="No further trial starts after so many minutes. A search stopped "
        "by time may differ between machines.",
    )


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
    calibration: Literal["auto", "sigmoid", "isotonic", "none"] = Field(
        default="auto",
        description="How scores become probabilities. auto: sigmoid unless isotonic is "
        "clearly better and there are enough rows.",
    )
    scoring: ScoringConfig = Field(
        default=ScoringConfig(), description="Which rows are scored."
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
        if self.spine and self.split.kind != "time":
            msg = f"a spine needs split.kind 'time', got {self.split.kind!r}."
            raise ValueError(msg)
        return self
