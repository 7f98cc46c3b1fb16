"""How numbers are written for people: with units, intervals, and no false precision."""

import math
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

GAP = "\u00a0"  # no-break space: a number and its unit stay on one line
DASH = "\u2013"
MINUS = "\u2212"
NOTHING = "\u2013"
MONTHS = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
FRACTIONS = [(2, 5), (1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (19, 20)]
TIMES = {"s", "seconds", "second"}
SHARES = {"share", "%", "percent", "proportion"}


def is_known(value: Any) -> bool:
    """Tell whether a value is there and is a finite number."""
    if value is None or isinstance(value, (str, bool)):
        return False
    try:
        return math.isfinite(value)
    except TypeError:  # pandas' missing value
        return False


def count(value: Any) -> str:
    """Write a count with thousands separators: 48,210."""
    return f"{round(float(value)):,}" if is_known(value) else NOTHING


def plural(value: Any, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 call, 2 calls."""
    noun = one if is_known(value) and value == 1 else (many or f"{one}s")
    return f"{count(value)}{GAP}{noun}"


def percent(value: Any, digits: int | None = None) -> str:
    """Write a share as a percentage: 31.2 %; small shares keep two digits."""
    if not is_known(value):
        return NOTHING
    digits = _percent_digits(float(value)) if digits is None else digits
    return f"{100 * float(value):.{digits}f}{GAP}%"


def _percent_digits(share: float) -> int:
    if share == 0:
        return 0
    if abs(share) >= 0.1:
        return 1
    return 2 if abs(share) < 0.01 else 1


def percent_with(value: Any, low: Any = None, high: Any = None) -> str:
    """Write a share with its interval: 31.2 % (30.8-31.6)."""
    if not (is_known(value) and is_known(low) and is_known(high)):
        return percent(value)
    digits = _percent_digits(float(value))
    ends = f"{100 * float(low):.{digits}f}{DASH}{100 * float(high):.{digits}f}"
    return f"{percent(value, digits)} ({ends})"


def score(value: Any, digits: int = 3) -> str:
    """Write a measure without unit, such as an AUC: 0.812."""
    if not is_known(value):
        return NOTHING
    text = f"{float(value):.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", MINUS)


def score_with(metric: Any, digits: int = 3) -> str:
    """Write {"value", "low", "high"} with its interval: 0.812 (0.790-0.834)."""
    value, low, high = parts(metric)
    if not (is_known(low) and is_known(high)):
        return score(value, digits)
    return f"{score(value, digits)} ({score(low, digits)}{DASH}{score(high, digits)})"


def parts(metric: Any) -> tuple[Any, Any, Any]:
    """Take a metric apart into value, low and high; a bare number has no interval."""
    if isinstance(metric, dict):
        return metric.get("value"), metric.get("low"), metric.get("high")
    return metric, None, None


def plain(value: Any) -> str:
    """Write any number with about three significant digits: 6,410; 12.3; 0.0042."""
    if not is_known(value):
        return NOTHING
    number = float(value)
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Any, low: Any = None, high: Any = None) -> str:
    """Write euros rounded to what is known.

    Without an interval two significant digits are kept; with one, the last digit shown
    is a tenth of the interval's width.
    """
    if not is_known(value):
        return NOTHING
    if not (is_known(low) and is_known(high)):
        return f"{_rounded(float(value), _step(abs(float(value)) / 10))}{GAP}EUR"
    step = _step((float(high) - float(low)) / 10)
    ends = f"{_rounded(float(low), step)}{DASH}{_rounded(float(high), step)}"
    return f"{_rounded(float(value), step)}{GAP}EUR ({ends})"


def price(value: Any) -> str:
    """Write euros that somebody set, as they were set: 4 EUR, 2.50 EUR, 1,250 EUR."""
    if not is_known(value):
        return NOTHING
    whole = float(value) == round(float(value))
    return f"{float(value):,.{0 if whole else 2}f}{GAP}EUR"


def _step(size: float) -> float:
    return 10.0 ** math.floor(math.log10(size)) if size > 0 else 1.0


def _rounded(value: float, step: float) -> str:
    rounded = round(value / step) * step
    return f"{rounded:,.0f}" if step >= 1 else f"{rounded:,.2f}"


def duration(seconds: Any) -> str:
    """Write seconds as people say them: 42 s, 3 min 20 s, 2 h 05 min."""
    if not is_known(seconds):
        return NOTHING
    if abs(seconds) < 10:
        return f"{plain(seconds)}{GAP}s"
    whole = round(float(seconds))
    if abs(whole) < 60:
        return f"{whole}{GAP}s"
    if abs(whole) < 3600:
        return f"{whole // 60}{GAP}min {whole % 60:02d}{GAP}s"
    return f"{whole // 3600:,}{GAP}h {whole % 3600 // 60:02d}{GAP}min"


def chance(probability: Any) -> str:
    """Say a probability in words: about 1 in 5."""
    if not is_known(probability):
        return "unknown"
    p = float(probability)
    if p < 0.005:
        return "fewer than 1 in 200"
    if p < 0.36:
        return f"about 1 in {_round_one_in(1 / p)}"
    if p > 0.97:
        return "more than 19 in 20"
    top, bottom = min(FRACTIONS, key=lambda f: abs(f[0] / f[1] - p))
    return f"about {top} in {bottom}"


def _round_one_in(n: float) -> int:
    step = 1 if n < 20 else 5 if n < 50 else 10
    return round(n / step) * step


def with_unit(value: Any, unit: str | None) -> str:
    """Write a value in the unit that a stored table names."""
    name = (unit or "").strip()
    if name.lower() in SHARES:
        return percent(value)
    if name.lower() in TIMES:
        return duration(value)
    if name.upper() == "EUR":
        return money(value)
    if not is_known(value):
        return NOTHING
    return f"{plain(value)}{GAP}{name}" if name else plain(value)


def day(moment: Any) -> str:
    """Write a day: 3 Nov 2025; ISO texts are understood."""
    found = as_day(moment)
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}" if found else NOTHING


def as_day(moment: Any) -> date | None:
    """Read a day from a date, an instant or an ISO text; nothing when it is none."""
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment.strip()).date()
        except ValueError:
            return None
    if isinstance(moment, datetime):
        return None if str(moment) == "NaT" else moment.date()
    return moment if isinstance(moment, date) else None


def local_day(moment: Any, zone: str) -> str | None:
    """Turn an instant into the ISO day at the site; what is no instant is kept out."""
    text = moment.isoformat() if isinstance(moment, datetime) else moment
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = instant.astimezone(ZoneInfo(zone)) if instant.tzinfo else instant
    return local.date().isoformat()


def period(start: Any, end: Any) -> str:
    """Write a period: 1 Jan 2025 to 1 Jul 2026."""
    return f"{day(start)} to {day(end)}"
