"""How long a training may take, and what that leaves for the search."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ccml.config.predictors import PredictorConfig
from ccml.predictors.fit import FoldData, fit_booster

BOOSTER_ROUNDS = 3.0
LINEAR_ROUNDS = 1.5
TUNED_ROUNDS = 5.0
ENSEMBLE_ROUNDS = 12.0
ENSEMBLE_SHARE = 0.9
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
        seconds: For the trials, and for fitting the winner.
        booster_s: Seconds of the default on all folds; 0 where nothing must be spared
            for the winner.
        ensemble: Whether an ensemble was reckoned with, and has its time.
    """

    seconds: float
    booster_s: float = 0.0
    ensemble: bool = True

    def before(self, times_default: float) -> float:
        """Return the seconds left for trials, if the winner takes so long to fit."""
        return max(0.0, self.seconds - TUNED_ROUNDS * self.booster_s * times_default)


def search_time(
    config: PredictorConfig, folds: Sequence[FoldData], deadline: Deadline | None
) -> SearchTime:
    """Return the time that the search may take.

    Under a deadline the work that comes after the search is reckoned from the default
    model and the linear one, fitted on all folds and kept: a few more rounds of each; as
    many rounds again of a winner, by its own time; and of an ensemble, where they leave
    time.
    """
    if deadline is None:
        return SearchTime(config.tune.time_budget_minutes * 60)
    started = time.monotonic()
    for fold in folds:
        fit_booster(fold.part, config.model)
    boosters = time.monotonic() - started
    for fold in folds:
        _ = fold.part.linear
    linear = time.monotonic() - started - boosters
    fixed = BOOSTER_ROUNDS * boosters + LINEAR_ROUNDS * linear
    spare = deadline.left() - fixed - SPARE_SHARE * deadline.seconds
    blend = ENSEMBLE_ROUNDS * boosters + linear
    if config.ensemble and blend <= ENSEMBLE_SHARE * spare:
        return SearchTime(spare - blend, boosters)
    return SearchTime(max(0.0, spare), boosters, ensemble=False)
