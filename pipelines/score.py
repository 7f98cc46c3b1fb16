"""Score the newest rows of every predictor by its champion, with reasons."""

from typing import Any

from ccml.project import Project
from ccml.scores.score import score_predictor


def run(project: Project) -> dict[str, Any]:
    """Score every predictor that has a spine; flat tables have no newest rows."""
    scores: dict[str, Any] = {}
    for name in project.predictors:
        if project.config.predictors[name].spine:
            scores |= score_predictor(project, name)
    return {"scores": scores}
