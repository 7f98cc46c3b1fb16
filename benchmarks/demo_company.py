"""How long the demo company takes and how much memory; prints one JSON object.

Run `python benchmarks/demo_company.py --customers 20000 100000 --repeats 3`.
Each run is a process of its own, so that its peak memory is its own.
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


def run_once(customers: int, seed: int, parent: Path) -> dict[str, Any]:
    """Write one company and measure it; this process does nothing else."""
    from ccml.demo.company import write_company

    started, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        summary = write_company(Path(folder) / "company", customers, seed)
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": sum(summary.rows.values()),
        "calls": summary.calls,
        "megabytes": round(size / 1e6, 1),
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - worked,
        "peak_rss_mb": usage.ru_maxrss / 1024,
    }


def measure(customers: int, seed: int, repeats: int, parent: Path) -> dict[str, Any]:
    """Run one size several times and take the medians."""
    runs = [_child(customers, seed, parent) for _ in range(repeats)]
    median = {
        name: round(statistics.median(run[name] for run in runs), 2)
        for name in ("seconds", "cpu_seconds", "peak_rss_mb")
    }
    return {
        "engine": "ccml.demo",
        "customers": customers,
        "rows": runs[0]["rows"],
        "calls": runs[0]["calls"],
        "megabytes": runs[0]["megabytes"],
        "seconds_median": median["seconds"],
        "cpu_seconds_median": median["cpu_seconds"],
        "peak_rss_mb": median["peak_rss_mb"],
        "repeats": repeats,
    }


def _child(customers: int, seed: int, parent: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", "--customers", str(customers)]
    command += ["--seed", str(seed), "--folder", str(parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[20_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_once(options.customers[0], options.seed, options.folder)))
        return
    results = [
        measure(size, options.seed, options.repeats, options.folder)
        for size in options.customers
    ]
    print(json.dumps({"results": results, "ratios": {}}))


if __name__ == "__main__":
    main()
