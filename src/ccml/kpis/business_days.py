"""Windows in working days."""

from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np

from ccml.engine.local_time import local_time

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class BusinessDays:
    """Which days are worked at the site.

    Args:
        first: First local day of the data.
        last: Last local day of the data.
        zone: Time zone of the site.
        weekend: Weekdays off, 0 = Monday.
        holidays: Further days off.
    """

    first: date
    last: date
    zone: str
    weekend: tuple[int, ...] = (5, 6)
    holidays: tuple[date, ...] = ()

    def ahead(self, instants: ibis.Value, days: float) -> ibis.Value:
        """Give the time from each instant to the same hour so many working days later.

        A day off begins with the working day before it. Whole days only; an instant
        outside the data has null.
        """
        shifts = ibis.array([int(shift) for shift in self.shifts(round(days))])
        local_day = local_time(instants, self.zone).date().epoch_days()
        place = local_day - (self.first - EPOCH).days
        inside = (place >= 0) & (place < shifts.length())
        found = ibis.ifelse(inside, shifts[place], None).cast("int64")
        return (found * 24).as_interval("h")

    def shifts(self, days: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Count the calendar days from each day to so many working days later."""
        every = np.arange(
            np.datetime64(self.first), np.datetime64(self.last) + 1, dtype="M8[D]"
        )
        mask = [weekday not in self.weekend for weekday in range(7)]
        later = np.busday_offset(
            every,
            days,
            roll="backward",
            weekmask=mask,
            holidays=np.array(self.holidays, dtype="M8[D]"),
        )
        shifts: np.ndarray[tuple[int], np.dtype[np.int64]] = (later - every).astype(int)
        return shifts
