"""Dates of CRM exports, several forms in one column, as ISO texts."""

from collections.abc import Sequence
from typing import Literal

import ibis

from ccml.errors import DataError

Order = Literal["month_first", "day_first"]
SLASHED = (
    r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)"
    r"(?:,? +(\d{1,2}):(\d\d)(?::(\d\d))? ?([AaPp])?\.?[Mm]?\.?)?$"
)
DOTTED = r"^\d{1,2}\."
DATE_SIGNS = len("2026-01-31")
CENTURY = "20"
NOON = 12
MONTHS = 12


def is_slashed(text: ibis.Value) -> ibis.Value:
    """Tell whether a text is a date whose order of day and month is a custom."""
    # A cheap look first: most files hold ISO dates only.
    return ibis.ifelse(text.contains("/"), text.re_search(SLASHED), False)


def iso_text(text: ibis.Value, order: Order) -> ibis.Value:
    """Write 3/15/2024 2:30 PM and 15.03.2024 14:30 as 2024-03-15 14:30:00.

    Dates with dots begin with the day always. Other texts stay as they are; dates that
    do not exist become texts that are none, and so a fault of the row.
    """
    first, second = _part(text, 1), _part(text, 2)
    is_month_first = ibis.literal(order == "month_first") & ~text.re_search(DOTTED)
    month = ibis.ifelse(is_month_first, first, second)
    day = ibis.ifelse(is_month_first, second, first)
    year = _part(text, 3)
    year = ibis.ifelse(year.length() == 2, CENTURY + year, year)
    date = year + "-" + _two(month) + "-" + _two(day)
    seconds = ibis.ifelse(_part(text, 6) == "", "00", _part(text, 6))
    clock = " " + _two(_hour(text)) + ":" + _part(text, 5) + ":" + seconds
    whole = date + ibis.ifelse(_part(text, 4) == "", "", clock)
    is_near = text.contains("/") | (text.contains(".") & ~text.contains("-"))
    is_other = ibis.ifelse(is_near, text.re_search(SLASHED), False)
    return ibis.ifelse(is_other, whole, text)


def refuse_other_order(
    rows: ibis.Table, columns: Sequence[str], order: Order, place: str
) -> None:
    """Stop when dates with slashes can only be meant in the other order.

    Raises:
        DataError: With counts, and the switch to set.
    """
    sums = {
        f"{part}_{i}": _has_late(rows[name], part).sum().fill_null(0)
        for i, name in enumerate(columns)
        for part in (1, 2)
    }
    counts = rows.aggregate(**sums).to_pyarrow().to_pylist()[0] if sums else {}
    late = {
        part: sum(n for name, n in counts.items() if name.startswith(f"{part}_"))
        for part in (1, 2)
    }
    month = 1 if order == "month_first" else 2
    if late[month] and not late[3 - month]:
        other = "day_first" if order == "month_first" else "month_first"
        raise DataError(
            f"{place}.crm.date_order: {late[month]:,} dates with slashes have no such "
            f"month when they are read {order.replace('_', ' ')}, and all dates fit the "
            f"other order; set it to {other}."
        )


def end_of_day(text: ibis.Value) -> ibis.Value:
    """Move a date without a time to the midnight that ends it."""
    following = (text.try_cast("date") + ibis.interval(days=1)).cast("string")
    is_date = (text.length() == DATE_SIGNS) & following.notnull()
    return ibis.ifelse(is_date, following.substr(0, DATE_SIGNS), text)


def _has_late(text: ibis.Value, number: int) -> ibis.Value:
    """Tell whether a part of a date with slashes is no month."""
    late = _part(text, number).try_cast("int64") > MONTHS
    return ibis.ifelse(is_slashed(text), late, False)


def _part(text: ibis.Value, number: int) -> ibis.Value:
    return text.re_extract(SLASHED, number)


def _two(digits: ibis.Value) -> ibis.Value:
    return digits.lpad(2, "0")


def _hour(text: ibis.Value) -> ibis.Value:
    """Read the hour of a 24-hour or 12-hour clock."""
    half = _part(text, 7).lower()
    hour = _part(text, 4).try_cast("int64")
    twelve = hour % NOON + ibis.ifelse(half == "p", NOON, 0)
    is_read = (half == "") | ((hour >= 1) & (hour <= NOON))
    read = ibis.ifelse(half == "", hour, twelve).cast("string")
    return ibis.ifelse(is_read, read, "99")
