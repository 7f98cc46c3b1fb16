"""Genesys Cloud: the made-up company's pages give its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    read_calls,
    talk_of_legs,
    true_talk,
    write_company,
)

from ccml.demo.platforms.genesys_sessions import skill_id, user_id

SWITCHES = "switches: {attributes: {reason: MainIntent, region: region, ces: ces}}"


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    inside = calls.direction == "internal"
    outward = calls.direction.isin(["outbound", "callback"])
    address = "sip:" + calls.dialed_number + "@desk.example;user=phone"
    timed_out = calls.answered & calls.disposition.isna() & (calls.wrap_s > 0)
    return calls.assign(
        first_agent_id=calls.first_agent_id.map(user_id, na_action="ignore"),
        agent_id=calls.agent_id.map(user_id, na_action="ignore"),
        skill=calls.skill.map(skill_id, na_action="ignore"),
        dialed_number=calls.dialed_number.mask(inside, address),
        phone_status=calls.phone_status.mask(inside, "sip"),
        campaign=calls.campaign.where(calls.direction == "outbound"),
        last_queue=calls.last_queue.mask(outward, calls.last_queue_id),
    )


CASE = Case(reader="genesys_cloud", told=told, source=SWITCHES)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("genesys_cloud")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}
