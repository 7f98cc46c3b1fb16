"""Business events of any kind, as their config section names the columns."""

from functools import partial

import ibis

from ccml.config.sources import EventSource
from ccml.contracts.events import renamed
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, as_text
from ccml.sources.crm.read import carried, crm_raw
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.staging import Shape, typed_rows


def events_shape(name: str, source: EventSource) -> Shape:
    """Make the reader of one event table."""
    return partial(_shape, f"sources.events.{name}", source)


def _shape(place: str, source: EventSource, raw: RawFiles) -> ibis.Table:
    wanted = _wanted(source)
    raw = crm_raw(source, wanted, place, raw)
    require_columns(raw, wanted, place)
    rows = typed_rows(raw.rows, _casts(source, raw.rows) | carried(source, raw))
    if source.known_at is None:
        rows = rows.mutate(known_at=rows.event_at)
    return rows


def _wanted(source: EventSource) -> dict[str, str]:
    wanted = {"id": source.id, "key": source.key, "event_at": source.event_at}
    if source.known_at:
        wanted["known_at"] = source.known_at
    kept = {
        "times": source.times,
        "measures": source.measures,
        "categories": renamed(source.categories),
        "flags": renamed(source.flags),
    }
    for section, columns in kept.items():
        wanted |= {f"{section}.{name}": column for name, column in columns.items()}
    return wanted


def _casts(source: EventSource, rows: ibis.Table) -> dict[str, Cast]:
    zone = source.time_zone
    casts = {
        "event_id": as_text(rows[source.id]),
        "customer_id": as_text(rows[source.key]),
        "event_at": as_instant(rows[source.event_at], zone),
    }
    if source.known_at:
        casts["known_at"] = as_instant(rows[source.known_at], zone)
    for name, column in source.times.items():
        casts[name] = as_instant(rows[column], zone)
    for name, column in source.measures.items():
        casts[name] = as_number(rows[column])
    for name, column in renamed(source.categories).items():
        casts[name] = as_text(rows[column])
    for name, column in renamed(source.flags).items():
        casts[name] = as_flag(rows[column])
    return casts
