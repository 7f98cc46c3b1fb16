"""CallRail: the company's pages and CSV files give its calls again."""

import pandas as pd
import pytest
from source_projects import KEY
from truth import (
    Case,
    company_project,
    counts,
    differences,
    read_calls,
    write_company,
)

from ccml.demo.platforms.callrail import call_ids


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    Whoever reached nobody and left no message is lost, in the menu as in the queue.
    """
    kept = (calls.channel == "voice") & (calls.direction != "internal")
    out = calls[kept]
    inbound = out.direction == "inbound"
    lost = inbound & ~out.answered & ~out.voicemail
    return out.assign(
        call_ref=call_ids(out.call_ref),
        direction=out.direction.replace("callback", "outbound"),
        known_at=out.ended_at,
        abandoned=lost,
        short_abandon=lost & (out.duration_s < 5),
        flow_out=out.voicemail,
        first_agent_id=out.agent_id + "@desk.example",
        agent_id=out.agent_id + "@desk.example",
        n_agents=out.answered.astype(float),
    )


CASE = Case(reader="callrail", told=told)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("callrail")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        rows = write_company(CASE, folder / "calls")
        opened = company_project(shared_backend, folder, CASE)
        return opened, read_calls(opened), rows


def test_calls_equal_the_truth(prepared):
    _, calls, _ = prepared
    assert differences(calls, CASE) == {}


def test_every_row_is_accounted_for(prepared):
    opened, _, rows = prepared
    rows_in, kept, aside = counts(opened)
    assert rows_in == sum(rows.values()) == kept + aside
