"""Seconds and peak memory of segmenting a company of any size, stage by stage.

Run `python benchmarks/segments.py --json --customers 1000000`. Each stage runs in a
process of its own on the tables that the ones before have made, so that its peak memory
is its own. Stages that are not there are left out, and said so.
"""

import argparse
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STAGES = {
    "callers": ("ccml.segments.callers.build", "build_callers"),
    "segments": ("ccml.segments.build", "build_segments"),
    "episodes": ("ccml.segments.episodes.build", "build_episodes"),
    "anomalies": ("ccml.segments.anomalies.build", "build_anomalies"),
    "segment_history": ("ccml.segments.history.build", "build_segment_history"),
    "strategies": ("ccml.segments.strategies.build", "build_strategies"),
}


def make(folder: Path, customers: int) -> dict[str, Any]:
    """Write the company."""
    from segments_company import TRIGGERS, Company, write_company

    clusters = f"{{clusters: {TRIGGERS}}}"
    project = write_company(
        folder, Company(customers, calls_per_customer=4.6), clusters
    )
    return {"calls": int(project.store.read("calls").count().execute())}


def run_stage(folder: Path, name: str) -> dict[str, Any]:
    """Run one stage in this process, and measure it."""
    module, function = STAGES[name]
    try:
        build = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError):
        return {"stage": name, "was_run": False}
    from ccml.project import Project

    project = Project.open(folder / "company.yaml")
    began, worked = time.perf_counter(), time.process_time()
    build(project)
    return {
        "stage": name,
        "was_run": True,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def verdict(folder: Path) -> dict[str, Any]:
    """Say what was found."""
    from ccml.project import Project
    from ccml.segments.build import read_summary

    summary = read_summary(Project.open(folder / "company.yaml").store)
    names = {one["name"]: one["customers"] for one in summary["segments"]}
    return {"verdict": summary["verdict"], "segments": names}


def measure(customers: int, stages: list[str]) -> dict[str, Any]:
    """Write the company and run every stage, one process after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = _in_process(folder, "make", customers)
        found = [_in_process(folder, stage, customers) for stage in stages]
        told = _in_process(folder, "verdict", customers)
    ran = [one for one in found if one["was_run"]]
    return {
        "customers": customers,
        **made,
        "stages": found,
        "not_run": [one["stage"] for one in found if not one["was_run"]],
        "seconds": round(sum(one["seconds"] for one in ran), 1),
        "peak_rss_mb": max((one["peak_rss_mb"] for one in ran), default=0),
        **told,
    }


def _in_process(folder: Path, step: str, customers: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
    command += ["--customers", str(customers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and step in STAGES:
        lines = done.stderr.strip().splitlines()
        last = lines[-1] if lines else f"ended with {done.returncode}"
        return {"stage": step, "was_run": False, "error": last}
    if done.returncode:
        raise SystemExit(f"{step} failed:\n{done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _step(step: str, folder: Path, customers: int) -> dict[str, Any]:
    if step == "make":
        return make(folder, customers)
    return verdict(folder) if step == "verdict" else run_stage(folder, step)


def main() -> None:
    """Read the options, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--json", action="store_true", help="print JSON only")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(_step(options.step, options.folder, options.customers)))
        return
    found = measure(options.customers, options.stages)
    if not options.json:
        for one in found["stages"]:
            print(one)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
