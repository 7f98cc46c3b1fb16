"""One self-contained page for all three people."""

from typing import Any

from ccml.reports.build import build_report

from ccml.project import Project


def run(project: Project) -> dict[str, Any]:
    """Write the report."""
    return {"report": str(build_report(project))}
