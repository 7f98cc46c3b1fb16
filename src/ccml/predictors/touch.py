"""How often a test period was looked at: a test used again and again is no test."""

import hashlib
import json
from dataclasses import dataclass

from ccml.predictors.dataset import CUTOFF, TrainingSet
from ccml.predictors.split import Split


@dataclass(frozen=True)
class UseOfTest:
    """Name of a test and how often it was used, this use included; None = not counted."""

    id: str
    times: int | None = None


def name_of_test(data: TrainingSet, split: Split) -> str:
    """Name the test of a predictor, so that its uses can be counted.

    The same rows under other settings keep the name: it is their repeated use with other
    settings that is counted. It holds the number of test rows, the first and last cutoff
    (or row), the label's rule and nothing else.
    """
    keys = data.keys.iloc[split.test]
    column = CUTOFF if CUTOFF in keys.columns else keys.columns[0]
    ends = [str(keys[column].min()), str(keys[column].max())]
    told = json.dumps([len(keys), *ends, data.label_rule])
    return hashlib.sha256(told.encode()).hexdigest()[:16]
