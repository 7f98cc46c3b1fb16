"""The moments at which membership is looked at: cutoffs, and calendar months."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

SECONDS = 86_400
LEAST_OBSERVED = 1 / 3  # of the window; before, too little is seen to judge anybody
LATE_START_DAYS = 3  # a month whose first calls come so late still counts as whole


@dataclass(frozen=True)
class Span:
    """The time that is looked at.

    Args:
        current: The current cutoff; nothing lies after it.
        first_call: When the first call was recorded.
        periods: Most former cutoffs.
    """

    current: datetime
    first_call: datetime
    periods: int


def history_cutoffs(
    features: ibis.Table | None, span: Span, period_days: int, window_days: int
) -> list[datetime]:
    """List the former cutoffs and the current one, the oldest first.

    They are those of the spine, or lie some days apart. A cutoff before which calls were
    recorded for less than a third of the window is left out.

    Args:
        features: Rows of the spine, with cutoff_at; nothing without a spine.
        span: The time that is looked at.
        period_days: Days between cutoffs without a spine.
        window_days: Days before a cutoff that are judged.
    """
    if features is None:
        step = timedelta(days=period_days)
        former = [span.current - step * n for n in range(1, span.periods + 1)]
    else:
        former = _spine_cutoffs(features, span.current)[: span.periods]
    earliest = span.first_call + timedelta(days=window_days * LEAST_OBSERVED)
    return [*sorted(one for one in former if one >= earliest), span.current]


def months(span: Span, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """List the newest whole calendar months, one more than periods, the oldest first.

    Args:
        span: The time that is looked at.
        zone: Time zone of the site.
    """
    end = span.current.astimezone(zone).date().replace(day=1)
    earliest = span.first_call.astimezone(zone).date()
    found: list[tuple[datetime, datetime]] = []
    while len(found) <= span.periods:
        start = (end - timedelta(days=1)).replace(day=1)
        if start + timedelta(days=LATE_START_DAYS) < earliest:
            break
        found.append((_midnight(start, zone), _midnight(end, zone)))
        end = start
    return found[::-1]


def days_between(start: datetime, end: datetime) -> int:
    """Count days, whatever the clocks did in between."""
    return round((end - start).total_seconds() / SECONDS)


def _spine_cutoffs(features: ibis.Table, current: datetime) -> list[datetime]:
    """List a spine's cutoffs before the current one, the newest first."""
    rows = features.filter(features.cutoff_at < pd.Timestamp(current))
    found = rows.select("cutoff_at").distinct().to_pandas()["cutoff_at"]
    return [pd.Timestamp(one).to_pydatetime() for one in sorted(found, reverse=True)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    instant = pd.Timestamp(datetime.combine(day, time(), zone)).tz_convert("UTC")
    return instant.to_pydatetime()
