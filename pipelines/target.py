"""Turn scores into target lists and files."""

from typing import Any

from ccml.project import Project
from ccml.targets.build import build_list


def run(project: Project) -> dict[str, Any]:
    """Build and export every list; name those whose predictor was not scored."""
    lists: dict[str, Any] = {}
    not_made: dict[str, str] = {}
    for name in project.lists:
        predictor = project.config.lists[name].predictor
        if project.store.manifest(f"scores__{predictor}") is None:
            not_made[name] = f"predictor {predictor} has no scores yet"
            project.progress.note(f"list {name} is not made: {not_made[name]}")
        else:
            lists |= build_list(project, name)["lists"]
    return {"lists": lists, "not_made": not_made}
