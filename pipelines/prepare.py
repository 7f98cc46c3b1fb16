"""From exports to clean, linked tables and key figures."""

from typing import Any

from ccml.identity.prepare import prepare_all
from ccml.kpis.build import build_kpis
from ccml.project import Project


def run(project: Project) -> dict[str, Any]:
    """Read every source, link callers to customers, compute key figures."""
    result = prepare_all(project)
    if project.config.sources.calls:
        build_kpis(project)
    return result
