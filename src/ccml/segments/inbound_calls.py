"""The stage that puts the calls of known customers beside what set them off."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.parts import Parts
from ccml.engine.stage import Stage
from ccml.features.events import event_inputs
from ccml.identity import link
from ccml.project import Project
from ccml.segments.clusters.triggers import Trigger, read_triggers, with_moments

NAME = "inbound_calls"
COLUMNS = (
    *("call_id", "customer_id", "event_at", "known_at", "started_at", "direction"),
    *("channel", "queue", "reason", "disposition", "answered", "abandoned"),
    *("transferred", "wait_s", "talk_s", "handle_s", "queued", "csat", "region"),
)
"""What traits, figures and histories read of a call."""
ABOUT = "one row per inbound call of a known customer, with what set it off"
NO_CALLS = "none"
MOST_CALLS = 4_000_000  # in one file


def build_inbound_calls(project: Project, config: SegmentsConfig) -> bool:
    """Make inbound_calls, out of one join for all that is read of calls later.

    Calls are written some months at a time, in the order of time: memory does not grow
    with the years, and reading a window touches the files of its months only.
    """
    stage = Stage(
        name="inbound calls",
        outputs=(NAME,),
        inputs=call_inputs(config),
        settings={
            "triggers": config.clusters.triggers,
            "time_zone": project.config.time_zone,
        },
        code=("segments/inbound_calls", "segments/clusters/triggers", "identity"),
        once=True,
    )

    def build() -> dict[str, Parts]:
        triggers = read_triggers(project, config.clusters.triggers)
        mark = project.stages.fingerprint(stage)[:16]
        months = Months(project, triggers, mark)
        return {NAME: Parts(["call_id"], ABOUT, [], months.write)}

    return project.stages.run(stage, build)


def call_inputs(config: SegmentsConfig) -> tuple[str, ...]:
    """Name the stored tables of calls and of the events that set them off."""
    events = [
        name
        for trigger in config.clusters.triggers.values()
        for name in event_inputs(trigger.table)
    ]
    return tuple(dict.fromkeys(["calls", "identity_map", *events]))


@dataclass(frozen=True)
class Months:
    """The calls of known customers, some months at a time.

    Args:
        project: Whose calls.
        triggers: What may have set them off.
        mark: Distinguishes the files of this making from those of another.
    """

    project: Project
    triggers: Sequence[Trigger]
    mark: str

    def write(self, folder: Path) -> None:
        """Write a file per span of months; one without rows where there are no calls."""
        every = link.linked_calls(self.project.store)
        known = (every.direction == "inbound") & every.customer_id.notnull()
        inbound = every.filter(known)
        told = inbound.select(*(name for name in COLUMNS if name in inbound.columns))
        spans = spans_of(self._calls_by_month())
        if not spans:
            self._file(folder, NO_CALLS, told.limit(0), self.triggers)
        for start, end in spans:
            self.project.progress.step(f"calls from {start:%Y-%m}")
            here = (told.event_at >= start) & (told.event_at < end)
            near = [trigger.between(start, end) for trigger in self.triggers]
            self._file(folder, f"{start:%Y-%m}", told.filter(here), near)

    def _calls_by_month(self) -> "pd.Series[int]":
        calls = self.project.store.read("calls")
        begun = calls.filter(calls.started_at.notnull())
        month = begun.started_at.truncate("M")
        counted = begun.group_by(month=month).agg(calls=begun.count()).to_pandas()
        months = pd.DatetimeIndex(pd.to_datetime(counted["month"], utc=True))
        return pd.Series(counted["calls"].to_numpy(), index=months).sort_index()

    def _file(
        self, folder: Path, name: str, calls: ibis.Table, triggers: Sequence[Trigger]
    ) -> None:
        rows = with_moments(calls, triggers).order_by("event_at", "call_id")
        file = folder / f"{name}-{self.mark}.parquet"
        self.project.store.backend.to_parquet(rows, file, compression="zstd")


def spans_of(calls: "pd.Series[int]") -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Put months together as long as they hold few enough calls to sort in memory.

    Args:
        calls: Number of calls by month, the oldest first.

    Returns:
        Start and end of each span, half open, without gaps between calls.
    """
    spans: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    held = 0
    months = pd.DatetimeIndex(calls.index)
    for start, number in zip(months, calls, strict=True):
        end = start + pd.offsets.MonthBegin()
        if spans and held + number <= MOST_CALLS:
            spans[-1] = (spans[-1][0], end)
            held += number
        else:
            spans.append((start, end))
            held = number
    return spans
