"""Calls and legs of the demo tell the same story, and it is a rich one."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from folded_journeys import fold_call, folded_calls

from ccml.contracts.calls import CALLS as CONTRACT
from ccml.contracts.calls import TRANSFER_TYPES
from ccml.demo import journey_schema
from ccml.demo.chunk import ChunkLife, simulate_chunk
from ccml.demo.faults import draw_faults
from ccml.demo.journeys import chunk_journeys, journeys_of_company

SEED, CUSTOMERS = 5, 600
NOT_IN_THE_TRUTH = {
    "call_id",  # call_ref, with the platform before it
    "source_platform",
    "source_file",
    "source_rows",
    "parse_flags",
    "phone_key",  # customer_phone
    "dialed_key",  # dialed_number
    "click_key",  # click_id
    "handle_src",
    "short_abandon_src",
    "quality_score",  # nobody judges calls in the demo
    "priority",
}


@pytest.fixture(scope="module")
def life() -> ChunkLife:
    return simulate_chunk(SEED, 0, 0, CUSTOMERS, draw_faults(SEED))


@pytest.fixture(scope="module")
def tables(life: ChunkLife) -> tuple[pa.Table, pa.Table]:
    return chunk_journeys(life)


@pytest.fixture(scope="module")
def calls(tables: tuple[pa.Table, pa.Table]) -> pd.DataFrame:
    return tables[0].to_pandas()


@pytest.fixture(scope="module")
def legs(tables: tuple[pa.Table, pa.Table]) -> pd.DataFrame:
    return tables[1].to_pandas()


def test_folding_the_legs_gives_the_calls(tables: tuple[pa.Table, pa.Table]) -> None:
    calls, legs = tables
    folded = folded_calls(legs)
    assert len(folded) == calls.num_rows
    for call in calls.to_pylist():
        made = folded[call["call_ref"]]
        assert {name: call[name] for name in made} == made


def test_tables_have_the_published_columns_and_unique_ids(
    tables: tuple[pa.Table, pa.Table],
) -> None:
    calls, legs = tables
    assert calls.schema.equals(journey_schema.CALLS)
    assert legs.schema.equals(journey_schema.LEGS)
    assert pc.count_distinct(calls["call_ref"]).as_py() == calls.num_rows
    assert pc.count_distinct(legs["leg_id"]).as_py() == legs.num_rows
    looks = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
    assert pc.all(pc.match_substring_regex(legs["leg_id"], looks)).as_py()


def test_only_what_a_reader_adds_is_not_in_the_truth(
    tables: tuple[pa.Table, pa.Table],
) -> None:
    canonical = {column.name for column in CONTRACT.columns}
    assert canonical - set(tables[0].column_names) == NOT_IN_THE_TRUTH


def test_words_are_those_of_the_contract(calls: pd.DataFrame) -> None:
    for column in CONTRACT.columns:
        if column.accepted and column.name in calls:
            assert set(calls[column.name].dropna()) <= set(column.accepted)


def test_times_keep_the_invariants_of_the_reference(
    calls: pd.DataFrame, legs: pd.DataFrame
) -> None:
    assert (calls.ring_s.fillna(0) <= calls.wait_s.fillna(0)).all()
    parts = ["ivr_s", "wait_s", "requeue_wait_s", "talk_s", "hold_s"]
    assert (calls[parts].sum(axis=1) <= calls.duration_s).all()
    assert calls.talk_s[calls.abandoned].isna().all()
    within = legs[~legs.leg_type.isin(["ring"])]
    parts = ["ivr_s", "wait_s", "talk_s", "hold_s"]
    assert (within[parts].sum(axis=1) <= within.duration_s).all()
    for frame in (calls, legs):
        span = (frame.ended_at - frame.started_at).dt.total_seconds()
        assert (span == frame.duration_s).all()
        assert (frame.known_at >= frame.ended_at).all()
        seconds = frame[[name for name in frame if str(name).endswith("_s")]]
        assert (seconds.fillna(0) % 1 == 0).all().all()
        assert (seconds.fillna(0) >= 0).all().all()


def test_every_call_ends_in_exactly_one_way(calls: pd.DataFrame) -> None:
    ways = calls[["answered", "ivr_only", "abandoned", "flow_out"]].sum(axis=1)
    inbound = calls.direction == "inbound"
    assert (ways[inbound] == 1).all()
    assert (ways[~inbound] <= 1).all()
    assert (calls.queued == (calls.wait_s.notna())).all()


def test_the_log_keeps_its_talk_and_its_outcomes(
    life: ChunkLife, calls: pd.DataFrame
) -> None:
    own = calls[calls.demo_call_id.notna()].sort_values("demo_call_id")
    told = life.log.contact
    assert len(own) == len(life.log.at)
    for name in ("talk_s", "hold_s", "wrap_s", "wait_s"):
        assert (own[name].fillna(0).to_numpy() == getattr(told, name)).all()
    assert (own.answered.to_numpy() == told.answered).all()
    assert (own.n_transfers.to_numpy() == told.transfers).all()
    lost = own.abandoned | own.flow_out
    assert (lost.to_numpy() == told.abandoned).all()


def test_every_kind_of_leg_and_transfer_occurs(
    calls: pd.DataFrame, legs: pd.DataFrame
) -> None:
    assert set(legs.leg_type) == set(journey_schema.LEG_TYPES)
    assert set(legs.transfer_type.dropna()) == set(TRANSFER_TYPES)
    assert set(calls.system_outcome) == set(journey_schema.SYSTEM_OUTCOMES)
    assert set(calls.direction) == {"inbound", "outbound", "internal", "callback"}
    assert set(calls.channel) == {"voice", "chat", "email"}
    assert (calls.n_transfers == 2).any()
    assert calls.short_abandon.any()
    rings = legs[legs.leg_type == "ring"].groupby("call_ref").size()
    answered = calls.set_index("call_ref").answered
    assert set(rings[answered[rings.index]]) == {1, 2}
    assert (rings[~answered[rings.index]] == 1).all()
    assert (~answered[rings.index]).any()


def test_callbacks_name_the_call_that_asked(calls: pd.DataFrame) -> None:
    back = calls[calls.callback]
    asked = calls.set_index("call_ref").loc[back.callback_of]
    assert (asked.system_outcome == "callback_requested").all()
    assert len(back) == (calls.system_outcome == "callback_requested").sum()
    assert (back.started_at.to_numpy() > asked.ended_at.to_numpy()).all()
    assert (back.customer_phone.to_numpy() == asked.customer_phone.to_numpy()).all()


def test_some_calls_cross_midnight_and_clock_changes(calls: pd.DataFrame) -> None:
    for day in ("2025-03-30", "2025-10-26", "2026-03-29"):
        change = pd.Timestamp(day, tz="UTC") + pd.Timedelta(hours=1)
        near = (calls.started_at - change).abs() < pd.Timedelta(hours=4)
        assert near.sum() >= 5
    start, end = (
        calls[name].dt.tz_convert("Europe/Warsaw").dt.date
        for name in ("started_at", "ended_at")
    )
    assert (end > start).any()


def test_legs_hang_together(legs: pd.DataFrame) -> None:
    by_id = legs.set_index("leg_id")
    origin = legs[legs.is_origin]
    assert (origin.leg_no == 1).all()
    assert len(origin) == legs.call_ref.nunique()
    rest = legs[~legs.is_origin]
    parents = by_id.loc[rest.parent_leg_id]
    assert (parents.call_ref.to_numpy() == rest.call_ref.to_numpy()).all()
    assert (parents.started_at.to_numpy() <= rest.started_at.to_numpy()).all()
    assert origin.parent_leg_id.isna().all()
    inside = rest[rest.leg_type.isin(["consult", "monitor", "ring"])]
    around = by_id.loc[inside.parent_leg_id]
    assert (inside.ended_at.to_numpy() <= around.ended_at.to_numpy()).all()
    consults = inside[inside.leg_type == "consult"]
    held = by_id.loc[consults.parent_leg_id].hold_s.to_numpy()
    assert (consults.talk_s.to_numpy() <= held).all()
    assert (consults.agent_id != consults.from_agent_id).all()


def test_phones_show_what_an_exchange_shows(calls: pd.DataFrame) -> None:
    shown = calls.customer_phone.groupby(calls.phone_status)
    assert shown.get_group("ok").str.fullmatch(r"\+48\d{9}").all()
    assert set(shown.get_group("anonymous").dropna()) <= {
        "anonymous",
        "restricted",
        "unknown",
    }
    assert shown.get_group("internal").str.fullmatch(r"4\d{3}").all()
    assert shown.get_group("unknown").isna().all()
    first = calls[calls.is_first_call.fillna(False).astype(bool)]
    assert first.customer_phone.is_unique


def test_dialler_campaigns_are_those_of_the_attempts(calls: pd.DataFrame) -> None:
    dialled = calls[calls.direction == "outbound"]
    assert dialled.campaign[dialled.reason == "campaign"].notna().all()
    assert dialled.campaign[dialled.reason == "callback"].isna().all()
    assert dialled.source.isna().all()


def test_same_seed_same_journeys_and_other_seed_others() -> None:
    one, other = journeys_of_company(1, 30), journeys_of_company(1, 30)
    assert one[0].equals(other[0])
    assert one[1].equals(other[1])
    strange = journeys_of_company(2, 30)[0]
    assert not set(strange["call_ref"].to_pylist()) & set(
        one[0]["call_ref"].to_pylist()
    )


def test_a_company_of_one_customer_has_journeys() -> None:
    calls, legs = journeys_of_company(3, 1)
    assert calls.num_rows <= legs.num_rows
    call = fold_call(legs.slice(0, 1).to_pylist())
    assert call["started_at"] == legs["started_at"][0].as_py()
