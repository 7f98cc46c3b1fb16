"""Write the made-up company into a folder, all at once or not at all."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from filelock import FileLock

from ccml.demo.chunk import ChunkLife, ChunkTables, chunk_tables, simulate_chunk
from ccml.demo.crm_exports import CRM_WRITERS
from ccml.demo.faults import draw_faults
from ccml.demo.platform_calls import on_platform
from ccml.demo.platforms import check_platform
from ccml.demo.truth import faults_truth
from ccml.errors import ConfigError, RefusedError, unknown_name

FileFormat = Literal["csv", "parquet"]
GENERATOR_VERSION = 1
CHUNK_CUSTOMERS = 10_000
LARGEST_CSV_COMPANY = 100_000
MANIFEST = "company.json"
IN_THE_CRM = ("customers", "customer_phones", "tickets", "campaign_contacts")
"""Raw tables in whose place the exports of a CRM stand."""


@dataclass(frozen=True)
class CompanySummary:
    """What was written, or found as it should be."""

    customers: int
    calls: int  # rows of the call files, duplicates and broken rows included
    platform: str | None  # whose files the call log is written in; None = ccml's own
    files: int
    rows: dict[str, int]  # per raw table
    unchanged: bool  # the folder already held this company


def write_company(  # noqa: PLR0913 - each is a choice of its own
    folder: Path,
    customers: int,
    seed: int,
    *,
    file_format: FileFormat | None = None,
    platform: str | None = None,
    crm: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CompanySummary:
    """Simulate a company and write its raw and truth files.

    The folder appears complete or not at all. A folder that already holds the same
    company is left as it is.

    Args:
        folder: Where the company goes; it may not exist yet or hold a company.
        customers: Number of customers.
        seed: The same seed and size give the same bytes.
        file_format: "csv" or "parquet" for the raw files; by default csv up to
            100,000 customers. The truth is always Parquet.
        platform: Write the call log in this platform's own files (a name in
            `ccml.demo.platforms.WRITERS`); the truth then also holds its calls and legs.
        crm: Write customers, tickets and campaign members in this CRM's exports (a name
            in `ccml.demo.crm_exports.CRM_WRITERS`).
        progress: Called with the customers done and the customers asked for.

    Raises:
        ConfigError: The number of customers, the seed, the format or the platform is
            not allowed.
        RefusedError: The folder holds something else than a company.
    """
    chosen = _checked_format(customers, seed, file_format)
    wanted: dict[str, Any] = {
        "customers": customers,
        "seed": seed,
        "file_format": chosen,
        "generator_version": GENERATOR_VERSION,
        **_checked_systems(platform, crm),
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):
        return _write_if_new(folder, wanted, progress)


def _checked_systems(platform: str | None, crm: str | None) -> dict[str, str]:
    """Name the systems in whose formats the company is written."""
    if platform is not None:
        check_platform(platform)
    if crm is not None and crm not in CRM_WRITERS:
        raise unknown_name("CRM", crm, CRM_WRITERS, "demo --crm")
    named = {"platform": platform, "crm": crm}
    return {system: name for system, name in named.items() if name is not None}


def _write_if_new(
    folder: Path, wanted: dict[str, Any], progress: Callable[[int, int], None] | None
) -> CompanySummary:
    """Write the company unless the folder holds it; the caller holds the lock."""
    found = _manifest(folder)
    if found is not None and _is_wanted(found, wanted):
        return _summary(found, unchanged=True)
    _refuse_foreign_folder(folder, found)
    draft = folder.parent / f".{folder.name}.draft"
    try:
        rows, files = _write_files(draft, wanted, progress)
        manifest = wanted | {"rows": rows, "files": files}
        _write_text(draft / MANIFEST, json.dumps(manifest, indent=2) + "\n")
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _summary(manifest, unchanged=False)


def _is_wanted(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether a folder holds the company asked for, on the platform asked for."""
    same = all(found.get(name) == value for name, value in wanted.items())
    return same and all(found.get(k) == wanted.get(k) for k in ("platform", "crm"))


def _checked_format(
    customers: int, seed: int, file_format: FileFormat | None
) -> FileFormat:
    if customers < 1:
        raise ConfigError(f"demo: customers must be at least 1, not {customers}.")
    if seed < 0:
        raise ConfigError(f"demo: seed must not be negative, got {seed}.")
    if file_format is None:
        return "csv" if customers <= LARGEST_CSV_COMPANY else "parquet"
    if file_format not in ("csv", "parquet"):
        raise ConfigError(
            f"demo: file_format must be 'csv' or 'parquet', not {file_format!r}."
        )
    return file_format


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        return cast(
            "dict[str, Any]", json.loads((folder / MANIFEST).read_text("utf-8"))
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except json.JSONDecodeError:
        return {}


def _refuse_foreign_folder(folder: Path, found: dict[str, Any] | None) -> None:
    if found is not None or not folder.exists():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise RefusedError(
            f"demo: {folder} exists and holds no {MANIFEST}, so it is not replaced; "
            "name another folder or empty this one."
        )


def _summary(manifest: dict[str, Any], *, unchanged: bool) -> CompanySummary:
    return CompanySummary(
        customers=manifest["customers"],
        calls=manifest["rows"]["calls"],
        platform=manifest.get("platform"),
        files=manifest["files"],
        rows=dict(manifest["rows"]),
        unchanged=unchanged,
    )


def _chunks(customers: int) -> Iterator[tuple[int, int, int]]:
    for chunk, first in enumerate(range(0, customers, CHUNK_CUSTOMERS)):
        yield chunk, first, min(CHUNK_CUSTOMERS, customers - first)


def _write_files(
    draft: Path,
    wanted: dict[str, Any],
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, int], int]:
    """Write all files of a company; return rows per raw table and files."""
    shutil.rmtree(draft, ignore_errors=True)
    truth_folder = draft / "truth"
    truth_folder.mkdir(parents=True)
    customers, seed = int(wanted["customers"]), int(wanted["seed"])
    faults = draw_faults(seed)
    pq.write_table(faults_truth(faults), truth_folder / "faults.parquet")
    rows: dict[str, int] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for chunk, first, size in _chunks(customers):
            life = simulate_chunk(seed, chunk, first, size, faults)
            tables, sizes = _write_raw(draft, chunk, life, wanted)
            for name, size_of in sizes.items():
                rows[name] = rows.get(name, 0) + size_of
            for name, table in tables.truth.items():
                _append(writers, truth_folder / f"{name}.parquet", table)
            if progress is not None:
                progress(first + size, customers)
    finally:
        for writer in writers.values():
            writer.close()
    files = sum(1 for path in draft.rglob("*") if path.is_file())
    return rows, files


def _write_raw(
    draft: Path, chunk: int, life: ChunkLife, wanted: dict[str, Any]
) -> tuple[ChunkTables, dict[str, int]]:
    """Write a chunk's raw files in the systems' formats; tell their rows."""
    tables = chunk_tables(life)
    sizes: dict[str, int] = {}
    if "platform" in wanted:
        tables, native = on_platform(life, tables, wanted["platform"], draft)
        sizes["calls"] = native
    if "crm" in wanted:
        CRM_WRITERS[wanted["crm"]](tables.raw, draft, chunk)
    for name, table in tables.raw.items():
        sizes[name] = sizes.get(name, 0) + table.num_rows
        if not ("crm" in wanted and name in IN_THE_CRM):
            _write_part(draft / name, chunk, table, wanted["file_format"])
    return tables, sizes


def _write_part(folder: Path, chunk: int, table: pa.Table, file_format: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / f"part-{chunk:04d}.{file_format}"
    if file_format == "csv":
        options = pa_csv.WriteOptions(quoting_style="needed")
        pa_csv.write_csv(table, path, options)
    else:
        pq.write_table(table, path, compression="zstd")


def _append(writers: dict[str, pq.ParquetWriter], path: Path, table: pa.Table) -> None:
    if path.stem not in writers:
        writers[path.stem] = pq.ParquetWriter(path, table.schema, compression="zstd")
    writers[path.stem].write_table(table)


def _write_text(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")


def _publish(draft: Path, folder: Path) -> None:
    """Make the draft durable and put it in the folder's place."""
    for path in sorted(draft.rglob("*")):
        _sync(path)
    _sync(draft)
    old = folder.parent / f".{folder.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    _sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
