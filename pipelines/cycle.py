"""Everything, in order: what a scheduler calls every week or month."""

from typing import Any

from ccml.cli.pipelines import load_pipeline
from ccml.project import Project

ORDER = ("prepare", "segment", "train", "score", "target", "effect", "report")


def run(project: Project) -> dict[str, Any]:
    """Run every pipeline and merge what they give."""
    result: dict[str, Any] = {}
    for name in ORDER:
        result |= load_pipeline(project, name)(project)
    return result
