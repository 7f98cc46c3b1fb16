"""The laws of call rates as the stage of repeat callers stores them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ccml.engine.store import Store
from ccml.segments.callers.forgetting import ForgettingLaw
from ccml.segments.callers.gamma_poisson import RateFit
from ccml.segments.callers.judge import Callers, Laws

SUMMARY = "callers_summary"
FILE = "laws.json"


def write_laws(folder: Path, callers: Callers) -> None:
    """Write the laws and the threshold, exactly."""
    laws = callers.laws
    text = json.dumps(
        {
            "fit": asdict(laws.fit),
            "lasting": None if laws.lasting is None else asdict(laws.lasting),
            "coming": None if laws.coming is None else asdict(laws.coming),
            "threshold_per_day": callers.threshold_per_day,
        },
        indent=1,
        sort_keys=True,
    )
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read_laws(store: Store) -> tuple[Laws, float]:
    """Read the laws, and the threshold as a rate per day."""
    text = (store.folder(SUMMARY) / FILE).read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)
    laws = Laws(
        RateFit(**told["fit"]),
        _forgetting(told["lasting"]),
        _forgetting(told["coming"]),
    )
    return laws, float(told["threshold_per_day"])


def _forgetting(told: dict[str, Any] | None) -> ForgettingLaw | None:
    if told is None:
        return None
    pairs = {name: tuple(told[name]) for name in ("shape", "days")}
    return ForgettingLaw(**{**told, **pairs})
