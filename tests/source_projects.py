"""Small projects in a temporary folder, and their tables."""

import textwrap
from pathlib import Path
from typing import Any

import pandas as pd

from ccml.engine.store import Store
from ccml.identity.prepare import prepare_calls
from ccml.project import Project

KEY = "5e" * 32
HEAD = """
version: 1
project: small
workspace: work
time_zone: Europe/Warsaw
identity: {phone_region: PL}
"""
CALLS = """
    path: calls/*
    columns:
      call_id: id
      started_at: start
      ended_at: end
      known_at: loaded
      customer_phone: phone
      direction: direction
      wait_s: wait
      talk_s: talk
      agent_id: agent
"""
CALL_HEADER = "id,start,end,loaded,phone,direction,wait,talk,agent"


def call(id="k1", **changes):
    """One raw call as a CSV line."""
    row = {
        "id": id,
        "start": "2026-01-05T10:00:00Z",
        "end": "2026-01-05T10:05:00Z",
        "loaded": "2026-01-05T10:06:00Z",
        "phone": "600 700 800",
        "direction": "inbound",
        "wait": "20",
        "talk": "240",
        "agent": "A1",
    }
    return ",".join({**row, **changes}.values())


def project(
    backend: Any, folder: Path, sources: str, head: str = HEAD, **files: str | list[str]
) -> Project:
    """Write files and a config, and open it; a file `calls_1` is calls/1.csv."""
    for name, lines in files.items():
        table, _, rest = name.rpartition("_")
        file = folder / table / f"{rest}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        text = lines if isinstance(lines, str) else "\n".join(lines) + "\n"
        file.write_bytes(text.encode())
    config = folder / "small.yaml"
    body = textwrap.indent(textwrap.dedent(sources).strip("\n"), "  ")
    config.write_text(f"{head}sources:\n{body}\n")
    opened = Project.open(config)
    # The engine is shared, since opening one costs more than most tests.
    opened.__dict__["store"] = Store(opened.workspace / "tables", backend)
    return opened


def call_project(
    backend: Any, folder: Path, *lines: str, extra: str = "max_bad_share: 1"
) -> Project:
    """Open a project whose only source is a call log of these lines."""
    sources = "calls:\n" + textwrap.indent(
        f"{textwrap.dedent(CALLS).strip()}\n{textwrap.dedent(extra)}", "  "
    )
    return project(backend, folder, sources, calls_1=[CALL_HEADER, *lines])


def calls_of(opened: Project) -> pd.DataFrame:
    """Prepare the calls of a project; give them by their ids."""
    prepare_calls(opened)
    calls: pd.DataFrame = opened.store.frame("calls").set_index("call_id")
    return calls


def reasons(project: Project, table: str) -> dict[int, str]:
    """Row number to reason of the rows set aside."""
    frame = project.store.frame(f"quarantine__{table}")
    return dict(zip(frame.row_no, frame.reason, strict=True))
