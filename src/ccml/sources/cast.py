"""Texts of an export as instants, numbers, flags and clean texts."""

from dataclasses import dataclass
from functools import partial

import ibis
import ibis.expr.datatypes as dt

ZONED = r"[T ].*\d ?([Zz]|[+-]\d\d(:?\d\d)?)$"
STAMP = r"^\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d([.,]\d+)?)?)?"
WITH_SECONDS = len("2026-01-01T00:00:00Z")
WITH_OFFSET = len("2026-01-01T00:00:00+01:00")
WITHOUT_ZONE = len("2026-01-01T00:00:00")
CLOCK = r"^\d+:\d\d:\d\d(\.\d+)?$"
TRUE = ("true", "t", "yes", "y", "1", "1.0")
FALSE = ("false", "f", "no", "n", "0", "0.0")
INSTANT = "timestamp('UTC')"
NO_ZONE = "without a zone"


@dataclass(frozen=True)
class Cast:
    """A typed value, and what the export gave for it.

    A row is wrong when something was given but no value came of it. `given` is null when
    that cannot happen. `zoneless` says that a time stamp without a zone is no value.
    """

    value: ibis.Value
    given: ibis.Value | None = None
    zoneless: bool = False


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="timezone", signature=((dt.string, dt.timestamp), dt.Timestamp("UTC"))
)
def _instant_of(zone: str, local: dt.Timestamp) -> dt.Timestamp:
    """DuckDB's function: a clock time in a zone as an instant.

    A clock time that the spring change skips is read by the offset before the change
    (02:30 becomes 03:30); one that the autumn change repeats is read as its second
    pass, in winter time. No row is lost, and no row fails.
    """


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="trim", signature=((dt.string,), dt.string)
)
def _trim(text: dt.String) -> dt.String:
    """DuckDB's own function: blanks only, and four times as fast as Ibis's strip."""


def local_instant(local: ibis.Value, zone: str) -> ibis.Value:
    """Read clock times of a zone as instants."""
    return _instant_of(zone, local)


def as_text(column: ibis.Value) -> Cast:
    """Strip a text; an empty one is null."""
    text = column if column.type().is_string() else column.cast("string")
    return Cast(_trim(text).nullif(""))


def as_number(column: ibis.Value) -> Cast:
    """Read finite numbers, and clock durations H:MM:SS as seconds."""
    if column.type().is_numeric():
        value = column.cast("float64")
        return Cast(ibis.ifelse(_is_finite(value), value, None))
    text = as_text(column).value
    value = ibis.cases(
        (text.contains(":"), _clock_seconds(text)),
        (text.lower().re_search("[a-df-z]"), ibis.null("float64")),  # inf, nan
        else_=text.try_cast("float64"),
    )
    return Cast(value, text)


def as_flag(column: ibis.Value) -> Cast:
    """Read true/false, yes/no, t/f, y/n and 1/0 in any case."""
    if column.type().is_boolean():
        return Cast(column)
    text = as_text(column).value
    small = text.lower()
    value = ibis.cases((small.isin(TRUE), True), (small.isin(FALSE), False), else_=None)
    return Cast(value, text)


def as_instant(column: ibis.Value, zone: str | None) -> Cast:
    """Read ISO time stamps with an offset, and naive ones in the source's zone.

    A date alone is the midnight that begins it. Without a zone, naive stamps are null.
    """
    kind = column.type()
    if kind.is_timestamp() and kind.timezone is not None:
        return Cast(column.cast(INSTANT))
    if kind.is_timestamp() or kind.is_date():
        return _naive(column.cast("timestamp"), column.cast("string"), zone)
    text = as_text(column).value
    tidy = text.replace(",", ".").re_replace(" ([+-]\\d\\d(:?\\d\\d)?|[Zz])$", "\\1")
    tidy = tidy.re_replace("z$", "Z")
    # The engine reads no offset behind minutes.
    tidy = tidy.re_replace(r"([T ]\d\d?:\d\d)([+-]|Z)", r"\1:00\2")
    naive = _naive(tidy.try_cast("timestamp"), text, zone)
    value = ibis.cases(
        # The common forms first: the others cost five regular expressions.
        *_common_forms(text, zone),
        (~text.re_search(STAMP), ibis.null(INSTANT)),
        (text.re_search(ZONED), tidy.try_cast(INSTANT)),
        else_=naive.value,
    )
    return Cast(value, text, naive.zoneless)


def _common_forms(
    text: ibis.Value, zone: str | None
) -> list[tuple[ibis.Value, ibis.Value]]:
    """Tell the forms that need no mending by their length and the place of colons."""
    has_seconds = text[16] == ":"
    is_utc = text.endswith("Z") & text.contains("T") & (text.length() >= WITH_SECONDS)
    has_offset = has_seconds & (text.length() == WITH_OFFSET) & (text[22] == ":")
    forms = [(is_utc | has_offset, text.try_cast(INSTANT))]
    if zone is not None:
        is_plain = has_seconds & (text.length() == WITHOUT_ZONE)
        forms.append((is_plain, local_instant(text.try_cast("timestamp"), zone)))
    return forms


def lacks_zone(given: ibis.Value) -> ibis.Value:
    """Tell whether a text is a time stamp without an offset."""
    return given.re_search(STAMP) & ~given.re_search(ZONED)


def _naive(local: ibis.Value, given: ibis.Value, zone: str | None) -> Cast:
    if zone is None:
        return Cast(ibis.null(INSTANT), given, zoneless=True)
    return Cast(local_instant(local, zone), given)


def _is_finite(value: ibis.Value) -> ibis.Value:
    return ~(value.isnan() | value.isinf())


def _clock_seconds(text: ibis.Value) -> ibis.Value:
    """Turn H:MM:SS into seconds; hours may pass 24."""
    part = partial(_clock_part, text.split(":"))
    seconds = part(0) * 3600 + part(1) * 60 + part(2)
    return ibis.ifelse(text.re_search(CLOCK), seconds, None)


def _clock_part(parts: ibis.Value, index: int) -> ibis.Value:
    return parts[index].try_cast("float64")
