"""Turn scores into target lists and files."""

from typing import Any

from ccml.project import Project
from ccml.targets.build import build_list


def run(project: Project) -> dict[str, Any]:
    """Build and export every list."""
    lists: dict[str, Any] = {}
    for name in project.lists:
        lists |= build_list(project, name)["lists"]
    return {"lists": lists}
