"""Score the newest rows of every predictor by its champion, with reasons."""

from typing import Any

from ccml.project import Project
from ccml.scores.score import score_predictor, scores_result


def run(project: Project) -> dict[str, Any]:
    """Score every predictor that has a spine; flat tables have no newest rows."""
    names = [n for n in project.predictors if project.config.predictors[n].spine]
    for name in names:
        score_predictor(project, name)
    return {"scores": {name: scores_result(project, name) for name in names}}
