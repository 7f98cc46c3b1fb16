"""How numbers of calls are spread over customers: by chance alone, or by more."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
OVERDISPERSION_LEVEL = 0.01
SHAPE_BOUNDS = (-4.0, 12.0)  # log; below, the fit has no finite number of customers


@dataclass(frozen=True)
class CallCounts:
    """Customers with the same number of calls and the same exposure, counted together.

    Args:
        calls: Distinct pairs' calls.
        days: Distinct pairs' days in which the customer could have called.
        customers: How many customers each pair stands for.
        where: For every customer, the position of the pair.
        is_truncated: Customers without a call are not on record.
    """

    calls: Floats
    days: Floats
    customers: Floats
    where: NDArray[np.int64]
    is_truncated: bool = False

    @classmethod
    def of(cls, calls: Any, days: Any, *, is_truncated: bool = False) -> "CallCounts":
        """Count equal customers together."""
        pairs = np.column_stack(
            [np.asarray(calls, dtype=float), np.asarray(days, dtype=float)]
        )
        distinct, where, sizes = np.unique(
            pairs, axis=0, return_inverse=True, return_counts=True
        )
        return cls(
            distinct[:, 0], distinct[:, 1], sizes.astype(float), where, is_truncated
        )

    @property
    def total_calls(self) -> float:
        """All calls of all customers."""
        return float(self.calls @ self.customers)


@dataclass(frozen=True)
class RateFit:
    """How call rates are spread over customers.

    Args:
        mean_per_day: Rate of the average customer.
        shape: Shape of the gamma distribution of rates; infinite when all are alike.
        p_value: Of the likelihood-ratio test of "all customers have the same rate".
        is_truncated: Fitted to customers with at least one call.
    """

    mean_per_day: float
    shape: float
    p_value: float
    is_truncated: bool

    @property
    def is_overdispersed(self) -> bool:
        """Tell whether customers differ by more than chance."""
        return bool(np.isfinite(self.shape))

    @property
    def inverse_scale_days(self) -> float:
        """The gamma prior's weight, in days of watching a customer."""
        return self.shape / self.mean_per_day

    def as_dict(self) -> dict[str, Any]:
        """Give plain values; no shape is null."""
        shape = self.shape if self.is_overdispersed else None
        return {**asdict(self), "shape": shape}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "RateFit":
        """Read plain values back."""
        shape = plain["shape"]
        return cls(**{**plain, "shape": np.inf if shape is None else shape})


def fit_rates(counts: CallCounts) -> RateFit:
    """Fit gamma-distributed rates by maximum likelihood, unless all may be alike."""
    poisson_mean, poisson_score = _fit_poisson(counts)
    mean, shape, score = _fit_gamma_poisson(counts, poisson_mean)
    ratio = max(2 * (score - poisson_score), 0.0)
    p_value = float(0.5 * stats.chi2.sf(ratio, df=1))
    if p_value >= OVERDISPERSION_LEVEL:
        return RateFit(poisson_mean, float("inf"), p_value, counts.is_truncated)
    return RateFit(mean, shape, p_value, counts.is_truncated)


def poisson_rate(counts: CallCounts) -> float:
    """Estimate the one rate per day that all customers would share."""
    return _fit_poisson(counts)[0]


def _fit_poisson(counts: CallCounts) -> tuple[float, float]:
    plain = counts.total_calls / float(counts.days @ counts.customers)
    if not counts.is_truncated or plain <= 0:
        return plain, _score(counts, plain, float("inf"))
    # A rate far below the plain one tends to one call per customer.
    found = optimize.minimize_scalar(
        lambda log_mean: -_score(counts, float(np.exp(log_mean)), float("inf")),
        bounds=(np.log(plain) - 12, np.log(plain) + 0.1),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(np.exp(found.x)), -float(found.fun)


def _fit_gamma_poisson(
    counts: CallCounts, start_mean: float
) -> tuple[float, float, float]:
    """Maximise the likelihood over the mean and the shape, both on a log scale."""
    if start_mean <= 0:
        return start_mean, float("inf"), _score(counts, start_mean, float("inf"))

    def loss(at: Floats) -> float:
        mean, shape = np.exp(at + np.array([np.log(start_mean), 0.0]))
        score = _score(counts, float(mean), float(shape))
        return -score / float(counts.customers.sum())

    tries = [
        optimize.minimize(
            loss,
            x0=np.array([0.0, np.log(shape)]),
            method="L-BFGS-B",
            bounds=[(-12.0, 6.0), SHAPE_BOUNDS],
            options={"ftol": 1e-13, "gtol": 1e-8},
        )
        for shape in (0.3, 3.0)
    ]
    best = min(tries, key=lambda found: float(found.fun))
    mean, shape = float(np.exp(best.x[0]) * start_mean), float(np.exp(best.x[1]))
    return mean, shape, _score(counts, mean, shape)


def _score(counts: CallCounts, mean: float, shape: float) -> float:
    """Compute the log likelihood of all customers."""
    told = log_mass(counts.calls, counts.days, mean, shape)
    if counts.is_truncated:
        none = log_mass(np.zeros(1), counts.days, mean, shape)
        told = told - np.log(-np.expm1(none))
    return float(told @ counts.customers)


def log_mass(calls: Floats, days: Floats, mean: float, shape: float) -> Floats:
    """Log probability of a number of calls in some days; infinite shape: Poisson."""
    expected = mean * days
    if not np.isfinite(shape):
        mass = special.xlogy(calls, expected) - expected - special.gammaln(calls + 1)
        return np.asarray(mass)
    missed = shape / (shape + expected)
    return np.asarray(
        special.gammaln(shape + calls)
        - special.gammaln(shape)
        - special.gammaln(calls + 1)
        + shape * np.log(missed)
        + special.xlogy(calls, 1 - missed)
    )
