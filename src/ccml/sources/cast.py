"""Texts of an export as instants, numbers, flags and clean texts."""

from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.datatypes as dt

ZONED = r"[T ].*\d ?([Zz]|[+-]\d\d(:?\d\d)?)$"
STAMP = r"^\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?)?"
CLOCK = r"^\d+:\d\d:\d\d(\.\d+)?$"
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")
INSTANT = "timestamp('UTC')"
NO_ZONE = "without a zone"


@dataclass(frozen=True)
class Cast:
    """A typed value, and when it is wrong: present as a text but not of its kind."""

    value: ibis.Value
    is_bad: ibis.Value
    lacks_zone: ibis.Value | None = None


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, dt.timestamp), dt.Timestamp("UTC"))
)
def _instant_of(zone: str, local: dt.Timestamp) -> dt.Timestamp:
    """DuckDB's function: a clock time in a zone as an instant.

    A clock time that the spring change skips is read by the offset before the change
    (02:30 becomes 03:30); one that the autumn change repeats is read as its second
    pass, in winter time. No row is lost, and no row fails.
    """


def local_instant(local: ibis.Value, zone: str) -> ibis.Value:
    """Read clock times of a zone as instants."""
    return _instant_of(zone, local)


def as_text(column: ibis.Value) -> Cast:
    """Strip a text; an empty one is null."""
    text = column if column.type().is_string() else column.cast("string")
    return Cast(text.strip().nullif(""), ibis.literal(value=False))


def as_number(column: ibis.Value) -> Cast:
    """Read finite numbers, and clock durations H:MM:SS as seconds."""
    if column.type().is_numeric():
        value = column.cast("float64")
        return Cast(ibis.ifelse(_is_finite(value), value, None), ibis.literal(False))
    text = as_text(column).value
    plain = text.try_cast("float64")
    plain = ibis.ifelse(_is_finite(plain), plain, None)
    value = ibis.coalesce(plain, _clock_seconds(text))
    return Cast(value, text.notnull() & value.isnull())


def as_flag(column: ibis.Value) -> Cast:
    """Read true/false, yes/no, t/f, y/n and 1/0 in any case."""
    if column.type().is_boolean():
        return Cast(column, ibis.literal(value=False))
    text = as_text(column).value.lower()
    value = ibis.cases((text.isin(TRUE), True), (text.isin(FALSE), False), else_=None)
    return Cast(value, text.notnull() & value.isnull())


def as_instant(column: ibis.Value, zone: str | None) -> Cast:
    """Read ISO time stamps with an offset, and naive ones in the source's zone.

    A date alone is the midnight that begins it. Without a zone, naive stamps are null
    and marked by `lacks_zone`.
    """
    kind = column.type()
    never = ibis.literal(value=False)
    if kind.is_timestamp() and kind.timezone is not None:
        return Cast(column.cast(INSTANT), never)
    if kind.is_timestamp() or kind.is_date():
        return _naive(column.cast("timestamp"), column.notnull(), zone)
    text = as_text(column).value
    shaped = text.re_search(STAMP)
    zoned = text.re_search(ZONED)
    tidy = text.replace(",", ".").re_replace(" ([+-]\\d\\d(:?\\d\\d)?|[Zz])$", "\\1")
    tidy = tidy.re_replace("z$", "Z")
    exact = ibis.ifelse(shaped & zoned, tidy.try_cast(INSTANT), None)
    local = ibis.ifelse(shaped & ~zoned, tidy.try_cast("timestamp"), None)
    naive = _naive(local, local.notnull(), zone)
    value = ibis.coalesce(exact, naive.value)
    return Cast(value, text.notnull() & value.isnull(), naive.lacks_zone)


def _naive(local: ibis.Value, present: ibis.Value, zone: str | None) -> Cast:
    if zone is None:
        return Cast(ibis.null(INSTANT), present, present)
    return Cast(local_instant(local, zone), ibis.literal(value=False))


def _is_finite(value: ibis.Value) -> ibis.Value:
    return ~(value.isnan() | value.isinf())


def _clock_seconds(text: ibis.Value) -> ibis.Value:
    """Turn H:MM:SS into seconds; hours may pass 24."""
    part = partial(_clock_part, text.split(":"))
    seconds = part(0) * 3600 + part(1) * 60 + part(2)
    return ibis.ifelse(text.re_search(CLOCK), seconds, None)


def _clock_part(parts: ibis.Value, index: int) -> ibis.Value:
    return parts[index].try_cast("float64")
