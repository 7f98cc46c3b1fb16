"""Folding: what many legs say of one call."""

import pandas as pd
import pytest
from legs import at, call_of, calls_of, folded, leg, leg_table

from ccml.contracts.split import FAULT, REASON
from ccml.sources.ingest_legs import Rules, fold_legs


@pytest.fixture
def engine(shared_backend):
    return shared_backend


def queue(id="q", start=0.0, end=30.0, **changes):
    parts = {"leg_type": "queue", "queued": True, "answered": False, "queue": "sales"}
    return leg(id, start, end, **(parts | changes))


def test_menu_queue_and_agent_make_one_call(engine):
    call = call_of(
        engine,
        leg("m", 0, 20, leg_type="ivr", answered=None, ivr_s=20, call_ref="c"),
        queue(start=20, end=50, wait_s=30, call_ref="c", is_origin=False),
        leg(
            "g",
            50,
            200,
            talk_s=140,
            hold_s=10,
            wrap_s=25,
            ring_s=4,
            agent_id="A",
            call_ref="c",
            is_origin=False,
            known_at=at(225),
        ),
    )
    told = call[
        ["call_id", "ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "handle_s"]
    ]
    assert told.tolist() == ["test:c", 20, 30, 4, 140, 10, 175]
    assert call.answered
    assert call.queued
    assert not call.abandoned
    assert call.source_rows == 3
    assert call.duration_s == 200
    assert call.ended_at == at(200)
    assert call.known_at == at(225)


def test_later_waits_are_those_of_a_transfer(engine):
    call = call_of(
        engine,
        queue("a", 0, 10, wait_s=10, call_ref="c"),
        leg(
            "b",
            10,
            60,
            talk_s=50,
            transferred=True,
            transfer_type="queue",
            call_ref="c",
        ),
        queue("d", 60, 100, wait_s=40, call_ref="c", queue="tech", is_origin=False),
        leg("e", 100, 160, talk_s=60, call_ref="c", is_origin=False),
    )
    assert (call.wait_s, call.requeue_wait_s, call.talk_s) == (10, 40, 110)
    assert (call["queue"], call.last_queue) == ("sales", "tech")
    assert call.transferred
    assert call.n_transfers == 1
    assert call.transfer_type == "queue"


def test_an_overflow_before_the_answer_is_one_wait(engine):
    call = call_of(
        engine,
        queue("a", 0, 10, wait_s=10, call_ref="c"),
        queue("b", 10, 30, wait_s=20, call_ref="c", queue="tech"),
        leg("g", 30, 60, talk_s=30, call_ref="c"),
    )
    assert call.wait_s == 30
    assert pd.isna(call.requeue_wait_s)


def test_unanswered_ring_attempts_make_no_calls_and_no_abandons(engine):
    rings = [
        leg(f"r{i}", 5, 15, leg_type="ring", answered=False, ring_s=10, call_ref="c")
        for i in (1, 2)
    ]
    call = call_of(
        engine,
        queue("q", 0, 18, wait_s=18, call_ref="c"),
        *rings,
        leg("g", 18, 60, talk_s=42, ring_s=2, agent_id="B", call_ref="c"),
    )
    assert call.answered
    assert not call.abandoned
    assert call.n_agents == 1
    assert call.ring_s == 18  # two phones rang side by side: no more than the wait


def test_consultations_and_monitoring_are_no_talk_with_the_customer(engine):
    call = call_of(
        engine,
        leg("g", 0, 100, talk_s=70, hold_s=30, agent_id="A", call_ref="c"),
        leg("k", 50, 80, leg_type="consult", talk_s=30, agent_id="B", call_ref="c"),
        leg("s", 10, 400, leg_type="monitor", talk_s=390, agent_id="S", call_ref="c"),
    )
    assert (call.talk_s, call.hold_s, call.consult_s) == (70, 30, 30)
    assert call.ended_at == at(100)
    assert call.agent_id == call.first_agent_id == "A"
    assert call.n_agents == 1


def test_a_chain_is_followed_from_parent_to_parent(engine):
    calls = calls_of(
        engine,
        leg("a", 0, 10, talk_s=1),
        leg("b", 10, 20, links=["a"], talk_s=2, is_origin=False),
        leg("c", 20, 30, links=["b"], talk_s=4, is_origin=False),
        leg("x", 5, 9, talk_s=8),
    )
    assert calls.call_id.tolist() == ["test:a", "test:x"]
    assert calls.talk_s.tolist() == [7, 8]


def test_a_root_that_is_not_in_the_export_still_joins_its_legs(engine):
    call = call_of(
        engine, leg("b", 0, 9, links=["gone"]), leg("c", 9, 20, links=["gone"])
    )
    assert call.source_rows == 2


def test_an_open_leg_keeps_the_whole_call_back(engine):
    done = folded(
        engine,
        queue("q", 0, 9, call_ref="c"),
        leg("g", 9, None, call_ref="c"),
        leg("other", 0, 5),
    )
    assert done.calls.call_id.execute().tolist() == ["test:other"]
    assert done.aside[REASON].execute().tolist() == ["open call", "open call"]


def test_the_newest_version_of_a_record_counts(engine):
    done = folded(
        engine,
        leg("a", talk_s=1, version_at=at(1)),
        leg("a", talk_s=2, version_at=at(3)),
        leg("a", talk_s=2, version_at=at(3)),
        leg("a", end=None, version_at=at(2)),
    )
    assert done.calls.talk_s.execute().tolist() == [2]
    reasons = sorted(done.aside[REASON].execute())
    assert reasons == ["duplicate", *["older copy of the same record"] * 2]


def test_without_versions_a_record_that_has_ended_counts(engine):
    call = call_of(engine, leg("a", end=None), leg("a", talk_s=3))
    assert call.talk_s == 3


def test_all_legs_of_the_newest_version_stay(engine):
    def record(row, talk, version):
        place = {"_row_no": row, "row_key": "k", "version_at": at(version)}
        return [
            queue("k", 0, 5, wait_s=5, **place),
            leg("k", 5, 50, talk_s=talk, **place),
        ]

    call = call_of(engine, *record(1, 45, 1), *record(2, 44, 2))
    assert (call.wait_s, call.talk_s) == (5, 44)


def test_an_abandon_after_an_answer_is_none(engine):
    call = call_of(
        engine,
        leg("g", 0, 50, talk_s=50, call_ref="c"),
        queue("q", 50, 90, wait_s=40, abandoned=True, call_ref="c", is_origin=False),
    )
    assert call.answered
    assert not call.abandoned


@pytest.mark.parametrize(("wait", "is_short"), [(4.0, True), (5.0, False)])
def test_short_abandons_go_by_the_threshold(engine, wait, is_short):
    call = call_of(engine, queue(wait_s=wait, abandoned=True))
    assert call.abandoned
    assert call.short_abandon == is_short
    assert call.short_abandon_src == "wait below 5 s"


def test_the_platform_decides_what_is_short_when_it_says_so(engine):
    call = call_of(engine, queue(wait_s=2, abandoned=True, short_abandon=False))
    assert not call.short_abandon
    assert call.short_abandon_src == "platform"


def test_what_no_leg_reports_is_null_not_zero(engine):
    call = call_of(engine, leg("a", talk_s=None, handle_s=80))
    assert call[["talk_s", "wait_s", "ivr_s", "hold_s", "requeue_wait_s"]].isna().all()
    assert (call.handle_s, call.handle_src) == (80, "platform")


def test_the_origin_names_the_customer_also_when_another_leg_began_earlier(engine):
    call = call_of(
        engine,
        leg("t", 0, 30, links=["o"], is_origin=False, phone_key="agent's", queue="b"),
        leg("o", 5, 20, phone_key="caller's", direction="inbound", reason="bill"),
    )
    assert call.phone_key == "caller's"
    assert call.reason == "bill"


def test_a_wrong_leg_sets_its_row_aside_and_leaves_the_others(engine):
    done = folded(
        engine,
        leg("a", talk_s=5, call_ref="c"),
        leg("b", 60, 70, call_ref="c", talk_s=2) | {FAULT: "unparsable talk_s"},
    )
    assert done.calls.talk_s.execute().tolist() == [5]
    assert done.aside[REASON].execute().tolist() == ["unparsable talk_s"]


def test_calls_over_midnight_and_the_clock_change_keep_their_length(engine):
    before = pd.Timestamp("2025-10-25T23:30:00Z") - at(0)
    call = call_of(
        engine, leg("a", before.total_seconds(), before.total_seconds() + 7200)
    )
    assert call.duration_s == 7200


def test_states_of_which_a_platform_knows_nothing_stay_null(engine):
    rows = leg_table(engine, [leg("a", answered=False, direction="inbound")])
    rules = Rules("test", untold=frozenset({"queued", "abandoned", "ivr_only"}))
    call = fold_legs(rows, rules).calls.to_pandas().iloc[0]
    assert call[["queued", "abandoned", "ivr_only", "flow_out"]].isna().all()
    assert not call.answered
