"""Segments: persistent repeat callers and clusters of customers."""

from datetime import date

from pydantic import Field

from ccml.config.strict import StrictConfig


class RepeatCallersConfig(StrictConfig):
    """Which customers call persistently more than others."""

    window_days: int = Field(
        default=90, gt=0, description="Days of calls before the cutoff that are judged."
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


class ClustersConfig(StrictConfig):
    """How customers are grouped by what they do."""

    columns: list[str] = Field(
        default_factory=list,
        description="Feature columns of the spine; default: traits of the calls.",
    )
    max_k: int = Field(default=8, ge=2, le=20, description="Most clusters tried.")
    min_jaccard: float = Field(
        default=0.75, gt=0, lt=1, description="Least bootstrap Jaccard of each cluster."
    )
    min_share: float = Field(
        default=0.01, gt=0, lt=1, description="Least share of customers in a cluster."
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
    seed: int = Field(default=1, ge=0, description="Seed of everything random here.")
