"""Figures of each segment over the window, with 95 % intervals over customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.local_time import local_time
from ccml.kpis.intervals import Z, wilson
from ccml.kpis.queueing import is_answered, is_offered
from ccml.kpis.repeats import GROSS, base_calls, is_closed, is_repeated
from ccml.segments.clusters.call_traits import handled_s
from ccml.segments.population import Population, window_calls

Floats = NDArray[np.float64]
COLUMNS = ("segment_id", "figure", "value", "low", "high", "n", "unit", "period")
MONTH_DAYS = 30
HOUR_S = 3_600
PARTS = {
    "night": (0, 5),
    "morning": (6, 11),
    "afternoon": (12, 17),
    "evening": (18, 23),
}
"""Parts of the day by their first and last hour, site time."""
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
MOST_VALUES = 12


@dataclass(frozen=True)
class Measure:
    """One figure: what is added up over calls, per what.

    Args:
        name: Name of the figure.
        unit: Its unit.
        above: Amount of each call; null where it takes no part.
        below: What each call adds to the base; null makes it a total per 30 days.
    """

    name: str
    unit: str
    above: ibis.Value
    below: ibis.Value | None = None


@dataclass(frozen=True)
class FigureSettings:
    """How figures are made.

    Args:
        zone: Time zone of the site.
        repeat_days: Days within which a further call is a repeat.
        cost_per_hour_eur: Cost of an agent's hour.
    """

    zone: ZoneInfo
    repeat_days: int
    cost_per_hour_eur: float


def segment_figures(
    people: Population,
    inbound: ibis.Table,
    ids: Sequence[str],
    settings: FigureSettings,
) -> pd.DataFrame:
    """Measure every segment.

    Shares and means are those of all calls of the segment; their intervals treat
    customers, not calls, as drawn independently. A call can be repeated when it was
    answered and its window was over at the cutoff.

    Args:
        people: Customers at the cutoff.
        inbound: Inbound calls with customer_id, event_at, known_at.
        ids: Segment of each customer, in the population's order.
        settings: Zone, windows and cost.

    Returns:
        segment_id, figure, value, low, high, n, unit, period.
    """
    seen = window_calls(people, inbound)
    rows = _with_repeats(seen, people, settings)
    measures = [*_measures(rows, settings), *_mixes(rows, _mixed(seen))]
    sums = _sums(rows, measures, pd.Series(ids, dtype="str"))
    days = people.window_days
    made = [
        row
        for segment in sums.index
        for row in _rows(str(segment), sums.loc[segment], measures, days)
    ]
    table = pd.DataFrame(made, columns=list(COLUMNS))
    return table.astype({"n": "int64"})


def _with_repeats(
    seen: ibis.Table, people: Population, settings: FigureSettings
) -> ibis.Table:
    """Add whether a call could be repeated by the cutoff, and whether it was."""
    base = base_calls(seen.mutate(started_at=seen.event_at), GROSS, ())
    days = settings.repeat_days
    judged = base.select(
        "call_id",
        could=is_closed(base, days, people.cutoff),
        again=is_repeated(base, days),
    )
    joined = seen.left_join(judged, "call_id", rname="base_{name}")
    repeated = ibis.ifelse(joined.could.fill_null(False), joined.again, None)
    return joined.mutate(repeated=repeated)


def _measures(rows: ibis.Table, settings: FigureSettings) -> list[Measure]:
    one = rows.row_id.notnull().cast("float64")
    answered, offered = is_answered(rows), is_offered(rows)
    handled = ibis.ifelse(answered, handled_s(rows), None)
    hour_cost = settings.cost_per_hour_eur
    told = [
        Measure("calls", "calls per 30 days", one),
        Measure("hours", "hours per 30 days", handled / HOUR_S),
        Measure("cost", "EUR per 30 days", handled / HOUR_S * hour_cost),
        _share("repeat_share", rows.repeated),
        _share("first_contact_resolution", ~rows.repeated),
        _share("answered_share", _among(offered, rows.answered)),
        _share("abandonment", _among(offered, rows.abandoned)),
        _share("transferred_share", _among(answered, rows.transferred)),
        _mean("wait", "s", ibis.ifelse(answered, rows.wait_s, None)),
        _mean("handle_time", "s", handled),
    ]
    if "csat" in rows.columns:
        told.append(_mean("csat", "points", rows.csat))
    return [*told, *_times(rows, settings.zone)]


def _times(rows: ibis.Table, zone: ZoneInfo) -> list[Measure]:
    at = local_time(rows.event_at, zone)
    parts = [
        _share(f"part_of_day:{name}", at.hour().between(first, last))
        for name, (first, last) in PARTS.items()
    ]
    week = at.day_of_week.index()
    return parts + [
        _share(f"weekday:{name}", week == place) for place, name in enumerate(WEEKDAYS)
    ]


def _mixed(seen: ibis.Table) -> dict[str, list[str]]:
    """List the most frequent channels and regions, where calls tell theirs."""
    found = {}
    for column in ("channel", "region"):
        if column in seen.columns:
            told = seen.filter(seen[column].notnull()).group_by(column)
            top = told.agg(n=ibis._.count()).order_by(ibis.desc("n"), column)
            found[column] = list(top.limit(MOST_VALUES).to_pandas()[column])
    return found


def _mixes(rows: ibis.Table, values: Mapping[str, Sequence[str]]) -> list[Measure]:
    return [
        _share(f"{column}:{value}", rows[column] == value)
        for column, found in values.items()
        for value in found
    ]


def _share(name: str, flag: ibis.Value) -> Measure:
    """Build a share of the calls of which it is told."""
    return _mean(name, "share", flag)


def _mean(name: str, unit: str, amount: ibis.Value) -> Measure:
    # Cast first: Ibis writes `NOT x IS NOT NULL` without the brackets that it needs.
    number = amount.cast("float64")
    return Measure(name, unit, number, number.notnull().cast("float64"))


def _among(base: ibis.Value, flag: ibis.Value) -> ibis.Value:
    return ibis.ifelse(base.fill_null(False), flag, None)


def _sums(
    rows: ibis.Table, measures: Sequence[Measure], ids: "pd.Series[str]"
) -> pd.DataFrame:
    """Add up per customer, and then per segment, with squares and products."""
    wide: dict[str, ibis.Value] = {}
    for place, measure in enumerate(measures):
        wide[f"a{place}"] = measure.above.sum().fill_null(0.0).cast("float64")
        if measure.below is not None:
            wide[f"b{place}"] = measure.below.sum().fill_null(0.0).cast("float64")
    customers = rows.group_by("row_id").agg(**wide)
    places = pd.DataFrame({"row_id": np.arange(len(ids)), "segment_id": ids})
    joined = customers.join(ibis.memtable(places), "row_id")
    found = joined.group_by("segment_id").agg(**_moments(joined, measures))
    table: pd.DataFrame = found.to_pandas().set_index("segment_id")
    people = ids.value_counts()
    table = table.reindex(people.index.sort_values()).fillna(0.0)
    return table.assign(customers=people)


def _moments(
    customers: ibis.Table, measures: Sequence[Measure]
) -> dict[str, ibis.Value]:
    found: dict[str, ibis.Value] = {}
    for place, measure in enumerate(measures):
        above = customers[f"a{place}"]
        found |= {f"a{place}": above.sum(), f"aa{place}": (above * above).sum()}
        if measure.below is not None:
            below = customers[f"b{place}"]
            found |= {
                f"b{place}": below.sum(),
                f"bb{place}": (below * below).sum(),
                f"ab{place}": (above * below).sum(),
                f"n{place}": (below > 0).sum(),
            }
    return found


def _rows(
    segment: str, sums: "pd.Series[float]", measures: Sequence[Measure], days: int
) -> list[tuple[str, str, float, float, float, int, str, str]]:
    period = f"{days} days before the cutoff"
    made = []
    for place, measure in enumerate(measures):
        if measure.below is None:
            found = _total(sums, place, days)
        elif measure.unit == "share":
            found = _share_of(sums, place)
        else:
            found = _mean_of(sums, place)
        made.append((segment, measure.name, *found, measure.unit, period))
    return made


def _total(
    sums: "pd.Series[float]", place: int, days: int
) -> tuple[float, float, float, int]:
    """Give a total per 30 days, as it would be with other customers like these."""
    people, total = float(sums["customers"]), float(sums[f"a{place}"])
    spread = max(float(sums[f"aa{place}"]) - total**2 / people, 0.0)
    half = Z * (spread * people / max(people - 1, 1)) ** 0.5
    scale = MONTH_DAYS / days
    low = max(total - half, 0.0)
    return total * scale, low * scale, (total + half) * scale, int(people)


def _mean_of(sums: "pd.Series[float]", place: int) -> tuple[float, float, float, int]:
    mean, error, n = _ratio(sums, place)
    return mean, mean - Z * error, mean + Z * error, n


def _share_of(sums: "pd.Series[float]", place: int) -> tuple[float, float, float, int]:
    """Give a share with Wilson's interval for as many calls as it is worth.

    Calls of one customer are alike, so that they tell less than calls of many.
    """
    share, error, n = _ratio(sums, place)
    if not n or np.isnan(share):
        return share, float("nan"), float("nan"), n
    people = float(sums[f"n{place}"])
    spread = share * (1 - share)
    worth = spread / error**2 if error > 0 and spread > 0 else people
    worth = min(worth, float(n))
    low, high = wilson(share * worth, worth)
    return share, float(low), float(high), n


def _ratio(sums: "pd.Series[float]", place: int) -> tuple[float, float, int]:
    """Divide two sums over customers; the error is that of a ratio estimator."""
    above, below = float(sums[f"a{place}"]), float(sums[f"b{place}"])
    people = float(sums[f"n{place}"])
    if below <= 0:
        return float("nan"), float("nan"), 0
    ratio = above / below
    squares = (
        float(sums[f"aa{place}"])
        - 2 * ratio * float(sums[f"ab{place}"])
        + ratio**2 * float(sums[f"bb{place}"])
    )
    correction = people / max(people - 1, 1)
    return ratio, (max(squares, 0.0) * correction) ** 0.5 / below, round(below)
