"""The repeat rate of a month against the month before, and how sure the change is.

Calls of one customer hang together, so intervals take customers, not calls, as drawn
independently; a customer who called in both months counts for both.
"""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.engine.local_time import local_time
from ccml.identity.link import linked_calls
from ccml.kpis.figures import count_rows
from ccml.kpis.intervals import Z
from ccml.kpis.repeats import base_calls, is_closed, is_repeated
from ccml.kpis.table import chosen_rule
from ccml.project import Project
from ccml.sources.watermark import data_until

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MonthRate:
    """The repeat rate of one month.

    Args:
        month: Its first day.
        rate: Share of the calls that were followed by a further one.
        low: Lower end of its 95 % interval.
        high: Upper end.
        calls: Calls whose window is over.
        is_whole: The data hold the whole month.
        change: Difference to the month before; nothing for the first one.
        change_low: Lower end of its 95 % interval.
        change_high: Upper end.
    """

    month: pd.Timestamp
    rate: float
    low: float
    high: float
    calls: int
    is_whole: bool = True
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None

    @property
    def is_sure(self) -> bool:
        """Tell whether the change is more than chance explains."""
        low, high = self.change_low, self.change_high
        return low is not None and high is not None and (low > 0 or high < 0)


def month_rates(
    project: Project,
    period: tuple[pd.Timestamp, pd.Timestamp],
    until: pd.Timestamp,
) -> tuple[MonthRate, ...]:
    """Measure the newest two whole months, the older first.

    Args:
        project: The project.
        period: Local days of the first and of the last call.
        until: Local moment up to which the data are complete.

    Returns:
        Nothing where no customer is known; one month where there is only one.
    """
    if project.store.manifest("identity_map") is None:
        return ()
    months, is_whole = _newest(period, until)
    counts = _counts(project, months)
    found: list[MonthRate] = []
    for place, month in enumerate(months):
        made = _measured(counts, place, month, is_whole)
        if made is not None:
            found.append(made)
    if len(found) < 2:
        return tuple(found)
    return found[0], _compared(counts, *found)


def _newest(
    period: tuple[pd.Timestamp, pd.Timestamp], until: pd.Timestamp
) -> tuple[list[pd.Timestamp], bool]:
    """Choose the newest two whole months; where there is none, the newest one."""
    first, last = period
    # A day's slack at the first month: a centre may be closed on the 1st.
    start = (first - pd.Timedelta(days=1)).normalize()
    months = pd.date_range(start, until, freq="MS")
    whole = [m for m in months if m + pd.offsets.MonthBegin(1) <= until]
    if not whole:
        return [last.replace(day=1)], False
    return whole[-2:], True


def _counts(project: Project, months: list[pd.Timestamp]) -> pd.DataFrame:
    """Count calls and repeats per customer and month; customers are not named."""
    kpis, zone = project.config.kpis, project.zone
    rows = linked_calls(project.store)
    rule = chosen_rule(kpis, rows, zone)
    start = months[0].tz_localize(zone).tz_convert("UTC")
    near = rows.filter(rows.started_at >= start)
    days = kpis.main_window_days
    base = base_calls(near, rule, ())
    base = base.filter(is_closed(base, days, data_until(project), rule))
    month = local_time(base.started_at, zone).truncate("M")
    again = is_repeated(base, days, rule)
    counted = (
        base.mutate(month=month, again=again)
        .group_by("customer_id", "month")
        .agg(calls=ibis._.count(), repeated=count_rows(ibis._.again))
        .order_by("customer_id", "month")
    )
    frame: pd.DataFrame = counted.to_pandas()
    code = frame["customer_id"].factorize()[0]
    place = pd.to_datetime(frame["month"]).dt.tz_localize(None)
    known = {moment: number for number, moment in enumerate(months)}
    rows_of = frame.assign(customer=code, place=place.map(known))
    kept = rows_of[rows_of["place"].notna()]
    return kept[["customer", "place", "calls", "repeated"]]


def _measured(
    counts: pd.DataFrame, place: int, month: pd.Timestamp, is_whole: bool
) -> MonthRate | None:
    rows = counts[counts["place"] == place]
    calls = int(rows["calls"].sum())
    if not calls:
        return None
    rate = float(rows["repeated"].sum() / calls)
    half = Z * float(np.sqrt((_pulls(rows, rate) ** 2).sum()))
    low, high = max(rate - half, 0.0), min(rate + half, 1.0)
    return MonthRate(month, rate, low, high, calls, is_whole)


def _pulls(rows: pd.DataFrame, rate: float) -> Floats:
    """Give how far each customer draws the rate away from where it is."""
    off = rows["repeated"].to_numpy(float) - rate * rows["calls"].to_numpy(float)
    return np.asarray(off / rows["calls"].sum(), dtype=np.float64)


def _compared(counts: pd.DataFrame, before: MonthRate, now: MonthRate) -> MonthRate:
    parts = []
    for place, (rate, sign) in enumerate(((before.rate, -1.0), (now.rate, 1.0))):
        rows = counts[counts["place"] == place]
        parts.append(pd.Series(sign * _pulls(rows, rate), index=rows["customer"]))
    pull = pd.concat(parts).groupby(level=0).sum()
    half = Z * float(np.sqrt((pull**2).sum()))
    change = now.rate - before.rate
    return MonthRate(
        now.month, now.rate, now.low, now.high, now.calls, now.is_whole,
        change, change - half, change + half,
    )  # fmt: skip
