"""The laws of call rates as the stage of repeat callers stores them."""

from typing import Any

from ccml.engine.json_folder import read_json
from ccml.engine.store import Store
from ccml.segments.callers.forgetting import ForgettingLaw
from ccml.segments.callers.gamma_poisson import RateFit
from ccml.segments.callers.judge import Callers, Laws

SUMMARY = "callers_summary"
LAWS_FILE = "laws.json"


def told_laws(callers: Callers) -> dict[str, Any]:
    """Give the laws and the threshold as plain values, exactly."""
    laws = callers.laws
    return {
        "fit": laws.fit.as_dict(),
        "lasting": laws.lasting.as_dict() if laws.lasting else None,
        "coming": laws.coming.as_dict() if laws.coming else None,
        "threshold_per_day": callers.threshold_per_day,
    }


def read_laws(store: Store) -> tuple[Laws, float]:
    """Read the laws, and the threshold as a rate per day."""
    told: dict[str, Any] = read_json(store, SUMMARY, LAWS_FILE)
    laws = Laws(
        RateFit.from_dict(told["fit"]),
        ForgettingLaw.from_dict(told["lasting"]) if told["lasting"] else None,
        ForgettingLaw.from_dict(told["coming"]) if told["coming"] else None,
    )
    return laws, float(told["threshold_per_day"])
