"""Who calls again and again, and which groups customers form."""

from typing import Any

from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.project import Project
from ccml.segments.build import build_segments, segments_result


def run(project: Project) -> dict[str, Any]:
    """Find persistent repeat callers and segments."""
    segments = project.config.segments
    if segments is None:
        return {}
    prepare_missing(project)
    if segments.spine:
        build_features(project, segments.spine)
    build_segments(project)
    return segments_result(project)
