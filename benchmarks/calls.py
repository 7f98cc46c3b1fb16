"""Calls from CSV to stored calls and key figures, against pandas doing the same.

Run `python benchmarks/calls.py --rows 5000000`. Both read the same file, refuse the same
rows, replace the same numbers by the same keyed pseudonyms, and must come to the same
figures, which is checked before any time is told. Each runs in a process of its own, one
after the other, so that its peak memory is its own. Prints one JSON object.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

KEY = "5e" * 32
CHUNK = 500_000
DAY_S = 86_400
FIRST = 1_735_689_600  # 2025-01-01
DAYS = 365
QUEUES = ("billing", "sales", "technical", "orders", "other")
CONFIG = """
version: 1
project: calls_benchmark
workspace: work
time_zone: Europe/Warsaw
data_until: "2026-01-01T00:00:00Z"
identity: {phone_region: PL, key_variable: CCML_BENCHMARK_KEY, callers_without_crm: phone}
kpis: {repeat_windows_days: [7], main_window_days: 7}
sources:
  calls:
    path: calls.csv
    columns:
      call_id: call_id
      customer_phone: caller
      direction: direction
      started_at: started_at
      ended_at: ended_at
      queue: queue
      reason: reason
      agent_id: agent
      wait_s: wait_seconds
      talk_s: talk_seconds
      hold_s: hold_seconds
      wrap_s: wrap_seconds
      queued: queued
      answered: answered
      abandoned: abandoned
"""


def write_calls(file: Path, rows: int, seed: int = 1) -> None:
    """Write a call log; one in 500 rows is broken, one in 200 comes twice."""
    import numpy as np
    import pyarrow.csv as pa_csv

    rng = np.random.default_rng(seed)
    callers = max(rows // 5, 1)
    with pa_csv.CSVWriter(file, _chunk(rng, 0, 1, callers).schema) as writer:
        for first in range(0, rows, CHUNK):
            writer.write_table(_chunk(rng, first, min(CHUNK, rows - first), callers))


def _chunk(rng: Any, first: int, size: int, callers: int) -> Any:
    import numpy as np
    import pyarrow as pa

    number = np.arange(first, first + size)
    number = np.where(rng.random(size) < 1 / 200, np.maximum(number - 1, first), number)
    start = FIRST + (number * 7919) % (DAYS * DAY_S)
    # Heavy tails: few callers make many calls. A call that comes twice has one caller.
    drawn = rng.random(size)[number - first]
    caller = (callers * drawn**3).astype(np.int64)
    draw = (number * 2_654_435_761) % 1_000
    answered, wait = draw < 880, draw % 90
    talk = np.where(answered, 60 + draw, 0)
    broken = number % 500 == 7
    stamp = pa.array(start, pa.timestamp("s")).cast(pa.string())
    ends = pa.array(start + wait + talk, pa.timestamp("s")).cast(pa.string())
    text = pa.array(number).cast(pa.string())
    whole = [pa.array(values).cast(pa.string()) for values in (wait, talk, draw % 40)]
    bad = pa.array(broken)
    return pa.table(
        {
            "call_id": text,
            "caller": pa.array(600_000_000 + caller).cast(pa.string()),
            "direction": pa.array(np.where(draw % 10 == 0, "outbound", "inbound")),
            "started_at": _zoned(stamp),
            "ended_at": _zoned(ends),
            "queue": pa.array(np.array(QUEUES)[draw % 5]),
            "reason": pa.array(np.array(QUEUES)[(draw // 7) % 5]),
            "agent": pa.array(np.char.add("A", (draw % 120).astype(str))),
            "wait_seconds": pa.compute.if_else(bad, "-3", whole[0]),
            "talk_seconds": whole[1],
            "hold_seconds": whole[2],
            "wrap_seconds": whole[2],
            "queued": pa.array(np.where(draw % 10 == 0, "false", "true")),
            "answered": pa.array(np.where(answered, "true", "false")),
            "abandoned": pa.array(np.where(answered, "false", "true")),
        }
    )


def _zoned(stamp: Any) -> Any:
    import pyarrow as pa

    tidy = pa.compute.replace_substring(stamp, " ", "T")
    return pa.compute.binary_join_element_wise(tidy, "Z", "")


def run_ccml(folder: Path) -> dict[str, Any]:
    """Prepare the calls and work the key figures out."""
    import os

    from ccml.identity.prepare import prepare_all
    from ccml.kpis.build import build_kpis
    from ccml.project import Project

    os.environ["CCML_BENCHMARK_KEY"] = KEY
    (folder / "calls.yaml").write_text(CONFIG, encoding="utf-8")
    project = Project.open(folder / "calls.yaml", force=True)
    prepare_all(project)
    build_kpis(project)
    kpis = project.store.frame("kpis")
    total = kpis[(kpis.period == "all") & (kpis.group_kind == "all")]

    def figure(kpi: str, variant: str) -> float:
        found = total[(total.kpi == kpi) & total.variant.str.startswith(variant)]
        return float(found.value.iloc[0])

    return {
        "calls": int(project.store.read("calls").count().execute()),
        "service_level": figure("service_level", "SL2"),
        "abandonment": figure("abandonment", "AB1"),
        "aht_s": figure("aht", "talk + hold + wrap per call"),
        "asa_s": figure("asa", "queue wait of answered calls"),
        "repeat_rate_7d": figure("repeat_rate", "within 7 d"),
    }


def run_pandas(folder: Path) -> dict[str, Any]:
    """Do the same as a careful analyst would, with pandas in memory."""
    import numpy as np
    import pandas as pd

    from ccml.identity.phones import normalise_phone
    from ccml.identity.pseudonyms import agent_pseudonym, phone_pseudonym

    key = bytes.fromhex(KEY)
    calls = pd.read_csv(folder / "calls.csv", dtype=str)
    for name in ("started_at", "ended_at"):
        calls[name] = pd.to_datetime(calls[name], format="ISO8601", utc=True)
    for name in ("wait", "talk", "hold", "wrap"):
        calls[name] = pd.to_numeric(calls.pop(f"{name}_seconds"))
    for name in ("queued", "answered", "abandoned"):
        calls[name] = calls[name] == "true"
    numbers = {}
    for raw in calls.caller.unique():
        _, number = normalise_phone(raw, "PL", 5)
        numbers[raw] = phone_pseudonym(key, number) if number else None
    calls["phone_key"] = calls.pop("caller").map(numbers)
    agents = {raw: agent_pseudonym(key, raw) for raw in calls.agent.unique()}
    calls["agent_id"] = calls.pop("agent").map(agents)
    bad = (calls[["wait", "talk", "hold", "wrap"]] < 0).any(axis=1)
    calls = calls[~bad & (calls.ended_at >= calls.started_at)]
    calls = calls.sort_values(["call_id", "ended_at"]).drop_duplicates("call_id")
    calls["handle"] = calls.talk + calls.hold + calls.wrap
    calls.to_parquet(folder / "pandas_calls.parquet")
    inbound = calls[calls.direction == "inbound"]
    offered = inbound[inbound.queued | inbound.answered]
    answered = inbound[inbound.answered]
    known = inbound[inbound.phone_key.notna()].sort_values(["phone_key", "started_at"])
    starts = known[["phone_key", "started_at"]].drop_duplicates()
    starts["next_at"] = starts.groupby("phone_key").started_at.shift(-1)
    base = known[known.answered].merge(starts, on=["phone_key", "started_at"])
    end, window = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timedelta(days=7)
    closed = base[base.started_at <= end - window]
    return {
        "calls": len(calls),
        "service_level": float((offered.answered & (offered.wait <= 20)).mean()),
        "abandonment": float(offered.abandoned.mean()),
        "aht_s": float(calls.handle[calls.answered].mean()),
        "asa_s": float(answered.wait.mean()),
        "repeat_rate_7d": float(np.mean(closed.next_at <= closed.started_at + window)),
    }


ENGINES = {"ccml": run_ccml, "pandas": run_pandas}


def measure(engine: str, folder: Path, repeats: int) -> dict[str, Any]:
    """Run one engine several times, each in its own process."""
    runs = []
    for _ in range(repeats):
        command = [sys.executable, __file__, "--run", engine, "--folder", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    return {
        "engine": engine,
        "figures": runs[0]["figures"],
        "seconds_median": statistics.median(run["seconds"] for run in runs),
        "cpu_seconds_median": statistics.median(run["cpu_seconds"] for run in runs),
        "peak_rss_mb": max(run["peak_rss_mb"] for run in runs),
    }


def run_one(engine: str, folder: Path) -> dict[str, Any]:
    """Run one engine in this process, and measure it."""
    began, worked = time.perf_counter(), time.process_time()
    figures = ENGINES[engine](folder)
    return {
        "figures": figures,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - worked,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def compare(rows: int, repeats: int) -> dict[str, Any]:
    """Race both on one file, equal results first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_calls(folder / "calls.csv", rows)
        size = (folder / "calls.csv").stat().st_size / 1e6
        results = [measure(engine, folder, repeats) for engine in ENGINES]
    ours, theirs = (result["figures"] for result in results)
    for figure, value in ours.items():
        if not abs(value - theirs[figure]) <= 1e-9 * max(abs(value), 1):
            raise SystemExit(f"{figure}: {value} is not {theirs[figure]}")
    times = [result["seconds_median"] for result in results]
    for result in results:
        result["rows"] = rows
    return {
        "megabytes": round(size, 1),
        "results": results,
        "ratios": {"pandas": round(times[1] / times[0], 2)},
    }


def main() -> None:
    """Read the options, race, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--run", choices=ENGINES)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run_one(options.run, options.folder)))
    else:
        print(json.dumps(compare(options.rows, options.repeats), indent=2))


if __name__ == "__main__":
    main()
