"""What the campaigns of the past brought, against customers held out at random."""

from typing import Any

from ccml.identity.prepare import prepare_missing
from ccml.project import Project
from ccml.targets.effects.build import build_effects


def run(project: Project) -> dict[str, Any]:
    """Estimate the effects; a config without `campaigns` has none."""
    if project.config.campaigns is None:
        project.progress.note("no `campaigns` section, so no effects are told")
        return {}
    prepare_missing(project)
    return build_effects(project)
