"""What the checks look at, and what they give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from ccml.predictors.claim import Claim
from ccml.predictors.resampling import Measure

Severity = Literal["error", "warning", "note"]
Found = tuple[Severity, str]
Finding = dict[str, str]


@dataclass(frozen=True)
class Facts:
    """What the checks look at.

    Attributes:
        recommended: Candidate that will be used.
        metrics: Its measures on the test.
        comparison: Other candidate -> measure -> its paired lead over the other.
        feature_aucs: AUC of each feature alone on training rows.
        train_auc: AUC of the recommended candidate on its own training rows.
        claim: What the folds promised and the test kept.
        importance: Features, largest first.
        positives: Rows of the rarer outcome in training and in the test.
        folds_asked: Folds the config asks for.
        copies: Test rows whose features and label also occur in training.
        empty: Features without a value in training.
        notes: Sentences of calibration, if it did not go as asked.
        test_uses: How often this test was used, if anybody counts.
        profit: What it earns; see `profit.section`; None without a payoff.
        null_aucs: AUC of each feature's missing values alone on training rows.
        ece_noise: Calibration error that chance gives to true probabilities.
        worst_slice: See `judgement.slices.worst_slice`; None without slices.
        further: Keys that `judgement.further` gave; one it did not compute is absent.
    """

    recommended: str
    metrics: Mapping[str, Measure]
    comparison: Mapping[str, Mapping[str, Measure]]
    feature_aucs: pd.Series
    train_auc: float
    claim: Claim
    importance: list[dict[str, float | str]]
    positives: tuple[int, int]
    folds_asked: int
    copies: int
    empty: list[str]
    notes: str | None
    test_uses: int | None = None
    profit: Mapping[str, Any] | None = None
    null_aucs: pd.Series | None = None
    ece_noise: float | None = None
    worst_slice: Mapping[str, Any] | None = None
    further: Mapping[str, Any] = field(default_factory=dict)
