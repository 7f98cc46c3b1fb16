"""The journey of customers: their contacts on every channel, and all of one customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from ccml.config.project import ProjectConfig
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.identity.journey_contacts import CALLS, call_contacts, event_contacts
from ccml.identity.journey_switches import with_previous
from ccml.identity.link import linked_calls
from ccml.project import Project

CONTACTS = "contacts"
ABOUT = "one row per contact of a customer, on any channel"
HEAD = ("event_at", "known_at", "source_table", "event_id")
TOLD = (
    "channel",
    "direction",
    "reason",
    "outcome",
    "previous_channel",
    "hours_since_previous",
    "is_channel_switch",
)
KEYS = frozenset(
    ["customer_id", "event_id", "call_id", "event_at", "known_at", "started_at"]
)
HIDDEN = frozenset(["source_file", "phone_key", "dialed_key", "click_key"])


def contact_tables(config: ProjectConfig) -> list[str]:
    """Name the event tables that hold contacts beside calls."""
    events = config.sources.events
    return [name for name, source in events.items() if source.contact]


def build_contacts(project: Project) -> bool:
    """Make `contacts` of calls and of the tables that hold contacts.

    Raises:
        ConfigError: A `contact` section names a column that is not stored.
        DataError: A direction is neither inbound nor outbound.
    """
    sources, tables = project.config.sources, contact_tables(project.config)
    calls = ["calls", "identity_map"] if sources.calls else []
    within = project.config.identity.switch_within_hours
    stage = Stage(
        name="contacts of customers",
        outputs=(CONTACTS,),
        inputs=(*calls, *tables),
        settings={
            "contacts": {name: sources.events[name].contact for name in tables},
            "within_hours": within,
        },
        code=("identity", "config/contacts"),
    )
    return project.stages.run(stage, lambda: _build(project, tables, within))


def _build(
    project: Project, tables: list[str], within_hours: int
) -> Mapping[str, Output]:
    store, events = project.store, project.config.sources.events
    parts = [event_contacts(name, events[name], store.read(name)) for name in tables]
    if project.config.sources.calls:
        parts.insert(0, call_contacts(linked_calls(store)))
    contacts = parts[0]
    for part in parts[1:]:
        contacts = contacts.union(part)
    rows = with_previous(contacts.cache(), within_hours)
    return {CONTACTS: Table(rows, ("contact_id",), ABOUT)}


def customer_journey(
    project: Project, customer_id: str, as_of: datetime | None = None
) -> pd.DataFrame:
    """Tell all events of one customer in their order, whatever table they come from.

    Args:
        project: The project; its sources have been prepared.
        customer_id: The customer.
        as_of: Only what happened, and was known, before this instant; all by default.

    Returns:
        event_at, known_at, source_table, event_id; channel, direction, reason, outcome,
        previous_channel, hours_since_previous and is_channel_switch where the event is
        a contact; details, the event's other columns as a text.
    """
    sources = project.config.sources
    tables = {name: project.store.read(name) for name in sources.events}
    if sources.calls:
        calls = linked_calls(project.store)
        tables[CALLS] = calls.mutate(event_id=calls.call_id)
    frames = [
        _told(name, _own(table, customer_id, as_of).to_pandas())
        for name, table in sorted(tables.items())
    ]
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame(columns=[*HEAD, *TOLD, "details"])
    events = pd.concat(frames, ignore_index=True)
    contacts = _own_contacts(project, customer_id, as_of)
    told = events.merge(contacts, on=["source_table", "event_id"], how="left")
    told = told.sort_values([*HEAD], ignore_index=True)
    return told[[*HEAD, *TOLD, "details"]]


def _own(events: ibis.Table, customer_id: str, as_of: datetime | None) -> ibis.Table:
    own = events.filter(events.customer_id == customer_id)
    if as_of is None:
        return own
    return own.filter((own.event_at < as_of) & (own.known_at < as_of))


def _own_contacts(
    project: Project, customer_id: str, as_of: datetime | None
) -> pd.DataFrame:
    """Read the customer's contacts; before they are made, those of calls alone."""
    if project.store.manifest(CONTACTS) is not None:
        contacts = project.store.read(CONTACTS)
    elif project.config.sources.calls:
        within = project.config.identity.switch_within_hours
        own = _own(linked_calls(project.store), customer_id, None)
        contacts = with_previous(call_contacts(own), within)
    else:
        return pd.DataFrame(columns=["source_table", "event_id", *TOLD])
    frame: pd.DataFrame = _own(contacts, customer_id, as_of).to_pandas()
    starts = frame.source_table.str.len() + 1
    ids = [text[n:] for text, n in zip(frame.contact_id, starts, strict=True)]
    return frame.assign(event_id=ids)[["source_table", "event_id", *TOLD]]


def _told(name: str, events: pd.DataFrame) -> pd.DataFrame:
    """Reduce a customer's events of one table to what is common, and a text."""
    shown = [c for c in events.columns if c not in {*KEYS, *HIDDEN, *TOLD}]
    details = [
        ", ".join(
            f"{column}: {_word(value)}"
            for column, value in zip(shown, row, strict=True)
            if not pd.isna(value)
        )
        for row in events[shown].itertuples(index=False)
    ]
    return events[["event_at", "known_at", "event_id"]].assign(
        source_table=name, details=details
    )


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return f"{value:g}" if isinstance(value, float) else str(value)
