"""The benchmark's features by ccml, as `ccml run train` makes them: its own stage.

`python ccml_features.py FOLDER prepare` stores the calls and customers as a project's
tables. `... FOLDER whole` times the stage from the stored tables to the stored features;
the spine is worked out, too, and so are the digests and hashes that later runs need.
`... FOLDER grow` times the same when all cutoffs but the last stand already.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CONFIG = """
version: 1
project: features_benchmark
workspace: work
time_zone: UTC
data_until: "{until}T00:00:00Z"
engine: {{threads: {threads}, memory_limit_gb: {memory_gb}}}
sources:
  customers: {{path: customers.csv}}
  events:
    phone_calls:
      path: calls.csv
      id: event_id
      event_at: event_at
      measures: {{wait_s: wait_s, handle_s: handle_s}}
      categories: [reason, queue]
      flags: [abandoned, transferred]
spines:
  monthly: {{every: month, first: "{first}", last: "{last}"}}
features:
  windows_days: {windows_days}
  tables:
    phone_calls:
      measures: {measures}
      statistics: {statistics}
      flags: {flags}
      values: {values}
"""


def main() -> None:
    """Prepare, or run the stage and tell how long it took."""
    folder, way = Path(sys.argv[1]), sys.argv[2]
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    if way == "prepare":
        _prepare(_project(folder, asked, asked["last"]), folder)
        return
    if way == "grow":
        _build(_project(folder, asked, asked["last_but_one"]))
    _load(folder, asked)
    project = _project(folder, asked, asked["last"], force=way == "whole")
    began = time.perf_counter()
    _build(project)
    seconds = time.perf_counter() - began
    store = project.store
    files = [str(file) for file in store.parts("features__monthly")]
    names = store.frame("catalogue__monthly")["name"].to_list()
    print(json.dumps({"seconds": seconds, "files": files, "features": names}))


def _load(folder: Path, asked: dict[str, Any]) -> None:
    """Load libraries and compiled walks, as is done before every engine's time."""
    few = folder / "few"
    few.mkdir(exist_ok=True)
    project = _project(few, asked, asked["last"], force=True)
    _prepare(project, folder, rows=1_000)
    _build(project)


def _build(project: Any) -> None:
    from ccml.features.build import build_features

    build_features(project, "monthly")


def _project(folder: Path, asked: Any, last: str, *, force: bool = False) -> Any:
    from ccml.project import Project

    file = folder / f"project_{last}.yaml"
    file.write_text(_config(asked | {"last": last}), encoding="utf-8")
    return Project.open(file, force=force)


def _prepare(project: Any, folder: Path, rows: int | None = None) -> None:
    from ccml.engine.store import Table

    store = project.store
    tables = {"phone_calls": ("calls", ["event_id"])}
    tables["customers"] = ("customers", ["customer_id"])
    for table, (file, keys) in tables.items():
        stored = store.backend.read_parquet(str(folder / f"{file}.parquet"))
        store.write(table, Table(stored.limit(rows), keys, "one each"), "benchmark")


def _config(asked: dict[str, Any]) -> str:
    values = {key: json.dumps(value) for key, value in asked.items()}
    days = {key: asked[key] for key in ("first", "last", "until")}
    return CONFIG.format(**values | days, threads=os.cpu_count())


if __name__ == "__main__":
    main()
