"""A law of call rates that is judged by what it foretells, and forgets.

Two kinds of customers, each with gamma-distributed rates; calls and days fade with their
age; and as calls come in chains, a call is worth less than a call. All of it is chosen so
that the calls of past periods are foretold best from what came before them: what does not
last from one period to the next does not count as a lasting rate.

Source: the gamma-Poisson model with power-discounted counts is that of Harvey and
Fernandes, Time Series Models for Count or Qualitative Observations (1989); two kinds of
customers, chains and the choice by foretold periods are this project's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.posterior import Posterior

Floats = NDArray[np.float64]
HALF_LIVES = (20.0, 40.0, 80.0, float("inf"))
MOST_CUSTOMERS = 10_000  # enough for six numbers
MOST_PERIODS = 2
LEAST_DAYS = 7.0
STEP = 0.05
PATIENCE = {"maxiter": 120, "ftol": 1e-7}
START = np.array([-1.0, 0.0, 3.0, 0.0, 0.5, 1.0])
BOUNDS = [(-8, 6), (-8, 6), (-4, 9), (-4, 9), (0, 3), (-6, 6)]


@dataclass(frozen=True)
class Period:
    """One past period to be foretold: half open, in days before the cutoff.

    Args:
        at: Moment up to which calls are known.
        begin: Start of the period.
        end: End of the period, nearer to the cutoff.
        window: Days before `at` that are looked at.
    """

    at: float
    begin: float
    end: float
    window: float

    @property
    def days(self) -> float:
        """Length of the period."""
        return self.begin - self.end


@dataclass(frozen=True)
class ForgettingLaw:
    """How rates are spread over customers, and how fast they are forgotten.

    Args:
        share: Share of the first kind of customers.
        shape: Gamma shapes of both kinds.
        days: Inverse scales of both kinds, in days.
        clumps: Variance over mean of a customer's calls if the rate were known; above 1
            as calls come in chains, which makes each worth less than a call.
        half_life_days: Days after which a call counts half; infinite: never.
        log_likelihood: Of the calls of the past periods, per customer and period.
        periods: How many periods it was fitted to.
    """

    share: float
    shape: tuple[float, float]
    days: tuple[float, float]
    clumps: float
    half_life_days: float
    log_likelihood: float
    periods: int

    def as_dict(self) -> dict[str, Any]:
        """Give plain values; no half-life is null."""
        plain = asdict(self)
        if not np.isfinite(self.half_life_days):
            plain["half_life_days"] = None
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "ForgettingLaw":
        """Read plain values back."""
        pairs = {name: tuple(plain[name]) for name in ("shape", "days")}
        half_life = plain["half_life_days"]
        endless = np.inf if half_life is None else half_life
        return cls(**{**plain, **pairs, "half_life_days": endless})

    def posterior(self, calls: Floats, days: Floats) -> Posterior:
        """Judge customers by their faded calls and days."""
        return _posterior(self.parameters, calls, days)

    def judged(self, seen: CallDays, window: float, at: float = 0.0) -> Posterior:
        """Judge customers at a moment, in days before the cutoff."""
        return self.posterior(*seen.faded(at, window, self.half_life_days))

    @property
    def parameters(self) -> Floats:
        """Give the six numbers as the fit moves them: logs, and the log odds last."""
        logs = np.log([*self.shape, *self.days, self.clumps])
        return np.append(logs, special.logit(self.share))


def past_periods(window: float, watched: float, gap: float) -> list[Period]:
    """Lay out the past periods that can be foretold, the newest first.

    Args:
        window: Days that a forecast looks back.
        watched: Days before the cutoff in which calls were recorded.
        gap: Days between what is known and the period.
    """
    days = min(30.0, np.floor((watched - gap) / 3))
    found = []
    for turn in range(MOST_PERIODS):
        end = turn * days
        at = end + days + gap
        back = min(window, watched - at)
        if days >= LEAST_DAYS and back >= days:
            found.append(Period(at, end + days, end, back))
    return found


def fit_law(
    seen: CallDays,
    periods: list[Period],
    seed: int,
    half_lives: tuple[float, ...] = HALF_LIVES,
) -> ForgettingLaw:
    """Choose the law that foretells the past periods best.

    Args:
        seen: Calls of at least the periods and what lies before them.
        periods: At least one period.
        seed: Seed of the sample of customers.
        half_lives: Half-lives to be tried.
    """
    few = _sample(seen, seed)
    tried = [_fitted(few, periods, half_life) for half_life in half_lives]
    return max(tried, key=lambda law: law.log_likelihood)


def _sample(seen: CallDays, seed: int) -> CallDays:
    if seen.size <= MOST_CUSTOMERS:
        return seen
    rng = np.random.default_rng(seed)
    return seen.of(np.sort(rng.choice(seen.size, MOST_CUSTOMERS, replace=False)))


def _fitted(seen: CallDays, periods: list[Period], half_life: float) -> ForgettingLaw:
    calls, days, further, length, weight = _lessons(seen, periods, half_life)

    def loss(parameters: Floats) -> float:
        belief = _posterior(parameters, calls, days)
        clumps = np.exp(parameters[4])
        excess = clumps + length / belief.days
        told = np.log(np.maximum(belief.weight, 1e-300)) + _log_mass(
            belief.shape / belief.days * length, excess, further
        )
        return -float(special.logsumexp(told, axis=0) @ weight) / float(weight.sum())

    with np.errstate(over="ignore", under="ignore"):
        found = optimize.minimize(
            loss, START, method="L-BFGS-B", bounds=BOUNDS, options=PATIENCE
        )
    best = np.exp(found.x)
    return ForgettingLaw(
        share=float(special.expit(found.x[5])),
        shape=(float(best[0]), float(best[1])),
        days=(float(best[2]), float(best[3])),
        clumps=float(best[4]),
        half_life_days=half_life,
        log_likelihood=-float(found.fun),
        periods=len(periods),
    )


def _lessons(
    seen: CallDays, periods: list[Period], half_life: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Collect what was known and what followed, equal rows counted together."""
    rows = []
    for period in periods:
        calls, days = seen.faded(period.at, period.window, half_life)
        further = seen.counted(period.end, period.begin)
        length = seen.exposure(period.end, period.begin)
        known = days > 0
        lesson = np.column_stack([_steps(calls), _steps(days), further, length])
        rows.append(lesson[known])
    distinct, weight = np.unique(np.vstack(rows), axis=0, return_counts=True)
    calls, days, further, length = distinct.T
    return calls, days, further, length, weight.astype(float)


def _steps(values: Floats) -> Floats:
    """Round to about five per cent, so that customers nearly alike count together."""
    return np.asarray(np.expm1(np.round(np.log1p(values) / STEP) * STEP))


def _posterior(parameters: Floats, calls: Floats, days: Floats) -> Posterior:
    shape, scale = np.exp(parameters[:2])[:, None], np.exp(parameters[2:4])[:, None]
    clumps = np.exp(parameters[4])
    prior = special.log_expit(np.array([[parameters[5]], [-parameters[5]]]))
    told = _log_mass(shape / scale * days, clumps * (1 + days / scale), calls)
    weight = prior + told
    weight = weight - special.logsumexp(weight, axis=0)
    return Posterior(np.exp(weight), (shape + calls) / clumps, (scale + days) / clumps)


def _log_mass(mean: Floats, excess: Floats, calls: Floats) -> Floats:
    """Log of the negative binomial law whose variance is `excess` times its mean.

    With faded calls, which are no whole numbers, it is a pseudo-likelihood.
    """
    mean, excess = np.maximum(mean, 1e-12), np.maximum(excess, 1 + 1e-6)
    shape = mean / (excess - 1)
    return np.asarray(
        special.gammaln(shape + calls)
        - special.gammaln(shape)
        - special.gammaln(calls + 1)
        + calls * np.log1p(-1 / excess)
        - shape * np.log(excess)
    )
