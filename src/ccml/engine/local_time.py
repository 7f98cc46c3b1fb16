"""Clock time at the site."""

import ibis
import ibis.expr.datatypes as dt


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="timezone", signature=((dt.string, dt.Timestamp("UTC")), dt.timestamp)
)
def _timezone(zone: str, instant: dt.Timestamp) -> dt.Timestamp:
    """DuckDB's own function of this name; Ibis has no expression for it."""


def local_time(instant: ibis.Value, zone: str) -> ibis.Value:
    """Turn an instant into the wall-clock time of a zone, without a zone."""
    return _timezone(zone, instant)
