"""How often groups are found where there are none.

Run `python benchmarks/segments_null.py --seeds 100 --json`. Two kinds of data: a company
whose customers all have the same rate of calls and the same mix of matters (with calls
that are followed by others, as calls are), through the whole stage; and columns of
lognormal numbers without any relation, through preparation and choice.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from segments_company import Company, write_company

from ccml.config.segments import ClustersConfig
from ccml.segments.build import build_segments, read_summary
from ccml.segments.clusters.choose import find_clusters
from ccml.segments.clusters.prepare import prepare
from ccml.segments.clusters.traits import Trait

CUSTOMERS = 3_000
ROWS = 2_000
COLUMNS = 5
ASKED = 0.9


def placebo_company(seed: int) -> dict[str, Any]:
    """Segment a company whose customers are all alike."""
    company = Company(
        CUSTOMERS,
        days=180,
        calls_per_customer=3.0,
        shape=float("inf"),
        cause_share=0.0,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as name:
        project = write_company(Path(name), company, f"{{seed: {seed}}}")
        build_segments(project)
        return read_summary(project.store)


def has_none_in_company(seed: int) -> bool:
    """Tell whether nothing was found in a company of equals."""
    return all(trial["verdict"] != "kept" for trial in placebo_company(seed)["trials"])


def has_none_in_numbers(seed: int) -> bool:
    """Tell whether nothing was found in lognormal numbers."""
    rng = np.random.default_rng(seed)
    numbers = rng.lognormal(0, 1, (ROWS, COLUMNS))
    names = [f"number_{place}" for place in range(COLUMNS)]
    values = pd.DataFrame(numbers, columns=names)
    traits = [Trait(name, "number", name, name, "", name, name) for name in names]
    points = prepare(values, traits).points(values)
    return find_clusters(points, ClustersConfig(), seed).k == 0


def main() -> None:
    """Read the options, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    options = parser.parse_args()
    seeds = range(options.seeds)
    found = {
        "company of equals": sum(has_none_in_company(seed) for seed in seeds),
        "lognormal numbers": sum(has_none_in_numbers(seed) for seed in seeds),
    }
    told = {
        "seeds": options.seeds,
        "no reliable clusters": found,
        "asked": ASKED * options.seeds,
        "passed": all(number >= ASKED * options.seeds for number in found.values()),
    }
    print(json.dumps(told, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
