"""What if part of the repeat calls did not come: calls, hours, money, service, agents."""

from dataclasses import dataclass
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd

from ccml.errors import ConfigError, DataError, unknown_name
from ccml.identity import link
from ccml.project import Project
from ccml.segments.strategies.followups import Period, calls_with_past
from ccml.segments.strategies.hours import Weeks, weeks_of, whole_weeks
from ccml.segments.strategies.staffing import BEST_LEVEL, models, patience_s
from ccml.segments.strategies.what_if_figures import (
    MONTH_DAYS,
    hour_table,
    staff_rows,
    week_samples,
    work_rows,
)
from ccml.sources.watermark import data_until

DEFAULT_WINDOW_DAYS = 90


@dataclass(frozen=True)
class Cut:
    """Which repeat calls are cut, and by how much.

    Args:
        percent: How much of them, 0 to 100.
        segment: Those of one segment's customers, by id or name.
        reason: Those that follow a call about this (its reason, family or queue).
        queue: Those that follow a call in this queue.
    """

    percent: float
    segment: str | None = None
    reason: str | None = None
    queue: str | None = None

    def checked(self) -> "Cut":
        """Check it.

        Raises:
            ConfigError: The share is no percentage, or nothing is named.
        """
        if not 0 <= self.percent <= 100:
            raise ConfigError(
                f"--cut: got {self.percent:g}; give a percentage from 0 to 100."
            )
        if self.segment is self.reason is self.queue is None:
            raise ConfigError(
                "--segment, --reason, --queue: none is given; name whose repeat calls are "
                "cut, as in --segment s3 or --reason billing."
            )
        return self

    @property
    def words(self) -> str:
        """Say it for people."""
        parts = [
            f"of customers of {self.segment}" if self.segment else "",
            f"after a call about {self.reason}" if self.reason else "",
            f"after a call in {self.queue}" if self.queue else "",
        ]
        whose = " ".join(part for part in parts if part)
        return f"{self.percent:g} % of the repeat calls {whose} do not come"


@dataclass(frozen=True)
class WhatIf:
    """What a cut changes.

    Args:
        title: The cut in words.
        figures: figure, unit, by, before, after, change, low, high (95 % of the change).
        hours: One row per hour of the week with calls, before and after.
        assumptions: What it rests on, as sentences.
    """

    title: str
    figures: pd.DataFrame
    hours: pd.DataFrame
    assumptions: tuple[str, ...]


def what_if(project: Project, cut: Cut) -> WhatIf:
    """Work out what happens when part of the repeat calls does not come.

    Raises:
        ConfigError: The cut names what does not exist.
        DataError: There is no whole week of calls.
    """
    cut = cut.checked()
    kpis = project.config.kpis
    calls, period = _calls(project)
    chosen = _chosen(project, calls, cut)
    weeks = weeks_of(chosen, chosen.is_cut, period, kpis.service_level_s)
    samples = week_samples(weeks.number, _seed(project))
    share = cut.percent / 100
    rows = work_rows(weeks, share, samples, kpis.cost_per_agent_hour_eur)
    fitted = models(weeks, kpis.service_level_s) if weeks.told.sum() else []
    if not weeks.answered.sum():
        fitted = []
    for model in fitted:
        rows += staff_rows(weeks, share, samples, model)
    return WhatIf(
        cut.words,
        pd.DataFrame(rows),
        hour_table(weeks, share, fitted),
        _assumptions(project, cut, weeks, period, bool(fitted)),
    )


def _calls(project: Project) -> tuple[ibis.Table, Period]:
    """Read the calls of whole weeks before the cutoff of segments, or the data's end."""
    store, config = project.store, project.config.segments
    days = config.repeat_callers.window_days if config else DEFAULT_WINDOW_DAYS
    end = data_until(project)
    if store.manifest("segments") is not None:
        newest = store.read("segments").cutoff_at.max().execute()
        end = pd.Timestamp(newest).to_pydatetime()
    repeat_days = project.config.kpis.main_window_days
    window = Period(end - timedelta(days=days), end, repeat_days, project.zone)
    every = link.linked_calls(store)
    first = every.filter(every.direction == "inbound").started_at.min().execute()
    period = whole_weeks(window, pd.Timestamp(first)) if first is not pd.NaT else None
    if period is None or period.days < 7:
        raise DataError(
            "what-if: there is no whole week of inbound calls before the cutoff; move "
            "segments.cutoff, or bring in more calls."
        )
    families = config.reason_families if config else {}
    return calls_with_past(every, period, families), period


def _chosen(project: Project, calls: ibis.Table, cut: Cut) -> ibis.Table:
    """Mark the calls that the cut is about, and keep what the sums need."""
    is_cut = calls.is_repeat
    if cut.reason is not None:
        _check(calls, "previous_about", "reason", cut.reason)
        is_cut = is_cut & (calls.previous_about == cut.reason)
    if cut.queue is not None:
        _check(calls, "previous_queue", "queue", cut.queue)
        is_cut = is_cut & (calls.previous_queue == cut.queue)
    if cut.segment is not None:
        inside = _members(project, cut.segment)
        calls = calls.mutate(is_cut=is_cut)
        calls = calls.left_join(inside, "customer_id")
        is_cut = calls.is_cut & calls.is_inside.fill_null(False)
    names = [
        "started_at", "channel", "queued", "answered", "abandoned", "wait_s", "work_s",
        "weekday", "hour",
    ]  # fmt: skip
    return calls.select(*names, is_cut=is_cut.fill_null(False)).cache()


def _check(calls: ibis.Table, column: str, kind: str, name: str) -> None:
    known: list[str] = []
    if column in calls.columns:
        told = calls.filter(calls[column].notnull()).select(column).distinct()
        known = list(told.to_pandas()[column])
    if name not in known:
        raise unknown_name(kind, name, known, f"--{kind}")


def _members(project: Project, segment: str) -> ibis.Table:
    store = project.store
    table = store.read("segments")
    ids = set(table.select("segment_id").distinct().to_pandas()["segment_id"])
    profiles = store.frame("segment_profiles")
    by_name = dict(zip(profiles["name"], profiles["segment_id"], strict=True))
    found = by_name.get(segment, segment)
    if found not in ids:
        raise unknown_name("segment", segment, {*ids, *by_name}, "--segment")
    inside = table.filter(table.segment_id == found)
    return inside.select("customer_id", is_inside=ibis.literal(value=True))


def _seed(project: Project) -> int:
    return project.config.segments.seed if project.config.segments else 1


def _assumptions(
    project: Project, cut: Cut, weeks: Weeks, period: Period, has_staffing: bool
) -> tuple[str, ...]:
    first, last = (
        moment.astimezone(project.zone) for moment in (period.start, period.cutoff)
    )
    told = [
        f"Volumes are those of the {weeks.number} weeks from {first:%Y-%m-%d} to "
        f"{last:%Y-%m-%d}; the intervals (95 %) come from drawing these weeks anew, and "
        f"say nothing of growth or of the season.",
        f"A repeat call is an inbound call at most {period.repeat_days:g} days after an "
        f"answered one of the same customer; calls of unknown customers are never one.",
        "The repeats that go are spread over the hours like all the repeats in question, "
        "and no other call comes in their place.",
        *_regression(project, cut),
    ]
    if not has_staffing:
        return (*told, "Agents and service level are left out: no wait or no handle time "
                "of calls by voice is reported.")  # fmt: skip
    target = project.config.kpis.service_level_s
    patience = patience_s(weeks)
    words = (
        f"Erlang A: callers give up after {patience:,.0f} s on average (time in the queue "
        f"of all / calls given up)."
        if np.isfinite(patience)
        else "Nobody gave up in the queue, so Erlang A is Erlang C and is left out."
    )
    return (
        *told,
        f"The agents now are not on record: they are those with whom the model gives the "
        f"service level seen in each hour of the week (answered within {target:g} s / "
        f"offered, at most {100 * BEST_LEVEL:g} %), all in one pool, by voice only.",
        words,
        "Erlang C: nobody gives up; where many do, it asks for more agents than needed.",
    )


def _regression(project: Project, cut: Cut) -> list[str]:
    """Say how much of what a segment did is expected again."""
    store = project.store
    if cut.segment is None or store.manifest("repeat_callers") is None:
        return []
    callers = store.read("repeat_callers")
    if "expected_calls_30d" not in callers.columns:
        return []
    rows = callers.join(_members(project, cut.segment), "customer_id")
    sums = rows.agg(
        expected=rows.expected_calls_30d.sum(),
        seen=(rows.calls * MONTH_DAYS / rows.exposure_days).sum(),
    ).to_pandas()
    expected, seen = float(sums["expected"].iloc[0]), float(sums["seen"].iloc[0])
    if seen <= 0:
        return []
    return [
        f"Of the calls that these customers made, {100 * expected / seen:.0f} % are "
        f"expected again in the next 30 days (part was chance); the figures here are "
        f"those of the weeks seen."
    ]
