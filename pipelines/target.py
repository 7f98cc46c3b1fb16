"""Turn scores into target lists and files."""

from typing import Any

from ccml.targets.build import build_list, list_result

from ccml.project import Project


def run(project: Project) -> dict[str, Any]:
    """Build and export every list."""
    for name in project.lists:
        build_list(project, name)
    return {"lists": {name: list_result(project, name) for name in project.lists}}
