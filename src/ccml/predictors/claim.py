"""What was promised before the test, what the test kept, and whether to believe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import Floats, TrainingSet
from ccml.predictors.fit import fit_booster, fold_data
from ccml.predictors.folds import shuffled_folds
from ccml.predictors.metrics import roc_auc
from ccml.predictors.promise import RATE_RATIO, WIDE_SPREAD, Promise, Promises
from ccml.predictors.resampling import Measure, as_json
from ccml.predictors.split import Split

RATE_SLACK = 1.25
SHUFFLED_EXCESS = 0.05
SHUFFLED_ROWS = 40_000
SHUFFLED_FOLDS = 3
NONE = (
    "No accuracy is promised for the future; look at the result of every period before "
    "trusting the next."
)


@dataclass(frozen=True)
class Claim:
    """What was promised before the test, beside what the test kept.

    Attributes:
        split_kind: time, ordered or random.
        promises: What the folds promised, made without the test.
        realised: Measure -> its figure on the test.
        train_rate: Share of positives of the training rows.
        test_rate: Share of positives of the test.
        shuffled: AUC that shuffled rows would have claimed.
    """

    split_kind: str
    promises: Promises
    realised: Mapping[str, Measure]
    train_rate: float
    test_rate: float
    shuffled: float | None

    @property
    def fold_aucs(self) -> tuple[float, ...]:
        """Return the AUC of each fold."""
        return self.promises.fold_aucs

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
        rates = (self.train_rate, *self.promises.fold_rates)
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
    def declined(self) -> tuple[str, ...]:
        """Return why nothing was claimed; empty where a claim was made."""
        return self.promises.declined

    @property
    def kept(self) -> dict[str, bool]:
        """Tell, per measure, whether the test was at least as good as promised."""
        return {
            metric: _is_kept(metric, promised, self.realised[metric]["value"])
            for metric, promised in self.promises.made.items()
        }

    @property
    def missed(self) -> bool:
        """Tell whether a claim was made and the test did not keep it."""
        return not self.declined and not all(self.kept.values())

    @property
    def holds(self) -> bool:
        """Tell whether a claim was made before the test, and kept in it."""
        return not self.declined and not self.missed

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the evaluation."""
        auc = self.promises.made.get("roc_auc")
        nothing = {"value": None, "low": None, "high": None}
        return {
            "claimed": {k: vars(auc)[k] for k in nothing} if auc else nothing,
            "realised": self.realised["roc_auc"],
            "promised": self.promises.to_json(),
            "kept": self.kept,
            "declined": list(self.declined),
            "base_rate_train": self.train_rate,
            "base_rate_test": self.test_rate,
            "shuffled_estimate": self.shuffled,
            "shuffled_is": "optimistic",
            "holds": self.holds,
            "sentence": self.sentence(),
        }

    def sentence(self) -> str:
        """Say in plain words what may be expected of later data."""
        parts = [self._optimism(), self._verdict(), self._warning()]
        return " ".join(part for part in parts if part)

    def _optimism(self) -> str:
        if self.split_kind != "random":
            return ""
        return (
            "The split is random, because the rows carry no time: the figures are "
            "optimistic for use on later data."
        )

    def _verdict(self) -> str:
        reached = f"in the test it reached {_spoken(self.realised['roc_auc'])}"
        if self.declined:
            why = "; ".join(self.declined)
            return f"Before the test nothing was claimed: {why}. The AUC: {reached}. {NONE}"
        auc = self.promises.made["roc_auc"]
        claimed = (
            f"before the test, {auc.folds} folds promised an AUC of {auc.low:.2f} to "
            f"{auc.high:.2f}"
        )
        if self.holds:
            return f"The claim holds: {claimed}, and {reached}."
        return (
            f"The past does not carry over: {claimed}; {reached}{self._other()}. {NONE}"
        )

    def _other(self) -> str:
        """Name the other measures that were worse than promised, and a moved rate."""
        words = {"log_loss": "log loss", "ece": "calibration error"}
        said = [
            f"; the {words[metric]} was {self.realised[metric]['value']:.3f}, promised "
            f"at most {self.promises.made[metric].high:.3f}"
            for metric, is_kept in self.kept.items()
            if not is_kept and metric in words
        ]
        if self.rate_shifted:
            said.append(
                f"; positives went from {self.train_rate:.1%} in training to "
                f"{self.test_rate:.1%} in the test"
            )
        return "".join(said)

    def _warning(self) -> str:
        if not self.shuffled_far_above or self.shuffled is None:
            return ""
        return (
            f"A shuffled split would have claimed {self.shuffled:.2f}: more than any "
            f"later period showed, so do not judge these data that way."
        )


def _is_kept(metric: str, promised: Promise, value: float | None) -> bool:
    if value is None:
        return False
    return value >= promised.low if metric == "roc_auc" else value <= promised.high


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
        ready = fold_data(data, fold, config.seed, place, config)
        scores.append(fit_booster(ready.part, config.model).raw(ready.X))
        outcomes.append(ready.y)
    if not scores:
        return None
    return as_json(roc_auc(np.concatenate(outcomes), np.concatenate(scores)))
