"""Features of calls as of cutoffs: ccml against pandas, featuretools and getML.

Run `python benchmarks/features.py --json`. All engines read the same Parquet files of
calls and customers at month starts, make the same features as far as they can, and write
them as Parquet. Their values are compared before any time is told. Each runs in a process
of its own, the peers in environments of their own, in turns, so that what else the
machine does hits all alike. Prints one JSON object; progress goes to stderr.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from features_check import require_equal
from features_data import Size, make_data, scan_seconds
from features_process import ENGINES, run

PEERS = [name for name in ENGINES if name != "ccml"]


def race(
    folder: Path, size: Size, names: list[str], options: Any
) -> list[dict[str, Any]]:
    """Race engines at one size: equal values first, then times in turns."""
    say(f"{size.rows:,} calls, {size.customers:,} customers, {size.cutoffs} cutoffs")
    make_data(folder, size)
    # Also compiles what has not been compiled yet.
    run(ENGINES["ccml"], folder, ways=["prepare"])
    first = run(ENGINES["ccml"], folder)
    if first is None:
        raise SystemExit("ccml did not finish")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    equal = {"ccml": len(first["features"])}
    for turn in range(options.repeats):
        for name in [n for n in names if n in runs]:
            done = run(ENGINES[name], folder, options.limit_s)
            if done is None:
                say(f"  {name}: not within {options.limit_s:g} s")
                del runs[name]
                continue
            if turn == 0 and name != "ccml":
                equal[name] = require_equal(first, done, name)
            say(f"  {name}: {done['seconds']:.1f} s, {done['peak_rss_mb']:.0f} MB")
            runs[name].append(done)
    return [
        {
            "engine": name,
            "rows": size.rows,
            "customers": size.customers,
            "cutoffs": size.cutoffs,
            "features": equal[name],
            "seconds_median": round(statistics.median(r["seconds"] for r in done), 3),
            "seconds": [round(r["seconds"], 3) for r in done],
            "cpu_s_median": statistics.median(r["cpu_s"] for r in done),
            "peak_rss_mb": max(r["peak_rss_mb"] for r in done),
        }
        for name, done in runs.items()
    ]


def compare(options: Any) -> dict[str, Any]:
    """Race over all sizes; an engine that was too slow sits the larger ones out."""
    results: list[dict[str, Any]] = []
    names = ["ccml", *[name for name in options.engines if name != "ccml"]]
    scan = 0.0
    for size in sizes(options):
        with _folder(options) as name:
            folder = Path(name) / f"{size.rows}_{size.customers}_{size.cutoffs}"
            found = race(folder, size, names, options)
            scans = [scan_seconds(folder) for _ in range(options.repeats)]
            scan = statistics.median(scans)
        results += [{**row, "scan_s": round(scan, 3)} for row in found]
        finished = [row["engine"] for row in found]
        names = [n for n in names if n in finished]
    return {
        "results": results,
        "ratios": ratios(results),
        "growth_exponent": growth_exponent(results),
        "scan_s": round(scan, 3),
    }


def sizes(options: Any) -> list[Size]:
    """Read sizes such as 5000000:83333, in order."""
    pairs = [tuple(map(int, text.split(":"))) for text in options.sizes.split(",")]
    return [
        Size(rows, customers, options.cutoffs, options.memory_gb)
        for rows, customers in sorted(pairs)
    ]


def ratios(results: list[dict[str, Any]]) -> dict[str, float]:
    """Tell how many times slower each peer is at the largest size that it finished."""
    ours = {(r["rows"], r["customers"]): r for r in results if r["engine"] == "ccml"}
    found = {}
    for row in results:
        if row["engine"] != "ccml":
            base = ours[row["rows"], row["customers"]]["seconds_median"]
            found[row["engine"]] = round(row["seconds_median"] / base, 2)
    return found


def growth_exponent(results: list[dict[str, Any]]) -> float | None:
    """Fit seconds = a * rows ^ exponent to ccml's times over the sizes."""
    points = [
        (math.log(row["rows"]), math.log(row["seconds_median"]))
        for row in results
        if row["engine"] == "ccml"
    ]
    if len({x for x, _ in points}) < 2:
        return None
    x, y = zip(*points, strict=True)
    return round(statistics.linear_regression(x, y).slope, 3)


def per_cutoff(options: Any) -> dict[str, Any]:
    """Measure what one more cutoff costs: in one run, and when the others stand."""
    options.sizes = options.sizes.split(",")[0]
    whole, grown = {}, {}
    for cutoffs in options.per_cutoff:
        options.cutoffs = cutoffs
        [size] = sizes(options)
        with _folder(options) as name:
            folder = Path(name) / f"{size.rows}_{size.customers}_{cutoffs}"
            [row] = race(folder, size, ["ccml"], options)
            whole[cutoffs] = row["seconds_median"]
            runs = [
                run(ENGINES["ccml"], folder, ways=["grow"])
                for _ in range(options.repeats)
            ]
            grown[cutoffs] = statistics.median(r["seconds"] for r in runs if r)
            say(f"  one more: {grown[cutoffs]:.2f} s")
    line = statistics.linear_regression(list(whole), list(whole.values()))
    return {
        "seconds_by_cutoffs": whole,
        "seconds_per_cutoff": round(line.slope, 3),
        "seconds_of_one_more": {n: round(s, 3) for n, s in grown.items()},
    }


def say(text: str) -> None:
    """Tell what happens."""
    print(text, file=sys.stderr, flush=True)


def _folder(options: Any) -> Any:
    if options.folder is None:
        return tempfile.TemporaryDirectory()
    return nullcontext(options.folder)


def main() -> None:
    """Read the options, race, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="as ever: one JSON object")
    parser.add_argument(
        "--sizes",
        default="1000000:25000,5000000:83333",
        help="calls:customers, with commas; the issue's are 1000000:25000, "
        "5000000:83333 and 20000000:250000",
    )
    parser.add_argument("--cutoffs", type=int, default=12, help="month starts")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--limit-s", type=float, default=600)
    parser.add_argument("--memory-gb", type=float, default=4, help="ccml's engine")
    parser.add_argument("--engines", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--folder", type=Path, help="keep all data here")
    parser.add_argument(
        "--per-cutoff",
        type=int,
        nargs="+",
        metavar="N",
        help="only ccml, at the first size, with so many cutoffs each",
    )
    options = parser.parse_args()
    found = per_cutoff(options) if options.per_cutoff else compare(options)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
