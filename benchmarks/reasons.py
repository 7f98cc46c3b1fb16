"""Race of the reasons: SHAP values against shap.TreeExplainer, and reasons in words.

Run `python benchmarks/reasons.py --json` for the full size: values of 200,000 rows x 60
features x 200 trees of 31 leaves by both, and a million rows with reasons in words. The
other way is timed on `--peer-rows` rows, since its time grows with the rows alone; both
rates are told. The fast way is timed as the product runs it: start of its processes,
check against LightGBM's own values and adding up included.
"""

import argparse
import json
import resource
import time
import warnings
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from ccml.predictors.encode import fit_encoder
from ccml.predictors.explain import contributions
from ccml.predictors.models import BoosterModel
from ccml.predictors.scorer import Scorer
from ccml.scores.reasons import Explainer, check_additivity
from ccml.scores.sentences import FeatureInfo

LEARNT_ROWS = 20_000
CHUNK_ROWS = 100_000
KINDS = (
    ("count", "count", "calls of kind {} in the last 30 days"),
    ("mean", "seconds", "average wait {} in the last 90 days"),
    ("recency", "days", "days since the last event {}"),
    ("attribute", "value", "attribute {}"),
)


@dataclass(frozen=True)
class Size:
    """How much is worked out."""

    rows: int
    peer_rows: int
    words: int
    features: int
    trees: int
    leaves: int


def features(rows: int, count: int, seed: int) -> pd.DataFrame:
    """Make counts, waits, days since and other numbers, some of them missing."""
    rng = np.random.default_rng([seed, rows])
    columns = {}
    for i in range(count):
        kind = KINDS[i % len(KINDS)][0]
        if kind == "count":
            values = rng.poisson(2, rows).astype(float)
        elif kind == "mean":
            values = np.round(rng.exponential(90, rows), 1)
            values[rng.random(rows) < 0.2] = np.nan
        elif kind == "recency":
            values = rng.exponential(60, rows)
            values[rng.random(rows) < 0.1] = np.nan
        else:
            values = rng.normal(size=rows)
        columns[f"f{i:02d}_{kind}"] = values
    return pd.DataFrame(columns)


def fitted(size: Size) -> Scorer:
    """Fit a model in which every feature counts and some act together."""
    X = features(LEARNT_ROWS, size.features, seed=1)
    scaled = ((X - X.mean()) / X.std()).fillna(1.0).to_numpy()
    rng = np.random.default_rng(2)
    odds = scaled @ rng.normal(size=size.features) * 0.3
    odds += scaled[:, 0] * scaled[:, 1] - 1
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-odds))).astype(float)
    options = {
        "objective": "binary", "num_leaves": size.leaves, "verbosity": -1, "seed": 1,
    }  # fmt: skip
    encoder = fit_encoder(X, y, "benchmark")
    trained = lgb.train(options, lgb.Dataset(X, y), size.trees)
    return Scorer(
        "benchmark", encoder, BoosterModel.from_text(trained.model_to_string())
    )


def cpu_seconds() -> float:
    """Return the work of this process and of those it waited for.

    On a machine that others use, it says more than the time that passed.
    """
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peer_values(scorer: Scorer, X: pd.DataFrame) -> tuple[np.ndarray, float, float]:
    """Return the values of shap.TreeExplainer, bias last; its seconds and work."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    booster = lgb.Booster(model_str=scorer.model.text)
    began, worked = time.perf_counter(), cpu_seconds()
    found = shap.TreeExplainer(booster)(X)
    seconds, worked = time.perf_counter() - began, cpu_seconds() - worked
    values = np.column_stack([found.values, np.ravel(found.base_values)])
    return values, seconds, worked


def race(scorer: Scorer, size: Size) -> dict[str, Any]:
    """Time both ways, and compare their values on the rows that both have."""
    X = features(size.rows, size.features, seed=3)
    shared = X.iloc[: size.peer_rows]
    theirs, peer_seconds, peer_work = peer_values(scorer, shared)
    began = time.perf_counter()
    raw = scorer.predict(X)["raw_score"].to_numpy()
    scored = time.perf_counter() - began
    began, worked = time.perf_counter(), cpu_seconds()
    found = contributions(scorer, X, raw)
    seconds, worked = time.perf_counter() - began, cpu_seconds() - worked
    values = found.values.to_numpy()
    rate, peer_rate = size.rows / seconds, len(shared) / peer_seconds
    return {
        "method": found.method,
        "slow_because": found.slow_because,
        "rows": size.rows,
        "seconds": round(seconds, 2),
        "rows_per_s": round(rate),
        "raw_scores_s": round(scored, 2),
        "peer": "shap.TreeExplainer",
        "peer_rows": len(shared),
        "peer_seconds": round(peer_seconds, 2),
        "peer_rows_per_s": round(peer_rate),
        "cpu_seconds": round(worked, 1),
        "peer_cpu_seconds": round(peer_work, 1),
        "times_less_work": round(peer_work / len(shared) / (worked / size.rows), 1),
        "times_as_fast": round(rate / peer_rate, 1),
        "times_as_fast_with_raw_scores": round(
            size.rows / (seconds + scored) / peer_rate, 1
        ),
        "largest_difference": float(np.abs(values[: len(shared)] - theirs).max()),
        "largest_gap_to_score": float(np.abs(values.sum(axis=1) - raw).max()),
    }


def words(scorer: Scorer, size: Size) -> dict[str, Any]:
    """Time scores, values and reasons in words, in the chunks of the product."""
    explainer = _explainer(scorer)
    spent = {"score": 0.0, "values": 0.0, "words": 0.0}
    reasons = letters = 0
    for number, first in enumerate(range(0, size.words, CHUNK_ROWS)):
        X = features(min(CHUNK_ROWS, size.words - first), size.features, 10 + number)
        began = time.perf_counter()
        raw = scorer.predict(X)["raw_score"]
        scored = time.perf_counter()
        found = contributions(scorer, X, raw.to_numpy())
        explained = time.perf_counter()
        parts = check_additivity(found.values, raw, "benchmark")
        texts = explainer.explain(X, parts)
        spent["score"] += scored - began
        spent["values"] += explained - scored
        spent["words"] += time.perf_counter() - explained
        reasons += sum(text.count('"sentence"') for text in texts)
        letters += sum(map(len, texts))
    return {
        "rows": size.words,
        "reasons": reasons,
        "characters": letters,
        "seconds": round(sum(spent.values()), 1),
        "of_which": {name: round(value, 1) for name, value in spent.items()},
        "example": texts[0],
    }


def _explainer(scorer: Scorer) -> Explainer:
    names = scorer.feature_names
    kinds = [KINDS[i % len(KINDS)] for i in range(len(names))]
    infos = {
        name: FeatureInfo(name, kind, meaning.format(i), unit, f"family {i // 2}")
        for i, (name, (kind, unit, meaning)) in enumerate(
            zip(names, kinds, strict=True)
        )
    }
    return Explainer(tuple(names), infos, scorer.typical_values)


def main() -> None:
    """Run both parts and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--peer-rows", type=int, default=200_000)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=60)
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--leaves", type=int, default=31)
    asked = vars(parser.parse_args())
    as_json = asked.pop("json")
    size = Size(**asked)
    scorer = fitted(size)
    told = {
        "race": race(scorer, size),
        "words": words(scorer, size) if size.words else None,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(told, indent=2) if as_json else told)


if __name__ == "__main__":
    main()
