"""The stage that writes the service manager's report, as a page and as a workbook."""

from importlib.metadata import version
from pathlib import Path

from ccml.engine.stage import Output, Stage
from ccml.engine.store import Folder
from ccml.project import Project
from ccml.reports.callers_report.gather import inputs, read_callers_data
from ccml.reports.callers_report.page import render_callers
from ccml.reports.callers_report.workbook import write_callers_workbook
from ccml.reports.publish import publish_changed
from ccml.sources.watermark import data_until

REPORT = "callers_report"
PAGE, BOOK = "callers.html", "callers.xlsx"
MADE_WITH = ("altair", "vl-convert-python", "jinja2", "xlsxwriter")


def build_callers_report(project: Project) -> Path:
    """Write the service manager's report, and copies where people look for it.

    Returns:
        <workspace>/callers.html; the workbook stands beside it.
    """
    stage = _stage(project)
    project.stages.run(stage, lambda: _build(project, stage))
    stored = project.store.folder(REPORT)
    for name in (PAGE, BOOK):
        publish_changed(stored / name, project.workspace / name)
    return project.workspace / PAGE


def _stage(project: Project) -> Stage:
    calls = project.store.manifest("calls")
    return Stage(
        name="callers report",
        outputs=(REPORT,),
        inputs=inputs(project),
        settings={
            "config": project.config,
            "name": project.file.name,
            "data_until": data_until(project) if calls and calls.rows else None,
            "made_with": {name: version(name) for name in MADE_WITH},
        },
        code=("reports", "config", "kpis", "identity", "segments/clusters"),
    )


def _build(project: Project, stage: Stage) -> dict[str, Output]:
    data = read_callers_data(project, project.stages.fingerprint(stage))
    html = render_callers(data)

    def fill(folder: Path) -> None:
        (folder / PAGE).write_text(html, encoding="utf-8")
        project.progress.step("workbook")
        write_callers_workbook(folder / BOOK, data)

    return {REPORT: Folder(fill, "the service manager's report, page and workbook")}
