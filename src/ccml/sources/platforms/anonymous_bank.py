"""The call log of the Anonymous Bank, January to July 1999.

Source: the files and `documentation.pdf` of A. Mandelbaum's group, Technion, February
2000. What one must know:

- A row is identified by VRU line, call number, date and entry time together.
- `customer_id` 0 means not identified, never a customer. It was recorded only for calls
  that had to queue.
- PHANTOM rows are no calls; they are set aside.
- Clock times carry no zone and no date: times before the entry are of the next day, and
  those over twelve hours later come from clocks that disagree and count as the entry.
- Israel changed its clocks once in these months, on 2 April 1999 at 02:00. An entry time
  that did not exist is read by the winter offset, so 02:30 becomes 03:30; no row is lost.
- A few durations are absurd; they are clipped, and the clipped rows are counted.
"""

from functools import partial

import ibis

from ccml.config.sources import CallsSource
from ccml.contracts.split import FAULT, ROW
from ccml.sources.calls import PLACE
from ccml.sources.cast import Cast, as_number, as_text, local_instant
from ccml.sources.csv_files import FILE
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE, Shape, typed_rows

PLATFORM = "anonymous_bank"
LONGEST_S = 3600.0
"""Waits and services above an hour are clipped to it."""
HALF_DAY_S = 43_200
DAY_S = 86_400
NO_CUSTOMER = "0"
NO_AGENT = "NO_SERVER"
PHANTOM = "PHANTOM"
COLUMNS = (
    "vru+line",
    "call_id",
    "customer_id",
    "priority",
    "type",
    "date",
    "vru_entry",
    "vru_exit",
    "vru_time",
    "q_start",
    "q_exit",
    "q_time",
    "outcome",
    "ser_exit",
    "ser_time",
    "server",
)


def anonymous_bank_shape(source: CallsSource, time_zone: str) -> Shape:
    """Make the reader of the Anonymous Bank's files.

    Args:
        source: The section of the config.
        time_zone: Zone of the clock times, Asia/Jerusalem.
    """
    return partial(_shape, source.time_zone or time_zone)


def _shape(zone: str, raw: RawFiles) -> ibis.Table:
    require_columns(raw, {f"reader ({name})": name for name in COLUMNS}, PLACE)
    text = {name: as_text(raw.rows[name]).value for name in COLUMNS}
    typed = _typed(as_view(raw.rows.select(ROW, FILE, **text)), zone)
    phantom = ibis.ifelse(typed.disposition == PHANTOM, "phantom", None)
    return typed.mutate(**{FAULT: typed[FAULT].fill_null(phantom)})


def _typed(rows: ibis.Table, zone: str) -> ibis.Table:
    clocks = as_view(
        rows.mutate(
            day=_day(rows.date),
            entry=_clock_s(rows.vru_entry),
            vru_end=_clock_s(rows.vru_exit),
            queue_begin=_clock_s(rows.q_start),
            queue_end=_clock_s(rows.q_exit),
            service_end=_clock_s(rows.ser_exit),
            ivr=as_number(rows.vru_time).value,
            wait=as_number(rows.q_time).value,
            service=as_number(rows.ser_time).value,
        )
    )
    entered = clocks.day + clocks.entry.as_interval("s")
    states = as_view(
        clocks.mutate(
            started_at=local_instant(entered, zone),
            answered=clocks.outcome == "AGENT",
            queued=(clocks.wait > 0) | (clocks.queue_begin > 0),
        )
    )
    timed = as_view(states.mutate(lasted=_lasted_s(states)))
    return typed_rows(timed, _casts(timed))


def _casts(rows: ibis.Table) -> dict[str, Cast]:
    identified = rows.customer_id.nullif(NO_CUSTOMER)
    plain = {
        "call_id": _key(rows),
        "customer_key": identified,
        "queue": rows.type,
        "reason": rows.type,
        "agent_id": rows.server.nullif(NO_AGENT),
        "disposition": rows.outcome,
        "queued": rows.queued,
        "answered": rows.answered,
        "abandoned": (rows.outcome == "HANG") & rows.queued,
        "ended_at": rows.started_at + rows.lasted.as_interval("s"),
        "ivr_s": rows.ivr.clip(lower=0),
        "wait_s": rows.wait.clip(upper=LONGEST_S),
        "talk_s": rows.service.clip(upper=LONGEST_S),
        "handle_s": rows.service.clip(upper=LONGEST_S),
        f"{NOTE}negative IVR time, set to 0": rows.ivr < 0,
        f"{NOTE}wait clipped to an hour": rows.wait > LONGEST_S,
        f"{NOTE}service clipped to an hour": rows.service > LONGEST_S,
    }
    casts = {name: _good(value) for name, value in plain.items()}
    casts["started_at"] = Cast(rows.started_at, rows.date)
    casts["priority"] = as_number(rows.priority)
    return casts


def _good(value: ibis.Value) -> Cast:
    return Cast(value)


def _key(rows: ibis.Table) -> ibis.Value:
    """Join the four parts of the key: only together are they unique."""
    entry = rows.vru_entry.lpad(8, "0").replace(":", "")
    line = rows["vru+line"]
    return f"{PLATFORM}:" + line + "-" + rows.call_id + "-" + rows.date + "-" + entry


def _day(date: ibis.Value) -> ibis.Value:
    """Read yymmdd of the last century."""
    parts = [date.substr(start, 2) for start in (0, 2, 4)]
    return ("19" + parts[0] + "-" + parts[1] + "-" + parts[2]).try_cast("timestamp")


def _clock_s(text: ibis.Value) -> ibis.Value:
    """Read H:MM:SS as seconds after midnight."""
    clock = text.try_cast("time")
    return clock.hour() * 3600 + clock.minute() * 60 + clock.second()


def _lasted_s(rows: ibis.Table) -> ibis.Value:
    """Seconds from the entry to the last clock time that the row's outcome gives."""
    end = ibis.cases(
        (rows.answered & (rows.service_end > 0), rows.service_end),
        (rows.queued & (rows.queue_end > 0), rows.queue_end),
        else_=rows.vru_end,
    )
    later = (end - rows.entry + DAY_S) % DAY_S
    return ibis.ifelse(later < HALF_DAY_S, later, 0).fill_null(0).cast("int64")
