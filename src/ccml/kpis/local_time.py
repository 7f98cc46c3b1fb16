"""Calendar columns in the time zone of the site."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.datatypes as dt

UTC_INSTANT = dt.Timestamp(timezone="UTC")


@ibis.udf.scalar.builtin(
    name="timezone", signature=((dt.string, UTC_INSTANT), dt.timestamp)
)
def _timezone(zone, at):  # type: ignore[no-untyped-def]
    """Give the wall clock of a zone; Ibis has no word for it."""


def local_time(at: ibis.Value, zone: ZoneInfo) -> ibis.Value:
    """Turn an instant into the wall clock of the site."""
    return _timezone(zone.key, at.cast(UTC_INSTANT))


def day_start(instant: datetime, zone: ZoneInfo) -> datetime:
    """Find the midnight, in the site's zone, that begins the day of an instant."""
    return datetime.combine(instant.astimezone(zone).date(), time(), zone)
