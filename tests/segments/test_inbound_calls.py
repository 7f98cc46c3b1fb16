from datetime import UTC, datetime

import pandas as pd
import pytest

from ccml.engine.store import Table
from ccml.project import Project
from ccml.segments import inbound_calls
from ccml.segments.inbound_calls import build_inbound_calls, spans_of

CONFIG = """
version: 1
project: small
workspace: data
time_zone: UTC
data_until: "2025-07-01T00:00:00Z"
sources:
  calls: {path: none}
  events: {bills: {path: none, id: id, event_at: at, known_at: at}}
segments: {clusters: {triggers: {after_bill: {table: bills, days: 6}}}}
"""


def instants(*days):
    found = [pd.Timestamp(f"2025-{day}", tz="UTC").as_unit("us") for day in days]
    return pd.array(found, dtype="datetime64[us, UTC]")


@pytest.fixture
def opened(tmp_path):
    def build(calls):
        (tmp_path / "small.yaml").write_text(CONFIG)
        project = Project.open(tmp_path / "small.yaml")
        links = calls[["call_id", "customer_id", "known_at"]]
        links = links.assign(rule="customer_key", status="matched", note=None)
        bills = pd.DataFrame(
            {
                "event_id": ["b1", "b2"],
                "customer_id": ["a", "a"],
                "event_at": instants("02-26", "05-01"),
                "known_at": instants("03-20", "05-02"),
            }
        )
        for name, rows, keys in (
            ("calls", calls.drop(columns="customer_id"), ["call_id"]),
            ("identity_map", links, ["call_id"]),
            ("bills", bills, ["event_id"]),
        ):
            project.store.write(name, Table(rows, keys, "rows"), "m" * 16)
        return project

    return build


def calls(*given):
    who, at, direction = zip(*given, strict=True) if given else ((), (), ())
    moments = instants(*at)
    return pd.DataFrame(
        {
            "call_id": pd.Series([f"k{i}" for i in range(len(given))], dtype="str"),
            "customer_id": pd.Series(who, dtype="str"),
            "started_at": moments,
            "known_at": moments,
            "direction": pd.Series(direction, dtype="str"),
        }
    )


def test_calls_of_known_customers_stand_in_the_order_of_time(opened, monkeypatch):
    monkeypatch.setattr(inbound_calls, "MOST_CALLS", 2)
    project = opened(
        calls(
            ("a", "05-03", "inbound"),
            ("b", "01-31", "inbound"),
            (None, "02-01", "inbound"),
            ("a", "02-28", "outbound"),
            ("a", "03-01", "inbound"),
        )
    )
    assert build_inbound_calls(project, project.config.segments)
    files = [file.name[:7] for file in project.store.files("inbound_calls")]
    assert files == ["2025-01", "2025-02", "2025-03"]
    rows = project.store.frame("inbound_calls").sort_values("event_at")
    assert rows["call_id"].tolist() == ["k1", "k4", "k0"]


def test_a_call_tells_when_it_was_known_that_an_event_had_come_before(opened):
    project = opened(
        calls(
            ("a", "03-01", "inbound"), ("a", "05-03", "inbound"),
            ("a", "04-20", "inbound"), ("b", "05-03", "inbound"),
        )
    )  # fmt: skip
    build_inbound_calls(project, project.config.segments)
    rows = project.store.frame("inbound_calls").set_index("call_id")
    found = rows["after_bill_known_at"]
    assert found["k0"] == datetime(2025, 3, 20, tzinfo=UTC)
    assert found["k1"] == datetime(2025, 5, 2, tzinfo=UTC)
    assert found[["k2", "k3"]].isna().all()


def test_no_calls_make_a_table_without_rows(opened):
    project = opened(calls())
    build_inbound_calls(project, project.config.segments)
    assert project.store.manifest("inbound_calls").rows == 0


def test_whoever_asks_second_finds_it_made(opened):
    project = opened(calls(("a", "03-01", "inbound")))
    assert build_inbound_calls(project, project.config.segments)
    assert not build_inbound_calls(project, project.config.segments)


@pytest.mark.parametrize(
    ("counts", "most", "spans"),
    [
        ([1, 1, 1], 3, [("2025-01", "2025-04")]),
        ([2, 2, 2], 3, [("2025-01", "2025-02"), ("2025-02", "2025-03"),
                        ("2025-03", "2025-04")]),
        ([9, 1, 1], 3, [("2025-01", "2025-02"), ("2025-02", "2025-04")]),
    ],
)  # fmt: skip
def test_months_are_put_together_up_to_a_number(monkeypatch, counts, most, spans):
    monkeypatch.setattr(inbound_calls, "MOST_CALLS", most)
    months = pd.date_range("2025-01-01", periods=3, freq="MS", tz="UTC")
    found = spans_of(pd.Series(counts, index=months))
    assert [(f"{a:%Y-%m}", f"{b:%Y-%m}") for a, b in found] == spans
