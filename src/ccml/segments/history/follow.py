"""The customers of every cutoff: placed by today's clusters, judged by today's law."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.errors import DataError
from ccml.project import Project
from ccml.segments.callers.people import days_back
from ccml.segments.history.cutoffs import Span, days_between, history_cutoffs, months
from ccml.segments.history.law import TodaysLaw, todays_law
from ccml.segments.history.place import read_places, stored_ids
from ccml.segments.history.snapshot import Snapshot, snapshot
from ccml.segments.history.universe import read_universe
from ccml.segments.material import Source
from ccml.segments.population import Population

Ids = NDArray[np.object_]


@dataclass(frozen=True)
class Followed:
    """Customers at every cutoff and in every month, the oldest first.

    Args:
        shots: The cutoffs.
        ids: Segment of each customer at each of them.
        months: The calendar months.
        law: Today's law of call rates.
        placed_alike: Share of today's customers whom today's clusters put where the
            table of segments has them.
        judged_alike: Share of them whom today's law judges as the table of repeat
            callers does.
    """

    shots: list[Snapshot]
    ids: list[Ids]
    months: list[Snapshot]
    law: TodaysLaw
    placed_alike: float
    judged_alike: float


def first_calls(source: Source) -> "pd.Series[pd.Timestamp]":
    """Find when each customer first called."""
    calls = source.inbound
    found = calls.group_by("customer_id").agg(first_at=calls.event_at.min())
    firsts: pd.Series[pd.Timestamp] = found.to_pandas().set_index("customer_id")[
        "first_at"
    ]
    return firsts


def follow(project: Project, source: Source, first_call: datetime) -> Followed:
    """Place and judge the customers of every cutoff."""
    history = source.config.history
    stored = source.store.read("segments")
    current = pd.Timestamp(stored.cutoff_at.max().execute()).to_pydatetime()
    span = Span(current, first_call, history.periods)
    window = source.config.repeat_callers.window_days
    cutoffs = history_cutoffs(source.features, span, history.period_days, window)
    spans = months(span, project.zone)
    project.progress.step("law of call rates")
    law = todays_law(source.store, source.config.repeat_callers)
    project.progress.step("customers of each cutoff")
    everyone = _everyone(source, [*cutoffs, *(end for _, end in spans)])
    universe = read_universe(source, everyone, law.reach)

    def look(start: datetime, end: datetime) -> Snapshot:
        return snapshot(_windowed(everyone[end], window), universe, start, law)

    project.progress.step("repeat callers of each cutoff")
    starts = [_before(cutoffs, history.period_days), *cutoffs]
    shots = [look(*one) for one in zip(starts, cutoffs, strict=False)]
    ready = {(one.since, one.people.cutoff): one for one in shots}
    followed = [ready.get(one) or look(*one) for one in spans if one[1] in everyone]
    ids = _placed(project, source, shots)
    today = stored_ids(source.store, shots[-1].people)
    return Followed(
        shots,
        [*ids[:-1], today],
        [one.since_then() for one in followed if one.recent.any()],
        law,
        float((ids[-1] == today).mean()),
        _judged_alike(source, shots[-1]),
    )


def _everyone(
    source: Source, moments: Sequence[datetime]
) -> dict[datetime, Population]:
    """Find the customers at each moment, and how long they had been watched."""
    back = days_back(source.config.repeat_callers)
    back += days_between(min(moments), max(moments))
    found = {}
    for moment in dict.fromkeys(moments):
        try:
            found[moment] = _on_cutoff(source, moment).people(moment, back)
        except DataError:  # nobody was a customer yet
            continue
    return found


def _on_cutoff(source: Source, moment: datetime) -> Source:
    """Do without the spine where it has no such cutoff: all on record count."""
    features = source.features
    if features is None:
        return source
    here = features.filter(features.cutoff_at == pd.Timestamp(moment))
    return source if here.count().execute() else replace(source, features=None)


def _windowed(people: Population, window_days: int) -> Population:
    return replace(people, window_days=window_days)


def _before(cutoffs: Sequence[datetime], period_days: int) -> datetime:
    step = pd.Timedelta(days=period_days)
    if len(cutoffs) > 1:
        step = pd.Timedelta(cutoffs[1] - cutoffs[0])
    return (pd.Timestamp(cutoffs[0]) - step).to_pydatetime()


def _placed(project: Project, source: Source, shots: Sequence[Snapshot]) -> list[Ids]:
    places = read_places(source, shots[-1].people)
    found = []
    for shot in shots:
        day = shot.people.cutoff.astimezone(project.zone)
        project.progress.step(f"segments on {day:%Y-%m-%d}")
        found.append(places.ids(shot.people))
    return found


def _judged_alike(source: Source, today: Snapshot) -> float:
    callers = source.store.read("repeat_callers")
    rows = callers.select("customer_id", "is_persistent").to_pandas()
    stored = rows.set_index("customer_id")["is_persistent"].reindex(today.ids)
    return float((stored.to_numpy() == today.is_persistent).mean())
