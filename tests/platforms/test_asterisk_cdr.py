"""Asterisk's call detail records: Master.csv gives the company's calls again."""

import shutil

import pandas as pd
import pytest
from asterisk_truth import of_records
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    read_calls,
    write_company,
)


def in_the_repeated_hour(calls: pd.DataFrame) -> pd.Series:
    """The clock passes it twice in autumn; its first pass is read as the second."""
    local = calls.started_at.dt.tz_convert("Europe/Warsaw")
    return local.dt.strftime("%m-%d %H").isin(["10-26 02", "10-26 01", "10-25 02"])


CASE = Case(
    reader="asterisk_cdr",
    writer="asterisk",
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


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cdr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "raw")
        shutil.move(folder / "raw" / "cdr", folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}


def test_every_row_is_accounted_for(prepared):
    opened, _, rows = prepared
    rows_in, kept, aside = counts(opened)
    written = sum(n for name, n in rows.items() if name.startswith("cdr"))
    assert rows_in == written == kept + aside
