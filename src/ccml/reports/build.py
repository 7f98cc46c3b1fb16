"""The stage that writes the report."""

import platform
from importlib.metadata import version
from pathlib import Path

from ccml.engine.stage import LIBRARIES, Output, Stage
from ccml.engine.store import Folder
from ccml.project import Project
from ccml.reports.page import render_page
from ccml.reports.publish import publish_changed
from ccml.reports.stored import inputs, read_data

REPORT = "report"
FILE = "report.html"
DRAWN_WITH = ("altair", "vl-convert-python", "jinja2")


def build_report(project: Project) -> Path:
    """Write the report, and a copy where people look for it.

    Returns:
        <workspace>/report.html.
    """
    stage = _stage(project)
    project.stages.run(stage, lambda: _build(project, stage))
    stored = project.store.folder(REPORT) / FILE
    return publish_changed(stored, project.workspace / FILE)


def _stage(project: Project) -> Stage:
    return Stage(
        name="report",
        outputs=(REPORT,),
        inputs=inputs(project),
        settings={
            "config": project.config,
            "name": project.file.name,
            "drawn_with": {name: version(name) for name in DRAWN_WITH},
        },
        code=("reports", "config"),
    )


def _build(project: Project, stage: Stage) -> dict[str, Output]:
    data = read_data(project, project.stages.fingerprint(stage), _versions())
    html = render_page(data)

    def fill(folder: Path) -> None:
        (folder / FILE).write_text(html, encoding="utf-8")

    return {REPORT: Folder(fill, "the report as one HTML page")}


def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in (*LIBRARIES, *DRAWN_WITH, "ccml")}
    return {"Python": platform.python_version(), **libraries}
