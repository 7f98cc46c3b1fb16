"""What one kind of CRM export looks like, and how its records become events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import ibis

from ccml.config.crm import CrmConfig
from ccml.sources.layouts import Layout

Ended = Callable[[ibis.Table, CrmConfig], ibis.Value]
"""Gives the word of a record's closing event, and null while it is open."""
IdForm = Literal["salesforce", "guid", "plain"]


@dataclass(frozen=True)
class Lifecycle:
    """A record that is opened once and closed perhaps.

    Args:
        start: Word of the opening event.
        start_at: Column with its time.
        ended: The word of the closing event.
        end_at: Column with its time.
        modified: Column with the time of the record's last change.
        reads: Further columns from which the closing is told.
    """

    start: str
    start_at: str
    ended: Ended
    end_at: str
    modified: str
    reads: tuple[str, ...] = ()

    @property
    def columns(self) -> set[str]:
        """All columns that are needed."""
        return {self.start_at, self.end_at, self.modified, *self.reads}


@dataclass(frozen=True)
class Export:
    """One kind of export.

    Args:
        layouts: Known headers, in the words of the file.
        id: Column that identifies the record.
        names: Word of the file: known name, where they differ.
        id_form: How the CRM writes ids.
        ids: Known columns with ids of the CRM.
        times: Known columns with dates or times.
        consent: Known columns that allow or forbid contacts.
        lifecycle: How a record becomes events; none where it is one event or customer.
        joined_key: Column in which several customers stand, with a separator.
        lead_key: Column with the lead where no customer is named.
        deleted: Column that marks deleted records.
        values: Known columns whose values are translated.
    """

    layouts: tuple[Layout, ...]
    id: str
    names: Mapping[str, str] = field(default_factory=dict)
    id_form: IdForm = "plain"
    ids: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    consent: frozenset[str] = frozenset()
    lifecycle: Lifecycle | None = None
    joined_key: str | None = None
    lead_key: str | None = None
    deleted: str | None = None
    values: Mapping[str, Callable[[ibis.Value], ibis.Value]] = field(
        default_factory=dict
    )

    @property
    def columns(self) -> list[str]:
        """Known names of all columns that are read, each once."""
        words = [word for layout in self.layouts for word in layout.columns]
        return list(dict.fromkeys(self.names.get(word, word) for word in words))

    @property
    def needed(self) -> set[str]:
        """Known columns that the reader looks at, whatever the config names."""
        more = {self.id, self.deleted, self.lead_key} - {None}
        return {str(name) for name in more} | (
            self.lifecycle.columns if self.lifecycle else set()
        )


def ended_by_words(column: str) -> Ended:
    """Make the rule that a stage or state closes a record when `crm.ends` names it."""

    def ended(rows: ibis.Table, crm: CrmConfig) -> ibis.Value:
        state = rows[column].lower()
        cases = [
            (state.isin([word.lower() for word in words]), ibis.literal(event))
            for event, words in sorted(crm.ends.items())
            if words
        ]
        nothing = ibis.null("string")
        return ibis.cases(*cases, else_=nothing) if cases else nothing

    return ended
