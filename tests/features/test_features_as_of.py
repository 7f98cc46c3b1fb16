from datetime import timedelta

import ibis
import pytest
from builders import arrow, at, bill

from ccml.features.as_of import events_known_at

CUTOFF = at("2025-03-10T12:00")
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("happened", "known", "window_days", "counted"),
    [
        pytest.param(-TICK, -TICK, 7, 1, id="just before the cutoff"),
        pytest.param(-7 * DAY, -DAY, 7, 1, id="at the window's edge"),
        pytest.param(-7 * DAY - TICK, -DAY, 7, 0, id="before the window"),
        pytest.param(-7 * DAY - TICK, -DAY, None, 1, id="without a window"),
        pytest.param(0 * DAY, -DAY, 7, 0, id="at the cutoff"),
        pytest.param(-DAY, 0 * DAY, 7, 0, id="known at the cutoff"),
        pytest.param(-DAY, DAY, None, 0, id="known later"),
    ],
)
def test_only_events_of_the_window_known_before_the_cutoff_count(
    shared_backend, happened, known, window_days, counted
):
    event = bill(1, CUTOFF + happened, known_at=CUTOFF + known)
    cut = ibis.memtable(arrow("bills", [bill(0, CUTOFF)]))
    spine = cut.select("customer_id", row_id="event_id", cutoff_at="event_at")
    pairs = events_known_at(spine, ibis.memtable(arrow("bills", [event])), window_days)
    assert shared_backend.execute(pairs.count()) == counted
