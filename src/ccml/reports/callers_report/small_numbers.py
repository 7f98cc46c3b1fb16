"""Small numbers of customers are not told: somebody might be recognised by them."""

from typing import Any

from ccml.reports.numbers import GAP, NOTHING, count, is_known, plural

LEAST = 5


def is_small(number: Any) -> bool:
    """Tell whether so few customers must not be told."""
    return is_known(number) and 0 < float(number) < LEAST


def few(number: Any) -> str:
    """Write a number of customers, if they are none or enough."""
    return f"<{GAP}{LEAST}" if is_small(number) else count(number)


def customers(number: Any, noun: str = "customer") -> str:
    """Write a number of customers with its noun, if they are none or enough."""
    if not is_known(number):
        return NOTHING
    if is_small(number):
        return f"fewer than {LEAST} {noun}s"
    return plural(number, noun)


def cell(number: Any) -> tuple[str, float | None]:
    """Write a number of customers for a table, with what it is sorted by."""
    return few(number), (float(LEAST - 1) if is_small(number) else _plain(number))


def _plain(number: Any) -> float | None:
    return float(number) if is_known(number) else None
