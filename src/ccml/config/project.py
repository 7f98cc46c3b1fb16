"""The whole config of one project."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ccml.config.audit import AuditConfig
from ccml.config.campaigns import CampaignsConfig
from ccml.config.contact_law import ContactLawConfig
from ccml.config.contacting import ContactingConfig
from ccml.config.engine import EngineConfig
from ccml.config.exports import ExportsConfig
from ccml.config.features import FeaturesConfig, SpineConfig
from ccml.config.identity import IdentityConfig
from ccml.config.kpis import KpisConfig
from ccml.config.lists import ListConfig
from ccml.config.predictors import PredictorConfig
from ccml.config.segments import SegmentsConfig
from ccml.config.sources import SourcesConfig
from ccml.config.strict import Name, StrictConfig
from ccml.config.zones import Zone


def with_zone(instant: datetime) -> datetime:
    """Return an instant that carries its zone."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no zone; write 2026-07-01T00:00:00Z")
    return instant


class TrackingConfig(StrictConfig):
    """Where models and runs are recorded."""

    uri: str | None = Field(
        default=None,
        description="MLflow server; default: an SQLite store in the workspace.",
    )
    experiment: str | None = Field(
        default=None, description="MLflow experiment; default: the project's name."
    )


class ProjectConfig(StrictConfig):
    """One project: sources, features, predictors, segments and lists."""

    version: Literal[1] = Field(description="Version of the config's format.")
    project: Name = Field(description="Short name.")
    title: str | None = Field(default=None, description="Name that people read.")
    notes: list[str] = Field(
        default_factory=list,
        description="What a reader must know of these data; shown in every report.",
    )
    workspace: str = Field(
        description="Folder of all results, relative to the project folder."
    )
    time_zone: Zone = Field(
        description="Zone of the site, for hours, weekdays and cutoffs."
    )
    data_until: Annotated[datetime, AfterValidator(with_zone)] | None = Field(
        default=None,
        description="Moment up to which the data are complete; default: the day on "
        "which the last call was known.",
    )
    seed: int = Field(default=1, ge=0, description="Seed of everything random.")
    sources: SourcesConfig = Field(description="Where the data come from.")
    identity: IdentityConfig = Field(
        default=IdentityConfig(), description="How callers become customers."
    )
    kpis: KpisConfig = Field(default=KpisConfig(), description="Key figures.")
    exports: ExportsConfig = Field(
        default=ExportsConfig(), description="Files for spreadsheets and BI tools."
    )
    spines: dict[Name, SpineConfig] = Field(
        default_factory=dict, description="Who is described, and when."
    )
    features: FeaturesConfig = Field(
        default=FeaturesConfig(), description="By what they are described."
    )
    segments: SegmentsConfig | None = Field(default=None, description="Segments.")
    predictors: dict[Name, PredictorConfig] = Field(
        default_factory=dict, description="What is predicted."
    )
    lists: dict[Name, ListConfig] = Field(
        default_factory=dict, description="Target lists."
    )
    campaigns: CampaignsConfig | None = Field(
        default=None, description="Campaigns of the past, and by what they are judged."
    )
    contacting: ContactingConfig = Field(
        default=ContactingConfig(),
        description="What speaks against contacting a customer, for every list.",
    )
    contact_law: dict[Name, ContactLawConfig] = Field(
        default_factory=dict,
        description="Profiles of contact law; include those of configs/contact_law.",
    )
    engine: EngineConfig = Field(default=EngineConfig(), description="Query engine.")
    audit: AuditConfig = Field(
        default=AuditConfig(), description="How features are checked for leaks."
    )
    tracking: TrackingConfig = Field(
        default=TrackingConfig(), description="MLflow tracking."
    )
