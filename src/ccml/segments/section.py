"""The config's section `segments`, and what its stages read."""

from ccml.config.segments import SegmentsConfig
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.inbound_calls import call_inputs


def segments_section(project: Project) -> SegmentsConfig:
    """Give the section.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = project.config.segments
    if config is None:
        raise ConfigError(
            "segments: the config has no such section; add `segments: {}` to it."
        )
    return config


def periodic_spine(project: Project, config: SegmentsConfig) -> str | None:
    """Name the spine whose customers are segmented, if it has regular cutoffs."""
    if config.spine is None or project.config.spines[config.spine].each:
        return None
    return config.spine


def segment_inputs(config: SegmentsConfig, spine: str | None) -> tuple[str, ...]:
    """Name the stored tables that customers are described from."""
    features = [f"features__{spine}"] if spine else []
    return (*call_inputs(config), "customers", *features)
