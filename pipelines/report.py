"""One self-contained page for all three people."""

from typing import Any

from ccml.project import Project
from ccml.reports.build import build_report


def run(project: Project) -> dict[str, Any]:
    """Write the report."""
    return {"report": str(build_report(project))}
