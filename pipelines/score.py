"""Score the newest rows of every predictor by its champion, with reasons."""

from typing import Any

from ccml.project import Project
from ccml.scores.early_warnings import build_early_warnings
from ccml.scores.score import score_predictor
from ccml.scores.segment_outlook import build_segment_outlook
from ccml.scores.survival import score_survival
from ccml.tracking.registry import champion_mark

NO_CHAMPION = (
    "no model of it has become champion; run `ccml run train`, or see its findings if it "
    "was trained"
)


def run(project: Project) -> dict[str, Any]:
    """Score every predictor that has a spine; flat tables have no newest rows.

    A predictor without a champion is named under `not_scored`; the others go on. Where
    the champion tells by when it happens, `survival` holds the means of that table.
    """
    scores: dict[str, Any] = {}
    survival: dict[str, Any] = {}
    not_scored: dict[str, str] = {}
    for name in project.predictors:
        if project.config.predictors[name].spine is None:
            not_scored[name] = "it learns from a flat table, which has no newest rows"
        elif champion_mark(project, name) is None:
            not_scored[name] = NO_CHAMPION
        else:
            scores |= score_predictor(project, name)
            survival |= score_survival(project, name)
    if project.store.manifest("segment_history") is not None:
        build_early_warnings(project)
        build_segment_outlook(project)
    for name, reason in not_scored.items():
        project.progress.note(f"{name} is not scored: {reason}")
    told = {"scores": scores, "not_scored": not_scored}
    return told | {"survival": survival} if survival else told
