"""Asterisk's call detail records: Master.csv gives the company's calls again."""

import pandas as pd
from asterisk_truth import of_records
from truth import Case


def in_the_repeated_hour(calls: pd.DataFrame) -> pd.Series:
    """The clock passes it twice in autumn; its first pass is read as the second."""
    local = calls.started_at.dt.tz_convert("Europe/Warsaw")
    return local.dt.strftime("%m-%d %H").isin(["10-26 02", "10-26 01", "10-25 02"])


CASE = Case(
    reader="asterisk_cdr",
    writer="asterisk",
    files="cdr",
    told=of_records,
    source="time_zone: Europe/Warsaw",
    untold={
        "started_at": in_the_repeated_hour,
        "ended_at": in_the_repeated_hour,
        "known_at": in_the_repeated_hour,
        "duration_s": in_the_repeated_hour,
        # The records do not tell how long a caller waited.
        "short_abandon": lambda calls: calls.abandoned,
    },
)
