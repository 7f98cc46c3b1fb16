"""How long a training may take, and what that leaves for the search."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ccml.config.predictors import PredictorConfig
from ccml.predictors.fit import FoldData, fit_booster, fit_linear

BOOSTER_ROUNDS = 8.0
LINEAR_ROUNDS = 3.0
TUNED_ROUNDS = 6.0
ENSEMBLE_ROUNDS = 15.0
ENSEMBLE_SHARE = 0.7
SPARE_SHARE = 0.1


@dataclass(frozen=True)
class Deadline:
    """The end of the time that a training was given, on the monotonic clock."""

    ends_at: float
    seconds: float

    def left(self) -> float:
        """Return the seconds that are left, never less than none."""
        return max(0.0, self.ends_at - time.monotonic())


def start_deadline(config: PredictorConfig) -> Deadline | None:
    """Begin to count, where the config gives the whole training a budget."""
    if config.time_budget_minutes is None:
        return None
    seconds = config.time_budget_minutes * 60
    return Deadline(time.monotonic() + seconds, seconds)


@dataclass(frozen=True)
class SearchTime:
    """How long a search may take.

    Attributes:
        seconds: With a winner that is as quick to fit as the default.
        booster_s: Seconds of the default on all folds; 0 where nothing must be spared
            for a slower winner.
        ensemble: Whether an ensemble was reckoned with, and has its time.
    """

    seconds: float
    booster_s: float = 0.0
    ensemble: bool = True

    def before(self, times_default: float) -> float:
        """Return the seconds left for trials, if the winner is so much slower to fit."""
        extra = TUNED_ROUNDS * self.booster_s * max(0.0, times_default - 1)
        return max(0.0, self.seconds - extra)


def search_time(
    config: PredictorConfig, folds: Sequence[FoldData], deadline: Deadline | None
) -> SearchTime:
    """Return the time that the search may take.

    Under a deadline the fixed work is estimated from the default model and the linear
    one, fitted on all folds (the former is kept and used later). What follows a search
    takes about eight times as long as the one and three times as long as the other, and
    tuned settings are fitted on all folds about six times over. An ensemble is tried
    where that leaves time for trials.
    """
    if deadline is None:
        return SearchTime(config.tune.time_budget_minutes * 60)
    started = time.monotonic()
    for fold in folds:
        fit_booster(fold.part, config.model)
    boosters = time.monotonic() - started
    for fold in folds:
        fit_linear(fold.part)
    linear = time.monotonic() - started - boosters
    fixed = BOOSTER_ROUNDS * boosters + LINEAR_ROUNDS * linear
    spare = deadline.left() - fixed - SPARE_SHARE * deadline.seconds
    ensemble = ENSEMBLE_ROUNDS * boosters if config.ensemble else 0.0
    if ensemble <= ENSEMBLE_SHARE * spare:
        return SearchTime(spare - ensemble, boosters, config.ensemble)
    return SearchTime(max(0.0, spare), boosters, ensemble=False)
