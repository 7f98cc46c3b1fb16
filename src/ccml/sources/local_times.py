"""Clock times of exports that write them in their own form."""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt

from ccml.sources.cast import Cast, as_instant, as_text, local_instant


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="try_strptime", signature=((dt.string, dt.string), dt.timestamp)
)
def _clock_time(text: str, form: str) -> dt.Timestamp:
    """DuckDB's function: a text of a form as a clock time; null when it is another."""


def as_local(column: ibis.Value, forms: Sequence[str], zone: str | None) -> Cast:
    """Read clock times of some forms in a zone, and ISO stamps as they are.

    Args:
        column: Texts.
        forms: Forms such as `%m/%d/%Y %H:%M:%S`, the most common first.
        zone: Zone of the clock; without it such times are no instants.
    """
    text = as_text(column).value
    plain = as_instant(text, zone)
    if zone is None:
        return Cast(plain.value, text, zoneless=True)
    read = [local_instant(_clock_time(text, form), zone) for form in forms]
    return Cast(ibis.coalesce(*read, plain.value), text, plain.zoneless)
