"""Segments: persistent repeat callers and clusters of customers."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from ccml.config.anomalies import AnomaliesConfig
from ccml.config.episodes import EpisodesConfig
from ccml.config.expressions import Condition
from ccml.config.segment_history import HistoryConfig
from ccml.config.strategies import StrategiesConfig
from ccml.config.strict import StrictConfig


class RepeatCallersConfig(StrictConfig):
    """Which customers call persistently more than others."""

    window_days: int = Field(
        default=90, gt=0, description="Days of calls before the cutoff that are judged."
    )
    memory_days: int = Field(
        default=365,
        gt=0,
        description="Days of calls before the cutoff from which rates are learnt.",
    )
    rate_per_30d: float | None = Field(
        default=None,
        gt=0,
        description="Persistent = more calls in 30 days than this; default: as many as "
        "only the top share exceeds.",
    )
    top_share: float = Field(
        default=0.14,
        gt=0,
        lt=1,
        description="Persistent = rate above that of the top share of customers.",
    )
    min_probability: float = Field(
        default=0.8,
        gt=0,
        lt=1,
        description="Least posterior probability that the rate is above the threshold.",
    )


class TriggerConfig(StrictConfig):
    """Calls that come soon after an event of another table."""

    table: str = Field(description="Event table: bills, outages, web_visits, ...")
    days: float = Field(gt=0, description="The call comes at most so long afterwards.")
    from_days: float = Field(
        default=0, ge=0, description="The call comes at least so long afterwards."
    )
    where: Condition | None = Field(
        default=None, description="Only these events: not succeeded."
    )
    calls: Condition | None = Field(
        default=None, description="Only these calls: reason = 'billing'."
    )
    words: str | None = Field(
        default=None,
        description="Says when such calls come: on days 2 to 6 after the bill; default: "
        "made of the table and the days.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_days >= self.days:
            raise ValueError("`from_days` must be less than `days`")
        return self


class ClustersConfig(StrictConfig):
    """How customers are grouped by what they do."""

    columns: list[str] = Field(
        default_factory=list,
        description="Feature columns of the spine; default: traits of the calls.",
    )
    triggers: dict[str, TriggerConfig] = Field(
        default_factory=dict,
        description="Traits of your own: the share of calls soon after an event, by name "
        "(after_bill: {table: bills, from_days: 1, days: 6}).",
    )
    algorithm: Literal["kmeans", "minibatch_kmeans", "gaussian_mixture", "hdbscan"] = (
        Field(
            default="kmeans",
            description="How clusters are found; hdbscan finds their number by itself and "
            "leaves customers who belong to none as segment `other`.",
        )
    )
    scaling: Literal["log1p", "yeo_johnson", "quantile", "none"] = Field(
        default="log1p",
        description="How skewed counts, rates and times are straightened; shares and "
        "flags stay as they are, unless it is quantile.",
    )
    max_k: int = Field(default=8, ge=2, le=20, description="Most clusters tried.")
    min_jaccard: float = Field(
        default=0.75, gt=0, lt=1, description="Least bootstrap Jaccard of each cluster."
    )
    min_share: float = Field(
        default=0.01, gt=0, lt=1, description="Least share of customers in a cluster."
    )
    min_replication: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Least agreement (adjusted Rand index) with the clusters of the "
        "period before.",
    )
    min_carried: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Least agreement beyond chance (kappa) of customers' clusters in two "
        "periods.",
    )
    stability_rows: int = Field(
        default=4_000, ge=200, description="Rows on which stability is tried out."
    )
    bootstraps: int = Field(default=20, ge=5, description="Bootstrap fits per k.")
    sample_rows: int = Field(
        default=20_000, ge=500, description="Rows on which the centres are fitted."
    )
    only_callers: bool = Field(
        default=True, description="Cluster customers with a call in the window only."
    )
    names: dict[str, str] = Field(
        default_factory=dict, description="Own names of segments, by segment id."
    )


class SegmentsConfig(StrictConfig):
    """Segments of customers at the newest cutoff of a spine."""

    spine: str | None = Field(
        default=None,
        description="Periodic spine whose customers are segmented; without one, the "
        "customers on record, or those who called.",
    )
    cutoff: date | None = Field(
        default=None,
        description="Day of the cutoff; default: the spine's newest, or the data's end.",
    )
    repeat_callers: RepeatCallersConfig = Field(
        default=RepeatCallersConfig(), description="Persistent repeat callers."
    )
    clusters: ClustersConfig = Field(
        default=ClustersConfig(), description="Clusters of customers."
    )
    reason_families: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Families of call reasons, by name; a reason in none is its own.",
    )
    episodes: EpisodesConfig = Field(
        default=EpisodesConfig(), description="Chains of repeat calls."
    )
    history: HistoryConfig = Field(
        default=HistoryConfig(), description="Membership over time."
    )
    anomalies: AnomaliesConfig = Field(
        default=AnomaliesConfig(), description="Who or what suddenly calls more."
    )
    strategies: StrategiesConfig = Field(
        default=StrategiesConfig(), description="What to do about each segment."
    )
    seed: int = Field(default=1, ge=0, description="Seed of everything random here.")
