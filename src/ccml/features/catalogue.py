"""Every feature by name: what it means, in which unit, over which window."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

EMPTY_ZERO = "0 without an event"
EMPTY_NULL = "null without an event"
NO_VALUE = "null without a value in the window"
NO_PAIR = "null without two events in the window"
NOT_KNOWN = "null while the customer is not known"
PASSED_ON = "null where its inputs are"

NULL_RULES = {
    "count": EMPTY_ZERO,
    "true": EMPTY_ZERO,
    "value": EMPTY_ZERO,
    "distinct": EMPTY_ZERO,
    "switches": EMPTY_ZERO,
    "streak": EMPTY_ZERO,
    "chain": EMPTY_ZERO,
    "trend": EMPTY_ZERO,
    "none_before": "true without an event",
    "sum": NO_VALUE,
    "mean": NO_VALUE,
    "min": NO_VALUE,
    "max": NO_VALUE,
    "std": "null without two values in the window",
    "true_share": NO_VALUE,
    "value_share": NO_VALUE,
    "gap_mean": NO_PAIR,
    "gap_min": NO_PAIR,
    "gap_std": "null without three events in the window",
    "chain_days": EMPTY_NULL,
    "recency": EMPTY_NULL,
    "first": EMPTY_NULL,
    "last": EMPTY_NULL,
    "value_recency": "null without an event of the value",
    "rate": NOT_KNOWN,
    "exposure": NOT_KNOWN,
    "known": NOT_KNOWN,
    "attribute": NOT_KNOWN,
    "attribute_age": NOT_KNOWN,
    "days_since": NOT_KNOWN,
    "own": "null where the event has none",
    "calendar": "never null",
    "expression": PASSED_ON,
    "function": PASSED_ON,
}
"""Statistics by name, and what it means when there is nothing to describe."""

COSTS = {
    "spread over all events": ("std", "gap_mean", "gap_min", "gap_std", "distinct"),
    "one walk per column": (
        "true", "true_share", "sum", "mean", "min", "max", "value", "value_share",
        "value_recency", "switches", "streak",
    ),
    "shared": (
        "count", "recency", "first", "last", "none_before", "rate", "trend", "exposure",
        "chain", "chain_days",
    ),
}  # fmt: skip
"""What computing a statistic costs beside what others need anyway."""


@dataclass(frozen=True)
class Feature:
    """One feature: a statistic of a column of a table over a window.

    `window_days` null means all that is known. `family` groups features that tell the
    same story, so that one reason speaks for all of them. `value` is the value counted,
    the longer window of a trend, or the text of an expression.
    """

    name: str
    table: str
    statistic: str
    column: str | None = None
    value: str | None = None
    window_days: int | None = None
    unit: str = "count"
    meaning: str = ""
    family: str = ""

    def __post_init__(self) -> None:
        if self.statistic not in NULL_RULES:
            raise ValueError(f"no statistic {self.statistic!r}")

    @property
    def null_rule(self) -> str:
        """What a missing value means."""
        return NULL_RULES[self.statistic]

    @property
    def cost(self) -> str:
        """What computing it costs."""
        found = [cost for cost, names in COSTS.items() if self.statistic in names]
        return found[0] if found else "per row"


TEXTS = [
    "name", "table", "statistic", "column", "value", "unit", "meaning", "family",
    "null_rule", "cost",
]  # fmt: skip


def as_frame(features: Sequence[Feature]) -> pd.DataFrame:
    """Lay features out as a table, one row per feature."""
    frame = pd.DataFrame(
        [
            {**asdict(feature), "null_rule": feature.null_rule, "cost": feature.cost}
            for feature in features
        ]
    )
    frame[TEXTS] = frame[TEXTS].astype("string")
    frame["window_days"] = frame.window_days.astype("Int64")
    return frame.assign(position=range(len(frame)))
