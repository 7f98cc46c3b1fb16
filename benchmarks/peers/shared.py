"""What the scripts of the peers share: what is asked for, names, and telling the time."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLE = "phone_calls"


def run(features: Callable[[Path, dict[str, Any], Path], list[str]]) -> None:
    """Time one engine, from the Parquet files of a folder to one of its features.

    Libraries are imported before: `features` receives the folder, what is asked for and
    the file to write, and names the features.
    """
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    asked = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    began = time.perf_counter()
    names = features(folder, asked, file)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "files": [str(file)], "features": names}))


def count(days: int) -> str:
    """Name the number of calls in a window."""
    return f"{TABLE}_{days}d"


def measure(column: str, statistic: str, days: int) -> str:
    """Name a statistic of a number column in a window."""
    return f"{TABLE}_{column}_{statistic}_{days}d"


def true(column: str, days: int) -> str:
    """Name how many flags or values were met in a window."""
    return f"{TABLE}_{column}_{days}d"


def indicators(calls: Any, asked: dict[str, Any]) -> list[str]:
    """Add a 0/1 column for every value, make numbers of flags, and list these columns."""
    found = list(asked["flags"])
    for flag in asked["flags"]:
        calls[flag] = calls[flag].astype("float64")
    for column, values in asked["values"].items():
        for value in values:
            calls[f"{column}_{value}"] = (calls[column] == value).astype("float64")
            found.append(f"{column}_{value}")
    return found
