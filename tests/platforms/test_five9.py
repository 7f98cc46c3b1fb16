"""Five9: the made-up company's call logs give its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    expected_calls,
    read_calls,
    talk_of_legs,
    write_company,
)

from ccml.demo.platforms.five9 import GONE_CAMPAIGN, MAIN_LINE, session_id

SOURCE = """time_zone: America/Los_Angeles
switches:
  attributes: {customer_key: Global.CrmId, reason: Global.Reason, region: Global.Region,
               csat: Global.Csat, nps: Global.Nps, ces: Global.Ces}"""
OUTCOMES = {"self_service": "caller_disconnected", "voicemail": "sent_to_voicemail"}


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    back = calls.direction == "callback"
    ended = calls.set_index("call_ref").ended_at
    waited = (calls.started_at - calls.callback_of.map(ended)).dt.total_seconds()
    session, asked = session_id(calls.call_ref), session_id(calls.callback_of)
    spoken = (calls.channel == "voice") & (calls.direction != "internal")
    campaign = calls.campaign.where(calls.direction == "outbound")
    campaign = campaign.replace(GONE_CAMPAIGN, None)
    words = calls.system_outcome.replace(OUTCOMES)
    whole = calls.assign(
        call_ref=session.mask(back, asked + ":callback"),
        callback_of=asked,
        wait_s=calls.wait_s.mask(back, waited),
        ring_s=calls.ring_s.mask(calls.direction == "inbound", calls.ring_s.fillna(0)),
        skill=calls.queue,
        campaign=campaign.where(calls.direction == "outbound", MAIN_LINE),
        system_outcome=words.where(calls.disposition.isna()),
        dialed_number=calls.dialed_number.str.removeprefix("+48"),
    )
    return whole[spoken & (calls.answered | ~back)].reset_index(drop=True)


def unanswered(calls: pd.DataFrame) -> pd.Series:
    return ~calls.answered


def to_outside(calls: pd.DataFrame) -> pd.Series:
    """The log does not tell when the agent left a call that went on outside."""
    return calls.transfer_type == "external"


CASE = Case(
    reader="five9",
    told=told,
    source=SOURCE,
    untold={
        "agent_id": unanswered,
        "first_agent_id": unanswered,
        "known_at": to_outside,
    },
)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("five9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}


def test_rows_are_kept_or_set_aside_and_their_talk_is_whole(prepared):
    opened, _, rows = prepared
    rows_in, kept, aside = counts(opened)
    assert rows_in == sum(rows.values()) == kept + aside
    assert talk_of_legs(opened) == expected_calls(CASE).talk_s.sum()
