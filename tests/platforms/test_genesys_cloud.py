"""Genesys Cloud: the made-up company's pages give its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company,
    company_project,
    counts,
    differences,
    in_two_steps,
    read_calls,
    talk_of_legs,
    true_talk,
    write_company,
)

from ccml.demo.platforms.genesys_sessions import (
    OUTCOMES,
    TIMED_OUT,
    skill_id,
    user_id,
)

SWITCHES = "switches: {attributes: {reason: MainIntent, region: region, ces: ces}}"


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform."""
    inside = calls.direction == "internal"
    outward = calls.direction.isin(["outbound", "callback"])
    address = "sip:" + calls.dialed_number + "@desk.example;user=phone"
    dialled = (calls.direction == "outbound") & calls.campaign.notna()
    return calls.assign(
        first_agent_id=calls.first_agent_id.map(user_id, na_action="ignore"),
        agent_id=calls.agent_id.map(user_id, na_action="ignore"),
        skill=calls.skill.map(skill_id, na_action="ignore"),
        dialed_number=calls.dialed_number.mask(inside, address),
        phone_status=calls.phone_status.mask(inside, "sip"),
        campaign=calls.campaign.where(calls.direction == "outbound"),
        queue=calls.queue.mask(outward, calls.queue_id),
        last_queue=calls.last_queue.mask(outward, calls.last_queue_id),
        system_outcome=calls.system_outcome.map(OUTCOMES)
        .where(dialled)
        .fillna(calls.call_ref.map(timed_out())),
    )


def timed_out() -> pd.Series:
    """Calls of which an agent chose no wrap-up code."""
    legs = company()[1].to_pandas()
    silent = legs[(legs.wrap_s > 0) & legs.disposition.isna()]
    return pd.Series(TIMED_OUT, index=silent.call_ref.unique(), dtype="object")


UNTOLD = {
    "phone_status": lambda calls: calls.channel != "voice",
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
}
CASE = Case(reader="genesys_cloud", told=told, untold=UNTOLD, source=SWITCHES)


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


def test_every_row_is_kept_or_set_aside(prepared):
    opened, _, rows = prepared
    rows_in, kept, aside = counts(opened)
    assert rows_in == sum(rows.values()) == kept + aside


@pytest.mark.slow
def test_the_order_of_files_and_later_files_change_nothing(
    prepared, shared_backend, tmp_path, monkeypatch
):
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)
    opened, calls, _ = prepared
    again = in_two_steps(shared_backend, tmp_path, CASE)
    changing = ["source_file"]
    pd.testing.assert_frame_equal(
        again.drop(columns=changing), calls.drop(columns=changing)
    )
    assert read_calls(opened).equals(calls)


def test_the_legs_talk_as_long_as_the_truth(prepared):
    opened, _, _ = prepared
    assert talk_of_legs(opened) == true_talk()
