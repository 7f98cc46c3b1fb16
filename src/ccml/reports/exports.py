"""The stage that writes the files for spreadsheets and BI tools."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ccml.engine.atomic import write_text
from ccml.engine.digest import sha256_file
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Folder
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.reports.bi import DATABASE, write_bi
from ccml.reports.bi_star import StarTable
from ccml.reports.exported import (
    FIGURES,
    OF_AGENTS,
    OTHERS,
    read_exported,
    wanted,
)
from ccml.reports.publish import OPEN, PRIVATE, publish_file
from ccml.reports.workbook.contents import workbook_data
from ccml.reports.workbook.write import write_workbook
from ccml.sources.watermark import data_until

EXPORTS = "exports"
BI = "bi"
WORKBOOK = "kpis.xlsx"
RECORD = "manifest.json"
WRITTEN_WITH = ("duckdb", "xlsxwriter")


def build_exports(project: Project) -> list[Path]:
    """Write the workbook and the BI tables, and copies where people look for them.

    Returns:
        The files in <workspace>/exports, the manifest last.

    Raises:
        ConfigError: The config has no calls, and so no figures.
    """
    if project.config.sources.calls is None:
        raise ConfigError(
            "sources.calls: the exports hold figures of calls, and the config has none; "
            "add a call log."
        )
    stage = _stage(project)
    project.stages.run(stage, lambda: _build(project, stage))
    private = project.config.exports.with_calls or project.config.exports.with_agents
    target = project.workspace / EXPORTS
    publish(project.store.folder(EXPORTS), target, PRIVATE if private else OPEN)
    return [*_recorded(target), target / RECORD]


def _stage(project: Project) -> Stage:
    config = project.config
    return Stage(
        name="exports",
        outputs=(EXPORTS,),
        inputs=(*FIGURES, *wanted(project)),
        settings={
            "project": (config.project, config.title, config.notes, config.time_zone),
            "kpis": config.kpis,
            "exports": config.exports,
            "data_until": data_until(project),
            "written_with": {name: version(name) for name in WRITTEN_WITH},
        },
        code=("config", "kpis", "reports", "targets"),
    )


def _build(project: Project, stage: Stage) -> dict[str, Output]:
    def fill(folder: Path) -> None:
        data = read_exported(project)
        project.progress.step("tables for BI tools")
        tables = write_bi(project, data, folder / BI)
        project.progress.step("workbook")
        write_workbook(folder / WORKBOOK, workbook_data(project, data))
        record = _record(project, stage, folder, tables)
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        (folder / RECORD).write_text(text, encoding="utf-8")

    return {EXPORTS: Folder(fill, "workbook of key figures, and tables for BI tools")}


def _record(
    project: Project, stage: Stage, folder: Path, tables: Sequence[StarTable]
) -> dict[str, Any]:
    """Say what was written, from what, and how much: the account of the export."""
    rows = _row_counts(project, folder, tables)
    words = {f"{BI}/{table.name}.parquet": table.about for table in tables}
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    names = [file.relative_to(folder).as_posix() for file in files]
    return {
        "project": project.config.project,
        "data_until": data_until(project).isoformat(),
        "time_zone": project.config.time_zone,
        "exports": project.config.exports.model_dump(),
        "fingerprint": project.stages.fingerprint(stage),
        "files": [
            {
                "path": name,
                "about": words.get(name),
                "rows": rows.get(name),
                "bytes": file.stat().st_size,
                "sha256": sha256_file(file),
            }
            for name, file in zip(names, files, strict=True)
        ],
        "columns": {table.name: dict(table.columns) for table in tables},
    }


def _row_counts(
    project: Project, folder: Path, tables: Sequence[StarTable]
) -> dict[str, int]:
    read = project.store.backend.read_parquet
    names = [f"{BI}/{table.name}.parquet" for table in tables]
    return {name: int(read(folder / name).count().execute()) for name in names}


def publish(stored: Path, target: Path, mode: int) -> None:
    """Copy the export to its fixed place, unless it stands there unchanged.

    The manifest goes first and comes last, so a set with a manifest is whole. Files of
    ccml that belong to an earlier export are removed: they would be old figures, or
    calls that are no longer to be exported. Files of other people stay.
    """
    record = (stored / RECORD).read_text(encoding="utf-8")
    names = [file["path"] for file in json.loads(record)["files"]]
    if _stands(target, record, mode):
        return
    (target / RECORD).unlink(missing_ok=True)
    for file in _ours(target):
        if file.relative_to(target).as_posix() not in names:
            file.unlink()
    for name in names:
        publish_file(stored / name, target / name, mode)
    write_text(target / RECORD, record, mode)


def _stands(target: Path, record: str, mode: int) -> bool:
    file = target / RECORD
    if not file.is_file() or file.read_text(encoding="utf-8") != record:
        return False
    return all(
        (target / known["path"]).is_file()
        and (target / known["path"]).stat().st_mode & 0o777 == mode
        and sha256_file(target / known["path"]) == known["sha256"]
        for known in json.loads(record)["files"]
    )


def _ours(target: Path) -> list[Path]:
    """Find the files that an export of ccml may have written."""
    files = [target / WORKBOOK, target / BI / DATABASE]
    made = ("dim_*", "fact_*", *OTHERS, *OF_AGENTS)
    found = [file for name in made for file in (target / BI).glob(f"{name}.parquet")]
    return [file for file in (*files, *found) if file.is_file()]


def _recorded(target: Path) -> list[Path]:
    record = json.loads((target / RECORD).read_text(encoding="utf-8"))
    return [target / file["path"] for file in record["files"]]
