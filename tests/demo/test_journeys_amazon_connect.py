"""Contact records of Amazon Connect hold what the truth holds, chained as documented."""

import json
from typing import Any

import pandas as pd
import pytest

from ccml.demo.journeys import journeys_of_company
from ccml.demo.platforms.amazon_connect import write

Record = dict[str, Any]


@pytest.fixture(scope="module")
def truth() -> tuple[pd.DataFrame, pd.DataFrame]:
    calls, legs = journeys_of_company(5, 400)
    return calls.to_pandas(), legs.to_pandas()


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    folder = tmp_path_factory.mktemp("connect") / "calls"
    calls, legs = journeys_of_company(5, 400)
    rows = write(calls, legs, folder, 0)
    assert {path.name for path in folder.iterdir()} == set(rows)
    texts = [(folder / name).read_text("utf-8") for name in sorted(rows)]
    assert [len(text.splitlines()) for text in texts] == [rows[n] for n in sorted(rows)]
    return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture(scope="module")
def records(delivered: list[Record]) -> dict[str, Record]:
    """The newest version of each contact."""
    ordered = sorted(delivered, key=lambda record: record["LastUpdateTimestamp"])
    return {record["ContactId"]: record for record in ordered}


def field(record: Record, name: str) -> Any:
    """Read an inner field; null where the object is null."""
    for part in name.split("."):
        record = (record or {}).get(part)  # type: ignore[assignment]
    return record


def roots(records: dict[str, Record]) -> dict[str, str]:
    """Name the first contact of each contact's call; a callback is a call of its own."""
    return {
        name: name
        if record["InitiationMethod"] == "CALLBACK"
        else record["InitialContactId"] or name
        for name, record in records.items()
    }


def test_each_call_is_a_chain_of_contacts(
    records: dict[str, Record], truth: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    calls, legs = truth
    origin = legs[legs.is_origin].set_index("leg_id").call_ref
    assert set(roots(records).values()) == set(
        origin.index[origin.isin(calls.call_ref[calls.direction != "internal"])]
    )
    for record in records.values():
        for pointer in ("InitialContactId", "PreviousContactId", "NextContactId"):
            assert record[pointer] is None or record[pointer] in records


@pytest.mark.parametrize(
    ("name", "path", "methods"),
    [
        ("talk_s", "Agent.AgentInteractionDuration", None),
        ("hold_s", "Agent.CustomerHoldDuration", None),
        ("wrap_s", "Agent.AfterContactWorkDuration", None),
        ("wait_s", "Queue.Duration", ("INBOUND", "API")),
        ("requeue_wait_s", "Queue.Duration", ("TRANSFER",)),
    ],
)
def test_durations_of_a_call_are_those_of_its_contacts(
    records: dict[str, Record],
    truth: tuple[pd.DataFrame, pd.DataFrame],
    name: str,
    path: str,
    methods: tuple[str, ...] | None,
) -> None:
    calls, legs = truth
    spoken = {n: r for n, r in records.items() if field(r, "CustomerEndpoint.Address")}
    mine = records if name.endswith("wait_s") else spoken
    root = roots(records)
    origin = legs[legs.is_origin].set_index("call_ref").leg_id
    told = pd.Series(
        {
            number: field(record, path)
            for number, record in mine.items()
            if (not methods or record["InitiationMethod"] in methods)
            and record["InitiationMethod"] != "MONITOR"
        },
        dtype="float64",
    )
    by_call = told.groupby(pd.Series(root)).sum(min_count=1)
    shown = calls[(calls.direction != "internal") & (calls.channel == "voice")]
    expected = shown.set_index(shown.call_ref.map(origin))[name]
    found = by_call.reindex(expected.index)
    pd.testing.assert_series_equal(found, expected, check_names=False)
    assert expected.sum() > 0


def test_menus_and_starts_can_be_computed(
    records: dict[str, Record], truth: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    calls, legs = truth
    origin = legs[legs.is_origin].set_index("call_ref").leg_id
    voice = calls[(calls.direction == "inbound") & (calls.channel == "voice")]
    for call in voice.itertuples():
        record = records[origin[call.call_ref]]
        start = pd.Timestamp(record["ConnectedToSystemTimestamp"])
        assert start == call.started_at
        left = field(record, "Queue.EnqueueTimestamp") or record["DisconnectTimestamp"]
        assert (pd.Timestamp(left) - start).total_seconds() == call.ivr_s


def test_ways_of_ending_can_be_told_apart(
    records: dict[str, Record], truth: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    calls, legs = truth
    origin = legs[legs.is_origin].set_index("call_ref").leg_id
    inbound = calls[calls.direction == "inbound"]
    for call in inbound.itertuples():
        record = records[origin[call.call_ref]]
        queued = field(record, "Queue.EnqueueTimestamp") is not None
        answered = field(record, "Agent.ConnectedToAgentTimestamp") is not None
        assert (queued, answered) == (call.queued, call.answered)
        if call.flow_out:
            assert record["DisconnectReason"] is None
        if call.system_outcome == "callback_requested":
            back = records[record["NextContactId"]]
            assert back["InitiationMethod"] == "CALLBACK"
            assert back["PreviousContactId"] == record["ContactId"]
        moved = record["TransferCompletedTimestamp"] is not None
        assert moved == call.transferred
        outside = field(record, "TransferredToEndpoint.Address") is not None
        assert outside == (call.transfer_type == "external")


def test_consultations_and_listeners_are_contacts_without_a_customer_or_apart(
    records: dict[str, Record], truth: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    legs = truth[1].set_index("leg_id")
    kinds = legs.leg_type.reindex(list(records))
    for name, kind in kinds.items():
        record = records[str(name)]
        if kind == "monitor":
            assert record["InitiationMethod"] == "MONITOR"
            assert record["RelatedContactId"] in records
        if kind == "consult":
            assert record["CustomerEndpoint"] is None
            assert record["PreviousContactId"] in records
    assert {"monitor", "consult"} <= set(kinds)


def test_records_come_open_or_early_and_later_complete(
    delivered: list[Record], records: dict[str, Record]
) -> None:
    unfinished = [record for record in delivered if not record["DisconnectTimestamp"]]
    assert unfinished
    for record in unfinished:
        later = records[record["ContactId"]]
        assert later["DisconnectTimestamp"] is not None
        assert later["LastUpdateTimestamp"] > record["LastUpdateTimestamp"]
    assert all(record["DisconnectTimestamp"] for record in records.values())
    assert len(delivered) > len(records)


def test_what_is_written_looks_like_the_service_writes_it(
    records: dict[str, Record],
) -> None:
    record = next(
        record for record in records.values() if field(record, "Agent.Username")
    )
    assert isinstance(field(record, "Agent.AgentInteractionDuration"), int)
    assert record["InitiationTimestamp"].endswith("Z")
    dialled = [r for r in records.values() if field(r, "Campaign.CampaignId")]
    seen = {r["AnsweringMachineDetectionStatus"] for r in dialled}
    assert {"HUMAN_ANSWERED", "AMD_UNANSWERED", "VOICEMAIL_BEEP"} <= seen
