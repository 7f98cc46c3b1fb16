"""Values of features as people write them."""

import math
from collections.abc import Callable, Mapping
from typing import Any

MINUTE_S = 60
HOUR_S = 3600
WEEKDAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


def is_missing(value: Any) -> bool:
    """Tell whether a value is null or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def number_words(value: float) -> str:
    """Write a number: whole ones without decimals, others with what is worth reading."""
    if value == round(value):
        return f"{value:,.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}"


def seconds_words(value: float) -> str:
    """Write a duration: 45 s, 3 min 20 s, 1 h 5 min."""
    sign, seconds = ("-" if value < 0 else ""), round(abs(value))
    if seconds < MINUTE_S:
        return f"{sign}{seconds} s"
    if seconds < HOUR_S:
        minutes, rest = divmod(seconds, MINUTE_S)
        return f"{sign}{minutes} min {rest} s" if rest else f"{sign}{minutes} min"
    hours, rest = divmod(round(seconds / MINUTE_S), MINUTE_S)
    return f"{sign}{hours:,} h {rest} min" if rest else f"{sign}{hours:,} h"


def days_words(value: float) -> str:
    """Write a number of days."""
    whole = round(value)
    return "1 day" if abs(whole) == 1 and whole > 0 else f"{whole:,} days"


def value_words(value: Any, unit: str) -> str:
    """Write a value with its unit."""
    if is_missing(value):
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    return UNITS.get(unit, number_words)(value)


def _weekday_words(value: float) -> str:
    is_day = value in range(len(WEEKDAYS))
    return WEEKDAYS[int(value)] if is_day else number_words(value)


UNITS: Mapping[str, Callable[[float], str]] = {
    "seconds": seconds_words,
    "days": days_words,
    "EUR": lambda value: f"{value:,.2f} EUR",
    "minutes": lambda value: f"{number_words(value)} min",
    "weekday": _weekday_words,
}
