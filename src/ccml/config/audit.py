"""The `audit` section: how much of the data is checked for leaks, and how strictly."""

from pydantic import Field

from ccml.config.strict import StrictConfig


class AuditConfig(StrictConfig):
    """What `ccml run audit` looks at."""

    customers: int = Field(
        default=200,
        ge=2,
        description="Customers who are drawn, the same in every run.",
    )
    rows: int = Field(
        default=2_000, gt=0, description="Rows of a spine that are drawn at the most."
    )
    reference_rows: int = Field(
        default=500,
        gt=0,
        description="Rows whose every feature is worked out once more, slowly.",
    )
    auc_limit: float = Field(
        default=0.95,
        gt=0.5,
        le=1,
        description="A feature that alone tells the label better than this is a leak.",
    )
    accepted: list[str] = Field(
        default_factory=list,
        description="Features that tell the label as well as that and yet are right.",
    )
