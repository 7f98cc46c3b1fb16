"""Genesys Cloud's interactions view: its forms of times, lists and metadata."""

from typing import Any

import pandas as pd
import pytest
from source_projects import reasons
from truth import Case, company_project, read_calls

from ccml.contracts.summary import summary_counts
from ccml.errors import ConfigError, DataError

ZONE = "time_zone: Europe/Warsaw\nmax_bad_share: 1"
ROW = {
    "Full Export Completed": "YES",
    "Partial Result Timestamp": "",
    "Filters": "Media Type: voice",
    "Media Type": "voice",
    "Users": "Ann Nowak",
    "Remote": "Somebody",
    "Date": "6/23/25 07:00 AM",
    "End Date": "6/23/25 07:05 AM",
    "Duration": "312345",
    "Direction": "Inbound",
    "ANI": "tel:+48600700800",
    "DNIS": "tel:+48800123001",
    "Queue": "Care",
    "Wrap-up": "solved",
    "Flow": "Menu",
    "Conversation ID": "plain",
}


def row(id: str, **changes: Any) -> dict[str, Any]:
    """One row; a blank in a column's name is written as _."""
    named = {name.replace("_", " "): value for name, value in changes.items()}
    return ROW | {"Conversation ID": id} | named


def interactions(backend, folder, rows, source=ZONE, renamed=None):
    """Open a project of one CSV file."""
    (folder / "calls").mkdir(exist_ok=True)
    frame = pd.DataFrame(rows).rename(columns=renamed or {})
    file = folder / "calls" / "interactions.csv"
    frame.to_csv(file, index=False, encoding="utf-8-sig")
    case = Case(reader="genesys_interactions", source=source)
    return company_project(backend, folder, case)


ROWS = [
    row("plain"),
    row("clock", Duration="00:05:12.345"),
    row("evening", Date="6/23/2025 07:00:09 PM", End_Date="6/23/2025 07:05:00 PM"),
    row("iso", Date="2025-06-23T05:00:00Z", End_Date="2025-06-23T05:05:00Z"),
    row("several", Users="Ann Nowak; Bob Lis; Cyd Wit", Queue="Care;Sales"),
    row("nobody", Users="", Queue="Care; Sales"),
    row("menu", Users="", Queue=""),
    row("mixed", Direction="Inbound/Outbound"),
    row("out", Direction="Outbound", ANI="tel:+48800123001", DNIS="tel:+48600700800"),
    row("inside", ANI="sip:4102@host;user=phone"),
    row("open", **{"End Date": ""}),
    row("seconds", Duration="312"),
    row("broken", Date="23rd of June"),
    row("long", Duration="five minutes"),
    row(""),
    row("again"),
    row("again", **{"Wrap-up": ""}),
]


@pytest.fixture(scope="module")
def told(shared_backend, tmp_path_factory):
    opened = interactions(shared_backend, tmp_path_factory.mktemp("facts"), ROWS)
    read_calls(opened)
    return opened


@pytest.fixture
def call(told):
    calls = told.store.frame("calls").set_index("call_id")
    return lambda id: calls.loc[f"genesys_cloud:{id}"]


@pytest.mark.parametrize("id", ["plain", "clock", "iso"])
def test_durations_are_milliseconds_or_clock_times(call, id):
    one = call(id)
    assert one.started_at == pd.Timestamp("2025-06-23T05:00:00Z")
    assert one.duration_s == 312.345


def test_times_are_clock_times_of_the_zone(call):
    assert call("evening").started_at == pd.Timestamp("2025-06-23T17:00:09Z")


def test_lists_name_the_first_and_the_last(call):
    one = call("several")
    assert one.n_agents == 3
    assert one.first_agent_id == call("plain").agent_id != one.agent_id
    assert (one.queue, one.last_queue, one.disposition) == ("Care", "Sales", "solved")
    assert one.duration_s == 312.345


def test_who_met_no_agent_abandoned_or_stayed_in_the_menu(call):
    lost, menu = call("nobody"), call("menu")
    assert (lost.queued, lost.abandoned, lost.answered) == (True, True, False)
    assert (lost.queue, lost.last_queue) == ("Care", "Sales")
    assert (menu.ivr_only, menu.abandoned) == (True, False)


def test_the_customer_is_at_the_other_side(call):
    mixed, out, inside = call("mixed"), call("out"), call("inside")
    assert (mixed.direction, out.direction, inside.direction) == (
        "inbound",
        "outbound",
        "internal",
    )
    assert out.phone_key == mixed.phone_key
    assert out.queued == inside.queued == False  # noqa: E712


def test_what_is_not_told_is_null(call):
    one = call("plain")
    assert one[["wait_s", "talk_s", "hold_s", "wrap_s", "handle_s"]].isna().all()


def test_rows_that_are_no_calls_yet_are_set_aside(told):
    number = {entry["Conversation ID"]: n for n, entry in enumerate(ROWS, start=1)}
    assert reasons(told, "calls") == {
        number["open"]: "open call",
        number["broken"]: "unparsable started_at",
        number["long"]: "unparsable ended_at",
        number[""]: "no conversation",
        number["again"]: "older copy of the same record",
    }


def test_a_duration_in_another_unit_is_noted(told, call):
    assert call("seconds").parse_flags == "parts_exceed_duration"
    notes = summary_counts(told.store.frame("ingest_summary__calls"))["notes"]
    assert [n for text, n in notes.items() if text.startswith("Duration is")] == [1]


def test_columns_of_choice_and_switches(shared_backend, tmp_path):
    chosen = {"Total Talk": "100", "Total Queue": "30", "Total Hold": "5"}
    chosen |= {"Total ACW": "9", "Total IVR": "20", "Total Alert": "4"}
    chosen |= {"Abandoned": "NO", "Transfers": "1", "Flow-Out": "0"}
    none = {**chosen, "Total Talk": "0", "Abandoned": "YES", "Transfers": "0"}
    rows = [row("a", Duration="312", **chosen), row("b", Duration="312", **none)]
    source = f"{ZONE}\nswitches: {{duration_unit: s}}"
    opened = interactions(shared_backend, tmp_path, rows, source)
    calls = read_calls(opened).set_index("call_id")
    one, lost = calls.iloc[0], calls.iloc[1]
    assert (one.ivr_s, one.wait_s, one.ring_s, one.talk_s) == (20, 30, 4, 100)
    assert (one.hold_s, one.wrap_s, one.handle_s) == (5, 9, 114)
    assert (one.duration_s, one.transferred, one.n_transfers) == (312, True, 1)
    assert not one.abandoned
    assert one.flow_out is None  # the export does not tell it
    assert (lost.answered, lost.abandoned) == (False, True)


def test_a_partial_export_stops_the_run(shared_backend, tmp_path):
    rows = [row("a"), row("b", **{"Full Export Completed": "NO"})]
    opened = interactions(shared_backend, tmp_path, rows)
    with pytest.raises(DataError, match=r"partial export.*not YES in 1 rows"):
        read_calls(opened)


def test_a_zone_must_be_named(shared_backend, tmp_path):
    opened = interactions(shared_backend, tmp_path, [row("a")], source="")
    with pytest.raises(ConfigError, match=r"sources\.calls\.time_zone"):
        read_calls(opened)


def test_a_renamed_column_is_named_with_the_layout_and_can_be_mapped(
    shared_backend, tmp_path
):
    own = {"Conversation ID": "Interaction No", "Date": "Begin"}
    opened = interactions(shared_backend, tmp_path, [row("a")], renamed=own)
    found = r"Performance > Interactions.*'Conversation ID', 'Date'.*Interaction No"
    with pytest.raises(DataError, match=found):
        read_calls(opened)
    source = f"{ZONE}\nheader: {{Conversation ID: Interaction No, Date: Begin}}"
    opened = interactions(shared_backend, tmp_path, [row("a")], source, own)
    assert read_calls(opened).call_id.tolist() == ["genesys_cloud:a"]
