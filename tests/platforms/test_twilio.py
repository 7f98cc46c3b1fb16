"""Twilio: the company's Call resources give its calls again."""

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

from ccml.demo.platforms.twilio import OUTSIDE, call_sids


def told(calls: pd.DataFrame) -> pd.DataFrame:
    """Put the truth into the words of the platform.

    A flow completes every call that comes in; who is called outside is an agent.
    """
    kept = (calls.channel == "voice") & (calls.direction != "internal")
    out = calls[kept]
    inbound = out.direction == "inbound"
    away = out.transfer_type == "external"
    by_api = ~inbound & out.campaign.notna()
    missed = by_api & out.system_outcome.isin(["no_answer", "busy"])
    machine = out.system_outcome == "answering_machine"
    words = out.system_outcome.mask(inbound | out.answered, "completed")
    return out.assign(
        call_ref=call_sids(out.call_ref),
        direction=out.direction.replace("callback", "outbound"),
        known_at=out.ended_at,
        system_outcome=words.mask(machine & by_api, "machine_start").mask(
            machine & ~by_api, "no_answer"
        ),
        duration_s=out.duration_s.mask(missed, 0.0),
        agent_id=out.agent_id.mask(away, OUTSIDE),
        n_agents=out.n_agents + away,
    )


CASE = Case(reader="twilio", told=told)


@pytest.fixture(scope="module")
def prepared(shared_backend, tmp_path_factory):
    folder = tmp_path_factory.mktemp("twilio")
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
