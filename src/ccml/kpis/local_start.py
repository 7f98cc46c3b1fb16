"""When calls started, by the clock of the site."""

from zoneinfo import ZoneInfo

import ibis

from ccml.engine.local_time import local_time

LOCAL = "local_at"
"""Where it stands once it is worked out: the clock of a zone is slow to read."""


def local_start(calls: ibis.Table, zone: ZoneInfo) -> ibis.Value:
    """Give the wall-clock time at which each call started."""
    if LOCAL in calls.columns:
        return calls[LOCAL]
    return local_time(calls.started_at, zone)
