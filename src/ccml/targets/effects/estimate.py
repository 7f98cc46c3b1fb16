"""The mean effect of a contact, from customers held out at random.

Regression adjustment with a slope of its own in each group keeps the effect unbiased for
large groups and never widens its interval by more than noise; standard errors are those
of HC2 (Lin, Annals of Applied Statistics 2013).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CONFIDENCE = 0.95
POWER = 0.80
FEWEST_PER_COVARIATE = 20
"""Customers of the smaller group that each covariate needs."""


@dataclass(frozen=True)
class Effect:
    """What one contact changed on average, in the unit of the measure.

    Attributes:
        value: Mean change per customer who was to be contacted.
        low: Lower end of its 95 % interval.
        high: Upper end.
        treated_mean: Mean of those to be contacted, as it was.
        held_out_mean: Mean of those held out, as it was.
        could_show: Smallest true change that would have been found with 80 % chance.
        adjusted: Whether what was known before narrowed the interval.
    """

    value: float
    low: float
    high: float
    treated_mean: float
    held_out_mean: float
    could_show: float
    adjusted: bool


def mean_effect(y: Floats, treated: Bools, covariates: Floats) -> Effect:
    """Estimate the mean effect, adjusted for what was known before.

    Args:
        y: The measure of n customers.
        treated: Who was to be contacted; the others were held out at random.
        covariates: n x k numbers known before the campaign; k may be 0.

    Raises:
        ValueError: A group has fewer than two customers.
    """
    sizes = int(treated.sum()), int((~treated).sum())
    if min(sizes) < 2:
        raise ValueError(f"both groups need two customers or more, got {sizes}")
    used = _usable(covariates, treated)
    centred = used - used.mean(axis=0)
    mean_1, var_1 = _intercept(y[treated], centred[treated])
    mean_0, var_0 = _intercept(y[~treated], centred[~treated])
    value, error = mean_1 - mean_0, float(np.sqrt(var_1 + var_0))
    z = float(norm.ppf(0.5 + CONFIDENCE / 2))
    return Effect(
        value=value,
        low=value - z * error,
        high=value + z * error,
        treated_mean=float(y[treated].mean()),
        held_out_mean=float(y[~treated].mean()),
        could_show=(z + float(norm.ppf(POWER))) * error,
        adjusted=used.shape[1] > 0,
    )


def _usable(covariates: Floats, treated: Bools) -> Floats:
    """Keep covariates that vary in both groups, if the smaller group bears them."""
    groups = covariates[treated], covariates[~treated]
    varies = np.all([group.std(axis=0) > 0 for group in groups], axis=0)
    used = covariates[:, varies]
    smaller = min(len(group) for group in groups)
    return used[:, : smaller // FEWEST_PER_COVARIATE]


def _intercept(y: Floats, centred: Floats) -> tuple[float, float]:
    """Fit y by the covariates, and return the fit at their mean and its HC2 variance."""
    z = np.column_stack([np.ones(len(y)), centred])
    inverse = np.linalg.pinv(z.T @ z)
    beta = inverse @ (z.T @ y)
    leverage = np.einsum("ij,jk,ik->i", z, inverse, z)
    spread = (y - z @ beta) ** 2 / np.clip(1 - leverage, 1e-9, None)
    weights = z @ inverse[0]
    return float(beta[0]), float((weights**2 * spread).sum())


def standardised_difference(values: Floats, treated: Bools) -> float:
    """Return how far the groups' means are apart, in standard deviations.

    The deviation is that of both groups pooled; 0 where nothing varies.
    """
    one, other = values[treated], values[~treated]
    pooled = float(np.sqrt((one.var() + other.var()) / 2))
    return float((one.mean() - other.mean()) / pooled) if pooled else 0.0
