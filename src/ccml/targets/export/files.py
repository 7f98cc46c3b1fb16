"""The files of a list, beside the workspace's tables, always those of the stored list."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from ccml.engine.atomic import write_text
from ccml.engine.digest import code_version, fingerprint, sha256_file
from ccml.project import Project
from ccml.targets.export.cells import Cell, cells, frame_columns
from ccml.targets.export.csv import write_csv
from ccml.targets.export.xlsx import CoverLine, write_xlsx
from ccml.targets.rules import RULES
from ccml.targets.summary import list_summary

DECIMALS = {"probability": 4, "expected_value_eur": 2}
FORMATS = ("csv", "xlsx")
PRIVATE = 0o600
READING = (
    "They say what the model adds for a value, not what causes anything. A text that "
    "begins with a single quote has it so that no program runs the text as a formula."
)


def write_files(project: Project, name: str) -> list[str]:
    """Write a list's files unless they stand unchanged; name them.

    Files of formats that are no longer asked for are removed: they would be old lists.
    """
    wanted = project.config.lists[name].export
    folder = project.workspace / "lists"
    files = {kind: folder / f"{name}.{kind}" for kind in FORMATS}
    for kind in set(FORMATS) - set(wanted):
        files[kind].unlink(missing_ok=True)
    record = folder / f".{name}.json"
    mark = _mark(project, name)
    if not _stand(record, mark, [files[kind] for kind in wanted]):
        _write_all(project, name, {kind: files[kind] for kind in wanted})
        written = {files[kind].name: sha256_file(files[kind]) for kind in wanted}
        write_text(record, json.dumps({"mark": mark, "files": written}), PRIVATE)
    return [str(files[kind]) for kind in FORMATS if kind in wanted]


def _mark(project: Project, name: str) -> str:
    tables = [f"list__{name}", f"exclusions__{name}", f"list_summary__{name}"]
    manifests = [project.store.manifest(table) for table in tables]
    contents = [manifest.content if manifest else "" for manifest in manifests]
    return fingerprint({"tables": contents, "code": code_version(("targets",))})


def _stand(record: Path, mark: str, files: list[Path]) -> bool:
    try:
        known: dict[str, Any] = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    hashes = {file.name: sha256_file(file) for file in files if file.is_file()}
    return known == {"mark": mark, "files": hashes} and len(hashes) == len(files)


def _write_all(project: Project, name: str, files: dict[str, Path]) -> None:
    stored = project.store.frame(f"list__{name}").sort_values("rank")
    frame = local_times(stored, project.zone)
    columns = frame_columns(frame, DECIMALS)
    rows = cells(frame, columns)
    summary = list_summary(project, name)
    if "csv" in files:
        write_csv(files["csv"], columns, rows)
    if "xlsx" in files:
        made_at = datetime.fromisoformat(summary["cutoff_at"]).astimezone(UTC)
        cover = list(_cover(project, name, summary, frame))
        write_xlsx(files["xlsx"], cover, columns, rows, made_at)


def local_times(frame: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Write instants as texts in site time, and those that are all midnights as dates."""
    texts = {}
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            local = frame[name].dt.tz_convert(zone)
            are_dates = bool((local.dropna() == local.dropna().dt.normalize()).all())
            form = "%Y-%m-%d" if are_dates else "%Y-%m-%d %H:%M:%S"
            texts[name] = local.dt.strftime(form)
    return frame.assign(**texts)


def _cover(
    project: Project, name: str, summary: dict[str, Any], frame: pd.DataFrame
) -> Iterator[CoverLine]:
    """Say what the list is, from which data, who is on it and who is not."""
    config = project.config.lists[name]
    local = datetime.fromisoformat(summary["cutoff_at"]).astimezone(project.zone)
    yield summary["title"], None
    yield "List", summary["list_id"]
    yield "Project", project.config.title or project.config.project
    yield "Data up to", f"{local:%Y-%m-%d %H:%M} ({project.config.time_zone})"
    yield (
        "Ranked by",
        f"{summary['predictor']}, model version {summary['model_version']}",
    )
    yield "Customers considered", summary["rows_in"]
    yield "Customers on the list", summary["rows_listed"]
    if len(frame):
        chance = frame["probability"]
        span = f"{chance.min():.1%} to {chance.max():.1%}, mean {chance.mean():.1%}"
        yield "Probabilities", span
    if summary["expected_value_eur"] is not None:
        yield "Expected value after cost, EUR", summary["expected_value_eur"]
    yield "", ""
    yield "Left out, first rule that applies", None
    for rule, count in summary["excluded"].items():
        yield RULES[rule], count
    yield "", ""
    yield "Settings", None
    yield from _settings(config.model_dump())
    yield "", ""
    yield "Settings to be checked", None
    for number, note in enumerate(summary["notes"] or ["none"], start=1):
        yield str(number), note
    yield "", ""
    yield "How to read the reasons", READING


def _settings(values: dict[str, Any]) -> Iterator[tuple[str, Cell]]:
    shown = (
        "capacity",
        "where",
        "min_probability",
        "value_per_success_eur",
        "success_rate",
        "cost_per_contact_eur",
        "holdout_share",
    )
    for key in shown:
        value = values[key]
        yield key, "every customer" if value is None else value
