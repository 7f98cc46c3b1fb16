import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from ccml.config.segments import ClustersConfig
from ccml.segments.clusters.choose import find_clusters
from ccml.segments.clusters.models import ClusterModel
from ccml.segments.clusters.stability import cloud, overlap, permuted

QUICK = ClustersConfig(max_k=5, bootstraps=6, stability_rows=500, sample_rows=600)
CENTRES = np.array([[0, 0, 0], [6, 0, 3], [0, 6, -3]], dtype=float)


def planted(seed, size=600):
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, size, p=[0.5, 0.3, 0.2])
    return CENTRES[truth] + rng.standard_normal((size, 3)), truth


@pytest.mark.parametrize("seed", range(4))
def test_well_separated_groups_are_found(seed):
    points, truth = planted(seed)
    found = find_clusters(points, QUICK, seed)
    assert found.k == 3
    assert found.model is not None
    assert adjusted_rand_score(truth, found.model.assign(points)) >= 0.8


@pytest.mark.parametrize("seed", range(4))
def test_data_without_groups_give_none(seed):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(4, 4))
    points = rng.standard_normal((600, 4)) @ mixing
    found = find_clusters(points, QUICK, seed)
    assert found.k == 0
    assert all(trial.verdict != "kept" for trial in found.trials)


def test_a_tiny_group_is_no_cluster():
    points = np.random.default_rng(1).standard_normal((600, 2))
    points[:3] += 100
    found = find_clusters(points, QUICK.model_copy(update={"max_k": 2}), 1)
    assert found.k == 0
    assert found.trials[0].verdict == "a cluster is too small"


def test_unrelated_columns_are_no_clusters_although_each_has_groups():
    rng = np.random.default_rng(2)
    points = rng.choice([0.0, 10.0], (600, 2)) + rng.normal(0, 0.3, (600, 2))
    trial = find_clusters(points, QUICK.model_copy(update={"max_k": 4}), 2).trials[-1]
    assert trial.min_jaccard is not None
    assert trial.verdict == "no tighter than unrelated columns"


def test_too_few_customers_give_no_clusters():
    assert find_clusters(np.ones((10, 2)), QUICK, 1).trials == ()


def test_no_trait_gives_no_clusters():
    assert find_clusters(np.empty((900, 0)), QUICK, 1).k == 0


def test_the_same_seed_gives_the_same_centres():
    points, _ = planted(5)
    first, again = (find_clusters(points, QUICK, 1).model for _ in range(2))
    assert first is not None
    assert again is not None
    assert np.array_equal(first.centres, again.centres)


def test_customers_go_to_the_nearest_centre():
    points, _ = planted(6)
    distance = ((points[:, None, :] - CENTRES[None]) ** 2).sum(axis=2)
    model = ClusterModel("kmeans", 3, CENTRES, np.arange(3))
    assert (model.assign(points) == distance.argmin(axis=1)).all()


def test_the_overlap_counts_every_row_once():
    shared = overlap(np.array([0, 0, 1]), np.array([1, 1, 0]), (2, 2))
    assert shared.tolist() == [[0, 2], [1, 0]]


def test_null_data_keep_what_they_should():
    points, _ = planted(7, size=5_000)
    rng = np.random.default_rng(1)
    shuffled = permuted(points, rng)
    assert (np.sort(shuffled, axis=0) == np.sort(points, axis=0)).all()
    drawn = np.cov(cloud(points, rng).T)
    assert drawn == pytest.approx(np.cov(points.T), abs=0.6)
