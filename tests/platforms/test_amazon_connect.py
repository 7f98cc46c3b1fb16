"""Amazon Connect: the made-up company's contact records give its calls again."""

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

MACHINE = {
    "answered": "HUMAN_ANSWERED",
    "no_answer": "AMD_UNANSWERED",
    "busy": "SIT_TONE_BUSY",
    "answering_machine": "VOICEMAIL_BEEP",
}


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    A call has the name of its first contact, a callback begins when it is asked for, and
    calls between agents are in no contact record.
    """
    legs = company()[1].to_pandas()
    first = legs[legs.is_origin].set_index("call_ref").leg_id
    ended = calls.set_index("call_ref").ended_at
    back = calls.direction == "callback"
    dialled = (calls.direction == "outbound") & calls.campaign.notna()
    return calls.assign(
        call_ref=calls.call_ref.map(first),
        callback_of=calls.callback_of.map(first),
        started_at=calls.callback_of.map(ended).fillna(calls.started_at),
        duration_s=calls.duration_s.mask(back, calls.duration_s - calls.dial_s),
        system_outcome=calls.system_outcome.map(MACHINE).where(dialled),
        campaign=calls.campaign.where(calls.direction == "outbound"),
    )[calls.direction != "internal"]


def by_system(calls: pd.DataFrame) -> pd.Series:
    """A contact that the system ended looks like one that a flow ended."""
    return calls.abandoned & (calls.disconnect_by == "system")


UNTOLD = {
    "abandoned": by_system,
    "short_abandon": by_system,
    "flow_out": by_system,
    # A number of ours is not in the record of a callback.
    "dialed_key": lambda calls: calls.direction == "callback",
    # A callback that nobody answered was never connected.
    "duration_s": lambda calls: (calls.direction == "callback") & ~calls.answered,
    # Blind and consulted transfers look alike.
    "transfer_type": lambda calls: calls.transfer_type.isin(["blind", "consult"]),
    "phone_status": lambda calls: calls.channel != "voice",
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
}
CASE = Case(reader="amazon_connect", told=told, untold=UNTOLD)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("amazon_connect")
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
    assert talk_of_legs(opened) == true_talk("internal")
