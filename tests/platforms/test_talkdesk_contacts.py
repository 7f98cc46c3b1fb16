"""Talkdesk: the made-up company's contacts report gives its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company,
    company_project,
    counts,
    differences,
    read_calls,
    talk_of_legs,
    write_company,
)

from ccml.demo.platforms.talkdesk_rows import ids, served, users


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the report.

    It holds neither calls that end in the menu, nor chats, nor calls between desks.
    """
    outward = calls.direction.isin(["outbound", "callback"])
    words = pd.Series("Missed", index=calls.index)
    words[calls.answered] = "Answered"
    words[calls.voicemail] = "Voicemail"
    words[calls.abandoned] = "Abandoned"
    words[calls.short_abandon] = "Short Abandoned"
    named = calls.assign(
        call_ref=ids(calls.call_ref),
        first_agent_id=users(calls.first_agent_id),
        agent_id=users(calls.agent_id),
        queue=calls.queue.mask(outward),
        last_queue=calls.last_queue.mask(outward),
        system_outcome=words,
        ring_s=calls.ring_s.mask(calls.queued, calls.ring_s.fillna(0)),
    )
    return served(named[~calls.ivr_only])


UNTOLD = {
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
}
CASE = Case(
    reader="talkdesk_contacts", told=told, untold=UNTOLD, source="time_zone: UTC"
)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("talkdesk_contacts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}


def test_legs_hold_the_same_talk_and_every_row_is_accounted_for(prepared):
    opened, _, rows = prepared
    calls, legs = (table.to_pandas() for table in company())
    spoken = legs[legs.call_ref.isin(served(calls).call_ref)]
    assert talk_of_legs(opened) == spoken.talk_s[spoken.leg_type == "agent"].sum()
    rows_in, kept, aside = counts(opened)
    assert rows_in == kept + aside == sum(rows.values())
    reasons = set(opened.store.frame("quarantine__calls").reason)
    assert reasons == {"duplicate", "older copy of the same record"}
