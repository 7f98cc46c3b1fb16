"""Events of customers, whatever table they come from, under the same key columns."""

from collections.abc import Mapping
from typing import Any

import ibis

from ccml.identity.journey import CONTACTS
from ccml.identity.link import linked_calls
from ccml.project import Project


def customer_events(project: Project, name: str) -> ibis.Table:
    """Open an event table: event_id, customer_id, event_at, known_at, and its columns.

    Calls of callers who could not be linked to one customer are left out.
    """
    if name == "calls":
        calls = linked_calls(project.store)
        return calls.filter(calls.customer_id.notnull()).mutate(event_id=calls.call_id)
    events = project.store.read(name)
    return events.mutate(event_id=events.contact_id) if name == CONTACTS else events


def event_inputs(name: str) -> list[str]:
    """Name the stored tables that an event table is read from."""
    return ["calls", "identity_map"] if name == "calls" else [name]


def typed_columns(table: ibis.Table) -> Mapping[str, Any]:
    """Map each column to its type as Ibis names it."""
    return {column: str(kind) for column, kind in table.schema().items()}
