"""Avaya CMS: what a segment says, as numbers, instants and plain facts."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt

from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import as_instant, as_number, as_text, local_instant
from ccml.sources.csv_files import FILE
from ccml.sources.platforms.avaya_layouts import KNOWN
from ccml.sources.platforms.platform import Reading
from ccml.sources.scratch import as_view

CONNECTED, ANSWERED, ABANDONED, INTERFLOW, BUSY, DISCONNECTED = range(1, 7)
NUMBERS = {
    "segment": "SEGMENT",
    "code": "DISPOSITION",
    "until": "DISPTIME",
    "lasted": "DURATION",
    "waited": "QUEUETIME",
    "rang": "RINGTIME",
    "talked": "TALKTIME",
    "held": "ANSHOLDTIME",
    "own_held": "ORIGHOLDTIME",
    "wrapped": "ACWTIME",
    "consulted": "CONSULTTIME",
    "at_end": "DISPSPLIT",
    "first_split": "SPLIT1",
    "second_split": "SPLIT2",
    "third_split": "SPLIT3",
    "moved": "TRANSFERRED",
    "joined": "CONFERENCE",
    "observes": "OBSERVINGCALL",
    "released": "AGT_RELEASED",
}
TEXTS = {
    "acd": "ACD",
    "callid": "CALLID",
    "ucid": "UCID",
    "row_date": "ROW_DATE",
    "origin_login": "ORIGLOGIN",
    "login": "ANSLOGIN",
    "dialled": "DIALED_NUM",
    "calling": "CALLING_PTY",
    "place": "EQLOC",
    "trunk": "TKGRP",
    "work_code": "LASTCWC",
}
UCID = r"^\d{20}$"
NO_UCID = "0" * 20
CLOCK = ":"


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="to_timestamp", signature=((dt.float64,), dt.Timestamp("UTC"))
)
def _epoch_instant(seconds: float) -> dt.Timestamp:
    """DuckDB's function: seconds since 1970 as an instant."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="make_timestamp", signature=((dt.int64,), dt.timestamp)
)
def _epoch_clock(microseconds: int) -> dt.Timestamp:
    """DuckDB's function: microseconds since 1970 as a clock time without a zone."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="timezone", signature=((dt.string, dt.Timestamp("UTC")), dt.timestamp)
)
def _clock_of(zone: str, instant: dt.Timestamp) -> dt.Timestamp:
    """DuckDB's function: the clock time of an instant in a zone."""


def _local_day(instant: ibis.Value, zone: str) -> ibis.Value:
    return _clock_of(zone, instant).cast("date").cast("string")


def segments(rows: ibis.Table, own: Mapping[str, str], reading: Reading) -> ibis.Table:
    """Read segments.

    Args:
        rows: Texts of the file.
        own: Field of `call_rec`: the file's own name for it.
        reading: Zone and switches.

    Returns:
        Numbers and texts of the fields, `start` and `stop` as instants, and flags that
        say who began a segment and whom it reached.
    """
    return _kinds(_facts(_plain(rows, own), reading), reading)


def _plain(rows: ibis.Table, own: Mapping[str, str]) -> ibis.Table:
    """Name the fields as in `call_rec`; those that the file lacks are null."""
    fields = {
        name: as_text(rows[own[name]]).value if name in own else ibis.null("string")
        for name in KNOWN
    }
    return as_view(rows.select(**fields, **{n: rows[n] for n in (ROW, FILE)}))


def _facts(rows: ibis.Table, reading: Reading) -> ibis.Table:
    numbers = {name: as_number(rows[field]) for name, field in NUMBERS.items()}
    broken = [
        (cast.value.isnull() & rows[field].notnull(), f"unparsable {field}")
        for (field, cast) in zip(NUMBERS.values(), numbers.values(), strict=True)
    ]
    zone = reading.zone if reading.switch("epoch_is_local") else None
    logins = {
        name: ibis.ifelse(rows[field] == "0", None, rows[field])
        for name, field in TEXTS.items()
    }
    return as_view(
        rows.select(
            **{name: cast.value for name, cast in numbers.items()},
            **logins,
            start=_instant(rows.SEGSTART_UTC, None).fill_null(
                _instant(rows.SEGSTART, zone)
            ),
            start_given=rows.SEGSTART_UTC.fill_null(rows.SEGSTART),
            stop=_instant(rows.SEGSTOP_UTC, None).fill_null(
                _instant(rows.SEGSTOP, zone)
            ),
            stop_given=rows.SEGSTOP_UTC.fill_null(rows.SEGSTOP),
            **{FAULT: ibis.cases(*broken, else_=ibis.null("string"))},
            **{name: rows[name] for name in (ROW, FILE)},
        )
    )


def _instant(text: ibis.Value, zone: str | None) -> ibis.Value:
    """Read epoch seconds, or the clock times that converters write for them."""
    clock = as_instant(text, zone or "UTC").value
    epoch = as_number(ibis.ifelse(text.contains(CLOCK), None, text)).value
    if zone is None:
        return ibis.ifelse(text.contains(CLOCK), clock, _epoch_instant(epoch))
    wall = _epoch_clock((epoch * 1_000_000).cast("int64"))
    return ibis.ifelse(text.contains(CLOCK), clock, local_instant(wall, zone))


def _kinds(rows: ibis.Table, reading: Reading) -> ibis.Table:
    """Say what each segment is: who began it, whom it reached, how it ended."""
    splits = (rows.at_end, rows.first_split, rows.second_split, rows.third_split)
    queued = ibis.or_(*((split > 0).fill_null(False) for split in splits))
    first = (rows.segment <= 1).fill_null(False)
    begun = rows.origin_login.notnull()
    digits = rows.dialled.re_replace("[^0-9]", "").length()
    outside = (digits >= reading.switch("external_min_digits")).fill_null(False)
    by_agent = first & begun & ~queued
    phantom_s = reading.switch("phantom_abandon_s")
    spoke = (rows.code == ABANDONED) & (rows.talked > phantom_s)
    reached = rows.code.isin([CONNECTED, ANSWERED]) | spoke
    has_ucid = rows.ucid.re_search(UCID) & (rows.ucid != NO_UCID)
    zone = reading.zone or "UTC"
    day = rows.row_date.fill_null(_local_day(rows.start, zone))
    named = rows.acd.fill_null("") + "-" + rows.callid + "-" + day
    return as_view(
        rows.mutate(
            queued=queued,
            first=first,
            by_agent=by_agent,
            outside=outside,
            came_on=~first & begun,
            reached=reached.fill_null(False),
            observed=(rows.observes == 1).fill_null(False),
            has_ucid=has_ucid.fill_null(False),
            ref=ibis.ifelse(has_ucid.fill_null(False), rows.ucid, named),
        )
    )
