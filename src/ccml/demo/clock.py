"""The period, its days and months, and the way from local time to UTC.

Inside the simulation an instant is a float: seconds of local wall time since local
midnight of the first day. Only the tables turn it into UTC.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from ccml.demo.arrays import Floats, Ints

FIRST_DAY = date(2025, 1, 1)
LAST_DAY = date(2026, 7, 1)  # excluded
DAYS = (LAST_DAY - FIRST_DAY).days
DAY = 86_400
HOUR = 3_600
SITE = ZoneInfo("Europe/Warsaw")
FIRST_EPOCH = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
LAST_EPOCH = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
_BEFORE = 31
_AFTER = 400


@cache
def _offsets() -> Ints:
    """Return the seconds that local noon is ahead of UTC, one per day."""
    noons = (
        datetime(2025, 1, 1, 12, tzinfo=SITE) + timedelta(days=day)
        for day in range(-_BEFORE, DAYS + _AFTER)
    )
    return np.array(
        [int((noon.utcoffset() or timedelta()).total_seconds()) for noon in noons]
    )


def to_epoch(local: Floats) -> Ints:
    """Turn local seconds into whole UTC epoch seconds."""
    table = _offsets()
    day = np.floor(local / DAY).astype(np.int64)
    row = np.clip(day + _BEFORE, 0, len(table) - 1)
    return np.round(local).astype(np.int64) + FIRST_EPOCH - table[row]


def weekday(day: Ints) -> Ints:
    """Return 0 for Monday to 6 for Sunday."""
    return (day + FIRST_DAY.weekday()) % 7


def hour_of(local: Floats) -> Ints:
    """Return the local hour 0-23."""
    return (np.floor(local / HOUR).astype(np.int64)) % 24


def _month_starts() -> list[int]:
    firsts = (date(2025 + month // 12, month % 12 + 1, 1) for month in range(19))
    return [(first - FIRST_DAY).days for first in firsts]


MONTH_STARTS = _month_starts()
MONTHS = len(MONTH_STARTS) - 1
