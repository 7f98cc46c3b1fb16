"""What every feature means, computed slowly and plainly in Python, row by row.

Nothing of the engine is used here: the audit and the tests compare both.
"""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any

import pyarrow as pa

from ccml.features.catalogue import Feature
from ccml.features.listing import AFTER, DAY_PART, DAY_PARTS, WEEKEND
from ccml.features.own import apply_function, own_inputs
from ccml.features.reference_rows import Company, Row, Rows, known_before, valid_row
from ccml.features.reference_values import value_of

DAY = timedelta(days=1)
RELATIVE, ABSOLUTE = 1e-9, 1e-9


@dataclass(frozen=True)
class Moment:
    """One spine row: what the company knows then.

    Args:
        company: All tables.
        features: All features, by name.
        row: The keys of the row.
        made: The features that the engine made of this row (one row); a Python
            function is given them, so that it is seen to need no other row.
    """

    company: Company
    features: dict[str, Feature]
    row: Row
    made: pa.Table | None = None
    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def cutoff(self) -> datetime:
        """The row's cutoff."""
        moment: datetime = self.row["cutoff_at"]
        return moment

    def events(self, feature: Feature, window_days: int | None) -> Rows:
        """Give the events that a feature may use, oldest first."""
        key = (feature.table, window_days)
        if key not in self.memory:
            rows = self.company.events_of(feature.table, self.row["customer_id"])
            self.memory[key] = known_before(rows, self.cutoff, window_days)
        found: Rows = self.memory[key]
        return found

    def column(self, feature: Feature) -> list[Any]:
        """Give the values of a feature's column in its window, oldest first."""
        events = self.events(feature, feature.window_days)
        return [_cell(self, event, feature) for event in events]

    def values(self, feature: Feature) -> list[Any]:
        """Give the values that are not null."""
        return [v for v in self.column(feature) if v is not None and not _is_nan(v)]

    def age(self, moment: datetime | None) -> float | None:
        """Give the days since a moment."""
        return None if moment is None else (self.cutoff - moment) / DAY


def _cell(at: Moment, event: Row, feature: Feature) -> Any:
    column = str(feature.column)
    if column in event:
        return event[column]
    if column.startswith(AFTER):
        return _follows(at.company, event, feature.table, column.removeprefix(AFTER))
    local = event["event_at"].astimezone(at.company.zone)
    return {
        DAY_PART: DAY_PARTS[local.hour // 6],
        WEEKEND: local.weekday() >= 5,
    }[column]


def _follows(company: Company, event: Row, table: str, other: str) -> bool:
    """Tell whether an event comes soon after one of another table, known by then."""
    days = company.config.features.tables[table].after[other]
    others = company.events_of(other, event["customer_id"])
    return bool(known_before(others, event["event_at"], days))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _ratio(part: float, whole: float | None) -> float | None:
    return part / whole if whole else None


def _mean(at: Moment, feature: Feature) -> float | None:
    values = at.values(feature)
    return _ratio(math.fsum(values), len(values))


def _sum(at: Moment, feature: Feature) -> float | None:
    values = at.values(feature)
    return math.fsum(values) if values else None


def _spread(values: list[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


def _value_share(at: Moment, feature: Feature) -> float | None:
    values = at.values(feature)
    return _ratio(values.count(feature.value), len(values))


def _value_recency(at: Moment, feature: Feature) -> float | None:
    events = at.events(feature, None)
    of_value = [e for e in events if _cell(at, e, feature) == feature.value]
    return at.age(of_value[-1]["event_at"] if of_value else None)


def _gaps(at: Moment, feature: Feature) -> list[float]:
    events = at.events(feature, feature.window_days)
    return [(b["event_at"] - a["event_at"]) / DAY for a, b in pairwise(events)]


def _chain(at: Moment, feature: Feature) -> Rows:
    longest = at.company.config.features.tables[feature.table].chain_days or 0
    chain: Rows = []
    later = at.cutoff
    for event in reversed(at.events(feature, None)):
        if later - event["event_at"] > longest * DAY:
            break
        chain.append(event)
        later = event["event_at"]
    return chain


def _chain_days(at: Moment, feature: Feature) -> float | None:
    chain = _chain(at, feature)
    return at.age(chain[-1]["event_at"] if chain else None)


def _streak(at: Moment, feature: Feature) -> int:
    newest_first = reversed(at.column(feature))
    return len(list(takewhile(lambda flag: flag is True, newest_first)))


def _end(at: Moment, feature: Feature, place: int) -> Row:
    events = at.events(feature, None)
    return events[place] if events else {}


def _last(at: Moment, feature: Feature) -> Any:
    newest = _end(at, feature, -1)
    return _cell(at, newest, feature) if newest else None


def _since(at: Moment) -> datetime | None:
    """Find when a customer was first known, unless the customer is gone."""
    customer_id = at.row["customer_id"]
    if valid_row(at.company, customer_id, at.cutoff) is None:
        return None
    first = known_before(at.company.intervals_of(customer_id), at.cutoff)[0]
    moment: datetime = first["valid_from"]
    return moment


def _exposure(at: Moment, feature: Feature) -> float | None:
    days = at.age(_since(at))
    return days if days is None else min(days, feature.window_days or math.inf)


def _rate(at: Moment, feature: Feature) -> float | None:
    count = len(at.events(feature, feature.window_days))
    return _ratio(30 * count, _exposure(at, feature))


def _trend(at: Moment, feature: Feature) -> float:
    short, long = int(feature.window_days or 0), int(str(feature.value))
    few, many = len(at.events(feature, short)), len(at.events(feature, long))
    return 30 * (few / short - many / long)


def _attribute(at: Moment, feature: Feature) -> Any:
    row = valid_row(at.company, at.row["customer_id"], at.cutoff)
    return row and row[str(feature.column)]


def _attribute_age(at: Moment, feature: Feature) -> float | None:
    customer_id, column = at.row["customer_id"], str(feature.column)
    newest = valid_row(at.company, customer_id, at.cutoff)
    if newest is None:
        return None
    seen = known_before(at.company.intervals_of(customer_id), at.cutoff)
    same = takewhile(lambda row: row[column] == newest[column], reversed(seen))
    return at.age(min(row["valid_from"] for row in same))


def _of_event(at: Moment, feature: Feature) -> Any:
    events = at.company.linked_events(feature.table)
    key = ("by id", feature.table)
    memory = at.company.memory
    if key not in memory:
        memory[key] = {event["event_id"]: event for event in events}
    return memory[key][at.row["event_id"]][str(feature.column)]


def _calendar(at: Moment, feature: Feature) -> int:
    local = at.cutoff.astimezone(at.company.zone)
    return {"hour": local.hour, "weekday": local.weekday()}[str(feature.column)]


def _expression(at: Moment, feature: Feature) -> Any:
    names = own_inputs(feature) or []
    values = {name: expected(at, at.features[name]) for name in names}
    return value_of(values, str(feature.value))


def _function(at: Moment, feature: Feature) -> Any:
    if at.made is None:
        raise ValueError("a function's reference needs the features it is made from")
    before = takewhile(lambda name: name != feature.name, at.features)
    return apply_function(at.made.select(list(before)), feature)[0].as_py()


RULES: dict[str, Callable[[Moment, Feature], Any]] = {
    "count": lambda at, f: len(at.events(f, f.window_days)),
    "true": lambda at, f: at.values(f).count(True),
    "true_share": _mean,
    "sum": _sum,
    "mean": _mean,
    "min": lambda at, f: min(at.values(f), default=None),
    "max": lambda at, f: max(at.values(f), default=None),
    "std": lambda at, f: _spread(at.values(f)),
    "value": lambda at, f: at.values(f).count(f.value),
    "value_share": _value_share,
    "value_recency": _value_recency,
    "distinct": lambda at, f: len(set(at.values(f))),
    "switches": lambda at, f: sum(a != b for a, b in pairwise(at.values(f))),
    "gap_mean": lambda at, f: _ratio(sum(_gaps(at, f)), len(_gaps(at, f))),
    "gap_min": lambda at, f: min(_gaps(at, f), default=None),
    "gap_std": lambda at, f: _spread(_gaps(at, f)),
    "chain": lambda at, f: len(_chain(at, f)),
    "chain_days": _chain_days,
    "streak": _streak,
    "recency": lambda at, f: at.age(_end(at, f, -1).get("event_at")),
    "first": lambda at, f: at.age(_end(at, f, 0).get("event_at")),
    "last": _last,
    "none_before": lambda at, f: not at.events(f, None),
    "rate": _rate,
    "trend": _trend,
    "exposure": _exposure,
    "known": lambda at, _feature: at.age(_since(at)),
    "attribute": _attribute,
    "attribute_age": _attribute_age,
    "days_since": lambda at, f: at.age(_attribute(at, f)),
    "own": _of_event,
    "calendar": _calendar,
    "expression": _expression,
    "function": _function,
}
"""One rule per statistic of the catalogue."""


def expected(at: Moment, feature: Feature) -> Any:
    """Compute one feature of one spine row; null is None."""
    if feature.name not in at.memory:
        at.memory[feature.name] = RULES[feature.statistic](at, feature)
    return at.memory[feature.name]


def is_same(value: Any, wanted: Any) -> bool:
    """Tell whether a feature's value is the wanted one, numbers up to rounding."""
    if value is None or wanted is None:
        return value is None and wanted is None
    if isinstance(wanted, (bool, str)) or isinstance(value, (bool, str)):
        return bool(value == wanted)
    if isinstance(wanted, (int, float)):
        both_nan = _is_nan(value) and _is_nan(wanted)
        return both_nan or math.isclose(
            value, wanted, rel_tol=RELATIVE, abs_tol=ABSOLUTE
        )
    return bool(value == wanted)
