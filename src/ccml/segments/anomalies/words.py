"""One sentence about each anomaly, without anything that names a person."""

from datetime import date, timedelta

from ccml.segments.anomalies.causes import Cause
from ccml.segments.anomalies.counts import Period

WHO = {"customer": "One customer", "phone": "One phone number"}


def day_words(kind: str, value: str, day: date, calls: int, expected: float) -> str:
    """Say that a reason, queue or region had many calls on a day."""
    return (
        f"{kind.capitalize()} {value}, {day:%A} {day.isoformat()}: {calls:,} calls, "
        f"{_number(expected)} expected on such a weekday{_times(calls, expected)}."
    )


def caller_words(kind: str, calls: int, expected: float, period: Period) -> str:
    """Say that a customer or number called often in the days looked at."""
    last = period.until - timedelta(days=1)
    return (
        f"{WHO[kind]}: {calls:,} calls from {period.first.isoformat()} to "
        f"{last.isoformat()}, {_number(expected)} expected from the time "
        f"before{_times(calls, expected)}."
    )


def cause_words(cause: Cause | None, days: float) -> str:
    """Say what explains it."""
    if cause is None:
        return " No known cause."
    name = cause.table.replace("_", " ")
    return (
        f" Known cause: {name}. {100 * cause.share:.0f} % of these calls came within "
        f"{days:g} days of such an event of the customer, usually "
        f"{100 * cause.usual:.0f} %."
    )


def _number(expected: float) -> str:
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"


def _times(calls: int, expected: float) -> str:
    ratio = calls / max(expected, 0.1)
    return f", {ratio:.1f} times as many" if ratio < 20 else ""
