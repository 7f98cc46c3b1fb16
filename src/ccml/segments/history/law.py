"""Today's law of call rates, by which the customers of every cutoff are judged.

One rule for all cutoffs: who enters or leaves does so for what they did, not because the
rule moved.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ccml.config.segments import RepeatCallersConfig
from ccml.engine.store import Store
from ccml.segments.callers.call_days import CallDays
from ccml.segments.callers.judge import Laws, lasting_rates
from ccml.segments.callers.posterior import Posterior
from ccml.segments.callers.stored_laws import read_laws

Floats = NDArray[np.float64]
STEPS = 50  # halvings in the search for the fewest calls
LN2 = float(np.log(2))


@dataclass(frozen=True)
class TodaysLaw:
    """How rates are spread, and above which rate a caller is persistent.

    Args:
        laws: The fitted laws.
        threshold_per_day: Persistent is a rate above it.
        rule: Least probability, window and memory.
    """

    laws: Laws
    threshold_per_day: float
    rule: RepeatCallersConfig

    @property
    def half_life(self) -> float:
        """Days after which a call counts half; infinite: never."""
        return self.laws.lasting.half_life_days if self.laws.lasting else np.inf

    @property
    def reach(self) -> float:
        """Days before a cutoff whose calls count."""
        known = self.laws.lasting is not None
        return float(self.rule.memory_days if known else self.rule.window_days)

    @property
    def clumps(self) -> float:
        """Variance over mean of the calls to come of a customer whose rate is known."""
        return self.laws.coming.clumps if self.laws.coming else 1.0

    def lasting(self, seen: CallDays, at: float) -> Posterior:
        """Judge lasting rates, some days before today."""
        window = float(self.rule.window_days)
        calls, days = seen.counted(at, at + window), seen.exposure(at, at + window)
        return lasting_rates(seen, calls, days, self.laws, self.rule, at)

    def coming(self, seen: CallDays, at: float) -> Posterior:
        """Judge the rates of the days right after, some days before today."""
        if self.laws.coming is None:
            return self.lasting(seen, at)
        return self.laws.coming.judged(seen, self.rule.memory_days, at)

    def flagged(self, belief: Posterior) -> NDArray[np.bool_]:
        """Tell who is persistent."""
        if not self.laws.fit.is_overdispersed:
            return np.zeros(belief.shape.shape[1], dtype=bool)
        sure = belief.above(self.threshold_per_day)
        return np.asarray(sure >= self.rule.min_probability)

    def least_calls(self, days: Floats) -> Floats:
        """Find the fewest calls, faded, that make a customer persistent.

        Args:
            days: Days watched, faded alike.
        """
        if not self.laws.fit.is_overdispersed:
            return np.full(len(days), np.inf)
        distinct, where = np.unique(np.round(days, 3), return_inverse=True)
        low, high = np.full(len(distinct), -1.0), np.full(len(distinct), 8.0)
        while not (enough := self.flagged(self._of(high, distinct))).all():
            low, high = np.where(enough, low, high), np.where(enough, high, high * 2)
        for _ in range(STEPS):
            middle = (low + high) / 2
            enough = self.flagged(self._of(np.maximum(middle, 0), distinct))
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.asarray(high[where])

    def fading(self, days: float) -> tuple[float, float]:
        """Give mean and spread of what a call within so many days still counts."""
        if not np.isfinite(self.half_life):
            return 1.0, 0.0
        turns = days * LN2 / self.half_life
        mean = -np.expm1(-turns) / turns
        square = -np.expm1(-2 * turns) / (2 * turns)
        return float(mean), float(np.sqrt(max(square - mean**2, 0.0)))

    def _of(self, calls: Floats, days: Floats) -> Posterior:
        if self.laws.lasting is not None:
            return self.laws.lasting.posterior(calls, days)
        nobody = CallDays(np.empty(0, np.int64), np.empty(0), days)
        return lasting_rates(nobody, calls, days, self.laws, self.rule)


def todays_law(store: Store, rule: RepeatCallersConfig) -> TodaysLaw:
    """Read the law that the stage of repeat callers found."""
    laws, threshold = read_laws(store)
    return TodaysLaw(laws, threshold, rule)


def at_most(
    belief: Posterior, calls: Floats | float, days: Floats | float, clumps: float
) -> Floats:
    """Compute the probability of at most so many calls in some days.

    Args:
        belief: Rate of each customer.
        calls: At most so many, of each.
        days: Days of each.
        clumps: Variance over mean of the calls of a customer whose rate is known.
    """
    mean = np.maximum(belief.shape / belief.days * days, 1e-12)
    excess = np.maximum(clumps + days / belief.days, 1 + 1e-9)
    share = stats.nbinom.cdf(calls, mean / (excess - 1), 1 / excess)
    return np.asarray((belief.weight * share).sum(axis=0))
