"""Which law the numbers of calls follow, and how well it fits them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from ccml.segments.callers.gamma_poisson import CallCounts, RateFit, log_mass

Floats = NDArray[np.float64]
CLEARLY_BETTER = 10.0  # of the information criterion, to leave the plain law
GOOD_PIT = 0.02  # shares of a tenth may be so far from a tenth
Law = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class LawTrial:
    """One law fitted to the numbers of calls.

    Args:
        name: `poisson`, `gamma_poisson`, `zero_inflated` or `two_groups`.
        parameters: Its numbers, by name; rates per 30 days.
        log_likelihood: Of all customers.
        bic: Bayesian information criterion; lower is better.
        log_mass: Log probability of numbers of calls in some days.
    """

    name: str
    parameters: dict[str, float]
    log_likelihood: float
    bic: float
    log_mass: Law


def law_trials(counts: CallCounts, fit: RateFit, mean_alike: float) -> list[LawTrial]:
    """Fit every law to the numbers of calls.

    Args:
        counts: Calls of the window.
        fit: The gamma-Poisson fit; its shape is infinite where customers may be alike.
        mean_alike: Rate per day if all customers were alike.
    """
    found = [_trial(counts, "poisson", _plain(mean_alike, float("inf")), mean_alike)]
    if not fit.is_overdispersed:
        return found
    plain = _plain(fit.mean_per_day, fit.shape)
    found.append(_trial(counts, "gamma_poisson", plain, fit.mean_per_day, fit.shape))
    start = np.array([np.log(fit.mean_per_day), np.log(fit.shape)])
    if not counts.is_truncated:
        found.append(_zero_inflated(counts, start))
    found.append(_two_groups(counts, start))
    return found


def chosen(trials: list[LawTrial]) -> LawTrial:
    """Choose the plain law unless another is clearly better."""
    plain = trials[min(1, len(trials) - 1)]
    best = min(trials, key=lambda trial: trial.bic)
    return best if best.bic < plain.bic - CLEARLY_BETTER else plain


def rootogram(counts: CallCounts, law: LawTrial, up_to: int) -> list[dict[str, float]]:
    """Compare customers with 0, 1, ... calls with what a law expects of them."""
    number = np.arange(up_to + 1, dtype=float)
    days, where = np.unique(counts.days, return_inverse=True)
    weight = np.bincount(where, weights=counts.customers)
    mass = np.exp(law.log_mass(number[None, :], days[:, None]))
    if counts.is_truncated:
        mass = mass / (1 - mass[:, [0]])
        mass[:, 0] = 0
    expected = weight @ mass
    observed = np.bincount(
        counts.calls.astype(int), weights=counts.customers, minlength=up_to + 1
    )
    return [
        {"calls": int(n), "observed": float(observed[int(n)]), "expected": float(e)}
        for n, e in zip(number, expected, strict=True)
    ]


def pit(counts: CallCounts, law: LawTrial) -> list[float]:
    """Spread customers over tenths of what a law expects; a good law fills all alike.

    A number of calls covers a range of probabilities; its customers are spread over it
    evenly, so that nothing has to be drawn.

    Source: Czado, Gneiting and Held, Predictive Model Assessment for Count Data (2009).
    """
    edges = np.linspace(0, 1, 11)
    below, above = _cumulated(counts, law)
    width = np.maximum(above - below, 1e-12)
    inside = np.clip((edges[None, :] - below[:, None]) / width[:, None], 0, 1)
    shares = np.diff(counts.customers @ inside) / counts.customers.sum()
    return [float(share) for share in shares]


def fit_words(shares: list[float], law: LawTrial) -> str:
    """Say in words how well a law fits."""
    worst = max(abs(share - 0.1) for share in shares)
    name = WORDS[law.name]
    if worst <= GOOD_PIT:
        return f"The numbers of calls follow {name} closely."
    return (
        f"The numbers of calls follow {name} roughly: a tenth of the customers by "
        f"expectation holds {100 * (0.1 + worst):.0f} % or {100 * (0.1 - worst):.0f} % of "
        f"them at worst."
    )


WORDS = {
    "poisson": "chance alone",
    "gamma_poisson": "rates that differ smoothly from customer to customer",
    "zero_inflated": "rates that differ, with some customers who never call",
    "two_groups": "two groups of customers whose rates differ",
}


def trial_dict(trial: LawTrial, best: LawTrial) -> dict[str, Any]:
    """Give plain values of a trial."""
    return {
        "name": trial.name,
        "words": WORDS[trial.name],
        "parameters": trial.parameters,
        "log_likelihood": trial.log_likelihood,
        "bic": trial.bic,
        "chosen": trial.name == best.name,
    }


def _cumulated(counts: CallCounts, law: LawTrial) -> tuple[Floats, Floats]:
    """Give the probability of fewer calls, and of no more, for each pair."""
    most = int(counts.calls.max())
    below, above = np.zeros(len(counts.calls)), np.zeros(len(counts.calls))
    number = np.arange(most + 1, dtype=float)
    for days in np.unique(counts.days):
        mass = np.exp(law.log_mass(number, np.full(most + 1, days)))
        if counts.is_truncated:
            mass = np.where(number == 0, 0, mass / (1 - mass[0]))
        total = np.concatenate([[0.0], np.minimum(np.cumsum(mass), 1.0)])
        rows = counts.days == days
        calls = counts.calls[rows].astype(int)
        below[rows], above[rows] = total[calls], total[calls + 1]
    return below, above


def _plain(mean: float, shape: float) -> Law:
    return lambda calls, days: log_mass(calls, days, mean, shape)


def _mixed(share: float, first: Law, second: Law) -> Law:
    def mass(calls: Floats, days: Floats) -> Floats:
        parts = [
            np.log(share) + first(calls, days),
            np.log1p(-share) + second(calls, days),
        ]
        return np.asarray(
            special.logsumexp(np.stack(np.broadcast_arrays(*parts)), axis=0)
        )

    return mass


def _never(calls: Floats, days: Floats) -> Floats:
    none = np.broadcast_arrays(calls, days)[0] == 0
    return np.where(none, 0.0, -np.inf)


def _trial(
    counts: CallCounts, name: str, law: Law, mean: float, shape: float | None = None
) -> LawTrial:
    parameters = {"calls_per_30d": 30 * mean}
    if shape is not None:
        parameters["shape"] = shape
    return _judged(counts, name, law, parameters)


def _judged(
    counts: CallCounts, name: str, law: Law, parameters: dict[str, float]
) -> LawTrial:
    score = _score(counts, law)
    size = float(counts.customers.sum())
    bic = len(parameters) * float(np.log(size)) - 2 * score
    return LawTrial(name, parameters, score, bic, law)


def _score(counts: CallCounts, law: Law) -> float:
    mass = law(counts.calls, counts.days)
    if counts.is_truncated:
        none = law(np.zeros_like(counts.days), counts.days)
        mass = mass - np.log(-np.expm1(np.minimum(none, -1e-12)))
    return float(mass @ counts.customers)


def _best(
    counts: CallCounts, made: Callable[[Floats], Law], starts: list[Floats]
) -> Floats:
    def loss(at: Floats) -> float:
        return -_score(counts, made(at)) / float(counts.customers.sum())

    bounds = [(-14, 6)] * (len(starts[0]) - 1) + [(-8, 8)]
    tries = [
        optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds)
        for start in starts
    ]
    return np.asarray(min(tries, key=lambda found: float(found.fun)).x)


def _zero_inflated(counts: CallCounts, start: Floats) -> LawTrial:
    def made(at: Floats) -> Law:
        mean, shape = np.exp(at[:2])
        return _mixed(float(special.expit(at[2])), _never, _plain(mean, shape))

    at = _best(counts, made, [np.append(start, x) for x in (-3.0, 0.0)])
    mean, shape = np.exp(at[:2])
    parameters = {
        "calls_per_30d": float(30 * mean),
        "shape": float(shape),
        "share_who_never_call": float(special.expit(at[2])),
    }
    return _judged(counts, "zero_inflated", made(at), parameters)


def _two_groups(counts: CallCounts, start: Floats) -> LawTrial:
    def made(at: Floats) -> Law:
        first, second = np.exp(at[:2]), np.exp(at[2:4])
        return _mixed(float(special.expit(at[4])), _plain(*first), _plain(*second))

    apart = np.concatenate([start - 0.5, start + 1.0])
    at = _best(counts, made, [np.append(apart, x) for x in (1.0, 3.0)])
    share = float(special.expit(at[4]))
    parameters = {
        "calls_per_30d": float(30 * np.exp(at[0])),
        "shape": float(np.exp(at[1])),
        "calls_per_30d_of_others": float(30 * np.exp(at[2])),
        "shape_of_others": float(np.exp(at[3])),
        "share": share,
    }
    return _judged(counts, "two_groups", made(at), parameters)
