"""What the past promised, what the test period kept, and whether to believe it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import Floats, TrainingSet
from ccml.predictors.fit import fit_booster, fold_data
from ccml.predictors.metrics import Measure, as_json, roc_auc
from ccml.predictors.split import Split, shuffled_folds

RATE_RATIO = 2.0
RATE_SLACK = 1.25
WIDE_SPREAD = 0.10
SHUFFLED_EXCESS = 0.05
SHUFFLED_ROWS = 40_000
SHUFFLED_FOLDS = 3


@dataclass(frozen=True)
class Claim:
    """Figures of the past beside those of the test period."""

    split_kind: str
    fold_aucs: tuple[float, ...]
    realised: Measure
    train_rate: float
    test_rate: float
    fold_rates: tuple[float, ...]
    shuffled: float | None

    @property
    def mean(self) -> float:
        """Return the mean AUC of the folds; NaN without folds."""
        return float(np.mean(self.fold_aucs)) if self.fold_aucs else float("nan")

    @property
    def rate_shifted(self) -> bool:
        """Tell whether the test's share of positives leaves what the past showed."""
        ratio = self.test_rate / self.train_rate
        if not 1 / RATE_RATIO <= ratio <= RATE_RATIO:
            return True
        rates = (self.train_rate, *self.fold_rates)
        low, high = min(rates) / RATE_SLACK, max(rates) * RATE_SLACK
        return not low <= self.test_rate <= high

    @property
    def spread_wide(self) -> bool:
        """Tell whether the folds disagree on the AUC."""
        aucs = self.fold_aucs
        return bool(aucs) and max(aucs) - min(aucs) > WIDE_SPREAD

    @property
    def shuffled_far_above(self) -> bool:
        """Tell whether shuffling the rows would have claimed much more."""
        return self.shuffled is not None and self.shuffled > self.mean + SHUFFLED_EXCESS

    @property
    def missed(self) -> bool:
        """Tell whether the test period stayed below what every fold showed."""
        high = self.realised["high"]
        return bool(self.fold_aucs) and high is not None and high < min(self.fold_aucs)

    @property
    def holds(self) -> bool:
        """Tell whether the claim of the folds may be repeated for the future."""
        doubts = (self.rate_shifted, self.spread_wide, self.missed)
        return bool(self.fold_aucs) and not any(doubts)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the evaluation."""
        return {
            "claimed": {
                "value": as_json(self.mean),
                "low": min(self.fold_aucs, default=None),
                "high": max(self.fold_aucs, default=None),
            },
            "realised": self.realised,
            "base_rate_train": self.train_rate,
            "base_rate_test": self.test_rate,
            "shuffled_estimate": self.shuffled,
            "shuffled_is": "optimistic",
            "holds": self.holds,
            "sentence": self.sentence(),
        }

    def sentence(self) -> str:
        """Say in plain words what may be expected of later data."""
        parts = [self._optimism(), self._verdict()]
        return " ".join(part for part in parts if part)

    def _optimism(self) -> str:
        if self.split_kind != "random":
            return ""
        return (
            "The split is random, because the rows carry no time: the figures are "
            "optimistic for use on later data."
        )

    def _verdict(self) -> str:
        kept = f"in the test it reached {_spoken(self.realised)}"
        if not self.fold_aucs:
            return f"No fold could be made, so nothing was claimed; {kept}."
        low, high = min(self.fold_aucs), max(self.fold_aucs)
        claimed = (
            f"on {len(self.fold_aucs)} folds of the training part the AUC was "
            f"{low:.2f} to {high:.2f}"
        )
        if self.holds:
            return f"The claim holds: {claimed}, and {kept}.{self._warning()}"
        shift = (
            f"; positives went from {self.train_rate:.1%} in training to "
            f"{self.test_rate:.1%} in the test"
        )
        return (
            f"The past does not carry over: {claimed}; {kept}"
            f"{shift if self.rate_shifted else ''}. No accuracy is promised for the "
            f"future; look at the result of every period before trusting the "
            f"next.{self._warning()}"
        )

    def _warning(self) -> str:
        if not self.shuffled_far_above or self.shuffled is None:
            return ""
        return (
            f" A shuffled split would have claimed {self.shuffled:.2f}: more than any "
            f"later period showed, so do not judge these data that way."
        )


def _spoken(auc: Measure) -> str:
    value, low, high = auc["value"], auc["low"], auc["high"]
    if value is None or low is None or high is None:
        return "no AUC that can be measured"
    return f"{value:.2f} ({low:.2f}-{high:.2f})"


def shuffled_estimate(
    config: PredictorConfig, data: TrainingSet, split: Split, place: str
) -> float | None:
    """Return what cross-validation on shuffled rows would claim.

    Untuned LightGBM on rows of both parts, as somebody without regard for time would do
    it; at most 40,000 rows. Nothing is chosen by it. None for a random split, which is
    shuffled already.
    """
    if split.kind == "random":
        return None
    rows = np.sort(np.concatenate([split.train, split.test]))
    if len(rows) > SHUFFLED_ROWS:
        rng = np.random.default_rng([config.seed, 6])
        rows = np.sort(rng.choice(rows, SHUFFLED_ROWS, replace=False))
    scores: list[Floats] = []
    outcomes: list[Floats] = []
    for fold in shuffled_folds(data.y, rows, SHUFFLED_FOLDS, config.seed):
        ready = fold_data(data, fold, config.seed, place)
        scores.append(fit_booster(ready.part, config.model).raw(ready.X))
        outcomes.append(ready.y)
    if not scores:
        return None
    return as_json(roc_auc(np.concatenate(outcomes), np.concatenate(scores)))
