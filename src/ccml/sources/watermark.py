"""Up to when the data are complete."""

from datetime import UTC, datetime, time

from ccml.errors import DataError
from ccml.project import Project


def data_until(project: Project) -> datetime:
    """Find the moment up to which the data are complete, as an instant in UTC.

    It is `data_until` of the config; without it, the local midnight before the last
    call, since the day of the last call may be incomplete.

    Raises:
        DataError: There is neither.
    """
    if project.config.data_until is not None:
        return project.config.data_until.astimezone(UTC)
    if project.config.sources.calls is None:
        raise DataError(
            "data_until: without calls it must stand in the config; add it."
        )
    calls = project.store.read("calls")
    if calls.count().execute() == 0:
        raise DataError(
            "data_until: no call was kept from which the end of the data could be seen; "
            "mend the call log (`ccml show sources` counts what was set aside), or give "
            "data_until."
        )
    last = calls.started_at.max().execute()
    day = last.astimezone(project.zone).date()
    return datetime.combine(day, time(), project.zone).astimezone(UTC)
