"""The `survival` key of an evaluation: by when the event happens.

Keys:
    period_days, periods, restricted_days: What the model tells of; expected days count
        no further than the last.
    training, test: spells, customers, events, and followed_days at most.
    horizons: Days -> rows_known, events, probability_mean, observed (IPCW, as many as if
        all were followed), observed_minus_promised, brier, brier_kaplan_meier,
        brier_difference (hazard model minus Kaplan-Meier, paired), auc, each {value,
        low, high}, and beats_kaplan_meier.
    not_judged: Days -> why.
    expected_days: median, low and high tenth of up to 5,000 test rows.
    thirds: Per third by risk: group, rows, promised ([day, share without the event]) and
        observed (the same by Kaplan-Meier).
    figures: The measures by horizon, flat, for the tracking.
    sentence: What it is worth, in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ccml.config.survival import SurvivalConfig
from ccml.predictors.dataset import Floats, Rows
from ccml.predictors.resampling import cluster_weights, compact
from ccml.predictors.survival.hazard import HazardModel
from ccml.predictors.survival.judge import FEWEST, Sampled, judged, outcome
from ccml.predictors.survival.kaplan_meier import kaplan_meier
from ccml.predictors.survival.periods import Spells

RESAMPLES = 200
SAMPLE_ROWS = 5_000
THIRDS = ("lowest third", "middle third", "highest third")
FEWEST_IN_THIRD = 100
OBSERVED_POINTS = 90
FIGURES = ("brier", "brier_kaplan_meier", "brier_difference", "auc", "observed")


@dataclass(frozen=True)
class Judged:
    """A model, the spells that judge it, and those it learnt from.

    Attributes:
        model: The hazard model.
        features: Raw features of the test rows.
        test: Their spells, in the same order.
        training: The spells it learnt from.
    """

    model: HazardModel
    features: pd.DataFrame
    test: Spells
    training: Spells


def survival_section(case: Judged, asked: SurvivalConfig, seed: int) -> dict[str, Any]:
    """Judge a survival model; see the module's text for the shape."""
    model, test = case.model, case.test
    horizons, not_judged = _horizons(case, asked)
    found: dict[int, Any] = {}
    thirds: list[dict[str, Any]] = []
    if horizons:
        curve = model.curve(case.features, horizons[-1] // model.period_days)
        sample = _sampled(test, seed)
        for days in horizons:
            seen = outcome(test.days, test.happened, days)
            everybody = float(model.everybody_at([days])[0])
            survival = curve[:, days // model.period_days]
            found[days] = judged(seen, survival, everybody, sample)
        thirds = _thirds(case, curve)
    section = {
        "period_days": model.period_days,
        "periods": model.periods,
        "restricted_days": model.days,
        "training": _counts(case.training),
        "test": _counts(test),
        "horizons": {str(days): values for days, values in found.items()},
        "not_judged": {str(days): why for days, why in not_judged.items()},
        "expected_days": _expected(case, seed),
        "thirds": thirds,
        "figures": _figures(found),
    }
    return section | {"sentence": _sentence(section)}


def _horizons(case: Judged, asked: SurvivalConfig) -> tuple[list[int], dict[int, str]]:
    """Tell which horizons can be judged, and why others cannot."""
    kept, missing = [], {}
    for days in asked.horizons_days:
        if days not in case.model.horizons:
            missing[days] = (
                f"training rows are followed for {case.model.days} days before the test, "
                "so nothing is told"
            )
        elif not _is_judged(case.test, days):
            missing[days] = (
                f"fewer than {FEWEST} test rows are known to have had the event by then, "
                "or not to have had it"
            )
        else:
            kept.append(days)
    return kept, missing


def _is_judged(test: Spells, days: int) -> bool:
    return len(test) > 0 and outcome(test.days, test.happened, days).is_judged


def _sampled(test: Spells, seed: int) -> Sampled:
    clusters = compact(test.customers)
    return Sampled(clusters, cluster_weights(int(clusters.max()) + 1, RESAMPLES, seed))


def _counts(spells: Spells) -> dict[str, float]:
    return {
        "spells": len(spells),
        "customers": len(np.unique(spells.customers)),
        "events": int(spells.happened.sum()),
        "followed_days": float(spells.followed.max()) if len(spells) else 0.0,
    }


def _expected(case: Judged, seed: int) -> dict[str, float]:
    """Return quantiles of the expected days of some test rows."""
    size = len(case.features)
    if not size:
        return {}
    rng = np.random.default_rng([seed, 9])
    chosen = np.sort(rng.choice(size, min(size, SAMPLE_ROWS), replace=False))
    days = case.model.expected_days(case.features.iloc[chosen])
    low, median, high = np.quantile(days, [0.1, 0.5, 0.9])
    return {"low": float(low), "median": float(median), "high": float(high)}


def _thirds(case: Judged, curve: Floats) -> list[dict[str, Any]]:
    """Compare the promised curve of each third by risk with what came."""
    order = np.argsort(-curve[:, -1], kind="stable")
    if len(order) < FEWEST_IN_THIRD * len(THIRDS):
        return []
    return [
        _third(case, name, curve, np.sort(rows))
        for name, rows in zip(THIRDS, np.array_split(order, len(THIRDS)), strict=True)
    ]


def _third(case: Judged, name: str, curve: Floats, rows: Rows) -> dict[str, Any]:
    ends = case.model.period_days * np.arange(curve.shape[1], dtype=np.float64)
    seen = case.test.take(rows)
    days = np.unique(np.linspace(0, ends[-1], OBSERVED_POINTS + 1).round())
    observed = kaplan_meier(seen.days, seen.happened).before(days)
    return {
        "group": name,
        "rows": len(rows),
        "promised": _points(ends, curve[rows].mean(axis=0)),
        "observed": _points(days, observed),
    }


def _points(days: Floats, shares: Floats) -> list[list[float]]:
    return [[float(d), float(s)] for d, s in zip(days, shares, strict=True)]


def _figures(found: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{measure}_{days}d": values[measure]
        for days, values in found.items()
        for measure in FIGURES
    }


def _sentence(section: Mapping[str, Any]) -> str:
    horizons = section["horizons"]
    if not horizons:
        return "Nothing can be said of time yet: no horizon could be judged."
    last, values = list(horizons.items())[-1]
    told = (
        f"Within {last} days {values['probability_mean']['value']:.1%} were expected and "
        f"{values['observed']['value']:.1%} came. "
    )
    better = [days for days, found in horizons.items() if found["beats_kaplan_meier"]]
    if len(better) == len(horizons):
        return f"{told}Better than one curve for everybody at {_days(better)}."
    rest = [days for days in horizons if days not in better]
    also = f"better at {_days(better)}, but " if better else ""
    return (
        f"{told}Against one curve for everybody (Kaplan-Meier): {also}not better beyond "
        f"noise at {_days(rest)}; there that curve serves as well."
    )


def doubts(section: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name what speaks against the model: check and sentence."""
    found = section["horizons"]
    equal = [days for days, values in found.items() if not values["beats_kaplan_meier"]]
    said = []
    if equal:
        sentence = (
            f"By {_days(equal)} the survival model is not better than one curve for "
            "everybody (Kaplan-Meier) beyond noise; take that curve there."
        )
        said.append(("survival_no_better", sentence))
    for days, why in section["not_judged"].items():
        sentence = f"Survival: the probability by {days} days was not judged: {why}."
        said.append(("survival_not_judged", sentence))
    return said


def _days(days: Sequence[str]) -> str:
    *first, last = days
    return f"{', '.join(first)} and {last} days" if first else f"{last} days"
