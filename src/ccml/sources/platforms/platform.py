"""What a contact-centre platform's reader knows: layouts, assumptions, what it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import ibis

from ccml.config.sources import CallsSource
from ccml.sources.calls import PLACE
from ccml.sources.layouts import Layout
from ccml.sources.opening import Opening
from ccml.sources.raw import RawFiles, Records

__all__ = ["PLACE", "Assumption", "Legs", "Platform", "Reading", "Records"]

Kind = Literal["csv", "records", "other"]


@dataclass(frozen=True)
class Assumption:
    """A fact that no source confirms, the value taken for it, and the words for it."""

    switch: str
    default: Any
    words: str


@dataclass(frozen=True)
class Reading:
    """One source as a reader sees it: its config, its zone and its switches."""

    source: CallsSource
    zone: str | None
    assumptions: tuple[Assumption, ...] = ()

    def switch(self, name: str) -> Any:
        """Look a switch up: the config's value, or the reader's default."""
        given = getattr(self.source.switches, name)
        if given is not None:
            return given
        return next(a.default for a in self.assumptions if a.switch == name)


Legs = Callable[[Reading, RawFiles], ibis.Table]


@dataclass(frozen=True)
class Platform:
    """The reader of one kind of export.

    Args:
        label: Name of the platform in `source_platform` and in call ids.
        kind: CSV files with a header, JSON records, or something of its own.
        legs: Makes typed legs (see `ccml.sources.legs`) of opened files.
        layouts: Headers that are known; empty for records and lines.
        records: How JSON records are read.
        opening: How files of another kind are opened.
        assumptions: What is not confirmed.
        zone: `utc` when the export says its offset or is in UTC; `needed` when the
            times depend on a setting, so that the config must name the zone.
        gives: Canonical columns of calls that the export reports.
        gaps: Canonical column: why the export does not report it.
    """

    label: str
    kind: Kind
    legs: Legs
    layouts: tuple[Layout, ...] = ()
    records: Records | None = None
    opening: Opening | None = None
    assumptions: tuple[Assumption, ...] = ()
    zone: Literal["utc", "needed"] = "utc"
    gives: frozenset[str] = frozenset()
    gaps: Mapping[str, str] = field(default_factory=dict)

    def reading(self, source: CallsSource) -> Reading:
        """Bind the reader to a section of the config."""
        return Reading(source, source.time_zone, self.assumptions)

    def assumed(self, source: CallsSource) -> list[str]:
        """Say what is taken for granted where the config does not tell."""
        return [
            f"{fact.words} (not confirmed: sources.calls.switches.{fact.switch})"
            for fact in self.assumptions
            if getattr(source.switches, fact.switch) is None
        ]
