"""A KPI workbook for Excel, and tables for Power BI, Tableau and DuckDB."""

from typing import Any

from ccml.identity.prepare import prepare_missing
from ccml.kpis.build import build_kpis
from ccml.project import Project
from ccml.reports.exports import build_exports


def run(project: Project) -> dict[str, Any]:
    """Write the exports; key figures that do not stand are worked out first."""
    if project.config.sources.calls:
        prepare_missing(project)
        build_kpis(project)
    return {"exports": [str(file) for file in build_exports(project)]}
