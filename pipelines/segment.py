"""Who calls again and again and why, which groups customers form, what to do for each."""

from typing import Any

from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.project import Project
from ccml.segments.anomalies.build import build_anomalies
from ccml.segments.build import build_segments, segments_result
from ccml.segments.callers.build import build_callers
from ccml.segments.episodes.build import build_episodes
from ccml.segments.history.build import build_segment_history
from ccml.segments.strategies.build import build_strategies


def run(project: Project) -> dict[str, Any]:
    """Find persistent repeat callers, segments, chains of calls and strategies."""
    segments = project.config.segments
    if segments is None:
        return {}
    prepare_missing(project)
    if segments.spine:
        build_features(project, segments.spine)
    build_callers(project)
    build_segments(project)
    build_episodes(project)
    build_anomalies(project)
    build_segment_history(project)
    build_strategies(project)
    return segments_result(project)
