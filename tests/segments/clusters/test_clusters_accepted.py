"""What clusters must be able to do, as listed in methods.md, section 8."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.choose import find_clusters
from ccml.segments.clusters.match import first_ids, stable_ids
from ccml.segments.clusters.prepare import prepare
from ccml.segments.clusters.traits import Trait

QUICK = ClustersConfig(max_k=5, bootstraps=6, stability_rows=500, sample_rows=900)
CENTRES = np.array([[0, 0, 0], [6, 0, 3], [0, 6, -3]], dtype=float)
BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def null_data(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import segments_null

    yield segments_null
    for name in ("segments_null", "segments_company"):
        sys.modules.pop(name, None)


@pytest.mark.slow
def test_planted_groups_are_found_in_nine_of_ten_seeds():
    good = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        truth = rng.choice(3, 600, p=[0.5, 0.3, 0.2])
        points = CENTRES[truth] + rng.standard_normal((600, 3))
        found = find_clusters(points, QUICK, seed)
        good += (
            found.k == 3
            and adjusted_rand_score(truth, found.model.assign(points)) >= 0.8
        )
    assert good >= 9


@pytest.mark.slow
def test_customers_who_are_all_alike_make_no_segments(null_data):
    # benchmarks/segments_null.py tries a hundred seeds.
    assert sum(null_data.has_none_in_company(seed) for seed in range(3)) >= 2


@pytest.mark.slow
def test_numbers_without_groups_make_no_segments(null_data, monkeypatch):
    monkeypatch.setattr(null_data, "ROWS", 800)
    assert sum(null_data.has_none_in_numbers(seed) for seed in range(3)) >= 2


def heavy_tails(seed):
    """Draw rates of three kinds of customers, as skewed as call rates are."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, 900)
    typical = np.array([[1, 1, 8], [8, 1, 1], [1, 8, 1]], dtype=float)[truth]
    return pd.DataFrame(
        typical * rng.lognormal(0, 0.8, (900, 3)), columns=[*"abc"]
    ), truth


def test_heavy_tails_are_grouped_much_better_than_raw_numbers():
    values, truth = heavy_tails(1)
    found = segmented(values)
    raw = ((values - values.mean()) / values.std()).to_numpy()
    peer = KMeans(3, n_init=10, random_state=1).fit(raw).labels_
    own = adjusted_rand_score(truth, found["told"])
    assert own >= adjusted_rand_score(truth, peer) + 0.2


TRAITS = [Trait(name, "rate", name, name, "", name, name) for name in "abc"]


def segmented(values, former=None):
    """Cluster customers; their segments keep the ids of a former run."""
    preparation = prepare(values, TRAITS)
    points = preparation.points(values)
    model = find_clusters(points, QUICK, 1).model
    labels = model.assign(points)
    if former is None:
        ids = first_ids(np.bincount(labels).tolist())
    else:
        then = former["model"].assign(former["preparation"].points(values))
        ids = stable_ids(labels, model.k, then, former["ids"], 9)
    told = np.array(ids, dtype=object)[labels]
    return {"preparation": preparation, "model": model, "ids": ids, "told": told}


def test_one_customer_with_a_million_calls_moves_nobody_else():
    values, _ = heavy_tails(2)
    huge = values.copy()
    huge.loc[0, "a"] = 1e6
    before = segmented(values)
    after = segmented(huge, before)
    assert (before["told"] == after["told"])[1:].all()


def test_another_unit_changes_no_segment():
    values, _ = heavy_tails(2)
    before = segmented(values)
    after = segmented(values.assign(b=values["b"] / 60))
    assert (before["told"] == after["told"]).all()


def test_unchanged_customers_keep_their_segment_from_month_to_month():
    rng = np.random.default_rng(3)
    values, _ = heavy_tails(3)
    former = segmented(values)
    for month in range(4):
        changed = pd.Series(rng.random(len(values)) < 0.15)
        fresh, _ = heavy_tails(10 + month)
        values = values.mask(changed, fresh)
        found = segmented(values, former)
        assert (found["told"] == former["told"])[~changed].mean() >= 0.95
        former = found
