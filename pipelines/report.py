"""Self-contained pages: one for all three people, one for the service manager."""

from typing import Any

from ccml.project import Project
from ccml.reports.build import build_report
from ccml.reports.callers_report.build import build_callers_report


def run(project: Project) -> dict[str, Any]:
    """Write the reports; the service manager's needs a section `segments`."""
    made = {"report": str(build_report(project))}
    if project.config.segments is not None:
        made["callers_report"] = str(build_callers_report(project))
    return made
