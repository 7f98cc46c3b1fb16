import json

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from ccml.segments.clusters.models import OUTSIDE, ClusterModel, fit_model

ALGORITHMS = ["kmeans", "minibatch_kmeans", "gaussian_mixture", "hdbscan"]
CENTRES = np.array([[0, 0], [9, 0], [0, 9]], dtype=float)


def planted(seed=1, size=600):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, size)
    return CENTRES[truth] + rng.standard_normal((size, 2)), truth


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_customers_seen_later_are_placed_like_those_before(algorithm):
    points, _ = planted()
    model = fit_model(algorithm, points, 3, 1, 0.05)
    assert model.k == 3
    later, truth = planted(seed=2)
    assert adjusted_rand_score(truth, model.assign(later)) > 0.85


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_stored_model_places_alike(algorithm):
    points, _ = planted()
    model = fit_model(algorithm, points, 3, 1, 0.05)
    again = ClusterModel.from_dict(json.loads(json.dumps(model.as_dict())))
    assert (again.assign(points) == model.assign(points)).all()


def test_a_mixture_places_by_posterior():
    points, _ = planted()
    points[:, 1] *= 4
    model = fit_model("gaussian_mixture", points, 3, 1, 0.05, starts=2)
    peer = GaussianMixture(3, n_init=2, random_state=1, reg_covar=1e-3, max_iter=200)
    assert (model.assign(points) == peer.fit(points).predict(points)).all()


def test_customers_far_from_every_dense_group_are_in_none():
    points, _ = planted()
    model = fit_model("hdbscan", points, 0, 1, 0.05)
    assert model.assign(np.array([[50.0, 50.0]])).tolist() == [OUTSIDE]


def test_no_dense_group_takes_nobody():
    rng = np.random.default_rng(1)
    model = fit_model("hdbscan", rng.standard_normal((300, 2)), 0, 1, 0.3)
    assert model.k == 0
    assert (model.assign(np.zeros((4, 2))) == OUTSIDE).all()
