"""Clock time at the site."""

from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

UTC_INSTANT = dt.Timestamp(timezone="UTC")


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, UTC_INSTANT), dt.timestamp)
)
def _timezone(zone, instant):  # type: ignore[no-untyped-def]
    """DuckDB's own function of this name; Ibis has no expression for it."""


def local_time(instant: ibis.Value, zone: ZoneInfo | str) -> ibis.Value:
    """Turn an instant into the wall-clock time of a zone, without a zone."""
    return _timezone(str(zone), instant.cast(UTC_INSTANT))


@ibis.udf.scalar.builtin(name="epoch_us", signature=((UTC_INSTANT,), dt.int64))
def _epoch_us(instant):  # type: ignore[no-untyped-def]
    """DuckDB's own function of this name; Ibis has no expression for it."""


def microseconds(instant: ibis.Value) -> ibis.Value:
    """Turn an instant into microseconds since 1970, UTC."""
    return _epoch_us(instant.cast(UTC_INSTANT))
