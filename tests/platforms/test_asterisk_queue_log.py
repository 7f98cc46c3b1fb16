"""Asterisk's queue log: the company's events give its queued calls again."""

import shutil

import pytest
from asterisk_truth import of_queues
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    read_calls,
    talk_of_legs,
    write_company,
)

CASE = Case(reader="asterisk_queue_log", writer="asterisk", told=of_queues)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("queue_log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "raw")
        shutil.move(folder / "raw" / "queue_log", folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}


def test_every_line_is_accounted_for(prepared):
    opened, _, rows = prepared
    rows_in, kept, aside = counts(opened)
    written = sum(n for name, n in rows.items() if name.startswith("queue_log"))
    assert rows_in == written == kept + aside


def test_talk_of_legs_is_that_of_calls(prepared):
    opened, calls, _ = prepared
    assert talk_of_legs(opened) == calls.talk_s.sum() > 0
