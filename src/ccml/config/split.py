"""The `split` section of a predictor: which rows train and which rows judge."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

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
        description="Share of rows in the test (ordered and random), and share of groups "
        "in it where `group` is set.",
    )
    folds: int = Field(
        default=3,
        ge=2,
        le=20,
        description="Folds inside the training part, used for tuning, calibration, the "
        "recommendation and the claim; with fewer than 3 nothing is claimed.",
    )
    group: str | None = Field(
        default=None,
        description="Column whose values never stand on both sides, such as "
        "customer_id: figures then hold for customers never seen before. Rows of the "
        "test's groups leave the training part. A feature named here is never learnt "
        "from.",
    )
    embargo_rows: int = Field(
        default=0,
        ge=0,
        description="Rows left out before every later part (ordered only): as many as "
        "come in while a label is not known yet.",
    )
    min_fold_positives: int = Field(
        default=10,
        ge=1,
        description="Fewest rows of either outcome on both sides of a fold; folds with "
        "fewer are left out.",
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
        if self.embargo_rows and self.kind != "ordered":
            msg = (
                f"split: embargo_rows needs kind 'ordered', got {self.kind!r}; with kind "
                "'time' the embargo follows from the label's days."
            )
            raise ValueError(msg)
        return self
