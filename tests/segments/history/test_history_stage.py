"""The stage on a small company over several cutoffs."""

import json

import numpy as np
import pandas as pd
import pytest

import ccml.identity.link
from ccml.engine.store import Folder, Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.callers import judge
from ccml.segments.callers.build import build_callers
from ccml.segments.history.build import build_segment_history, read_history

pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

END = pd.Timestamp("2025-07-01", tz="UTC")
CONFIG = """
version: 1
project: small
workspace: data
time_zone: UTC
data_until: "2025-07-01T00:00:00Z"
sources: {{calls: {{path: x}}, customers: {{path: x}}}}
spines: {{monthly: {{every: month}}, each_call: {{each: calls}}}}
segments: {segments}
"""
CUSTOMERS, BUSY = 300, 40


def company_calls(seed=1, days=200):
    rng = np.random.default_rng(seed)
    rate = np.where(np.arange(CUSTOMERS) < BUSY, 6, 0.3) / 30
    who = np.repeat(np.arange(CUSTOMERS), rng.poisson(rate * days))
    at = END - pd.to_timedelta(rng.uniform(0.1, days, len(who)), unit="D")
    rows = pd.DataFrame(
        {
            "call_id": [f"k{i:05d}" for i in range(len(who))],
            "customer_id": [f"c{i:04d}" for i in who],
            "direction": "inbound",
            "channel": "voice",
            "started_at": at.astype("datetime64[us, UTC]"),
            "queue": "care",
            "reason": np.where(who % 2, "billing", "fault"),
            "disposition": "resolved",
            "wait_s": 10.0,
            "talk_s": 300.0,
            "handle_s": 360.0,
            "answered": True,
            "abandoned": False,
            "transferred": False,
        }
    )
    return rows.assign(known_at=rows["started_at"], event_at=rows["started_at"])


def company_customers(joined=()):
    since = pd.Series(pd.Timestamp("2024-01-01", tz="UTC"), index=range(CUSTOMERS))
    for place, moment in joined:
        since[place] = pd.Timestamp(moment, tz="UTC")
    since = since.astype("datetime64[us, UTC]")
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(CUSTOMERS)],
            "valid_from": since,
            "valid_to": pd.array([pd.NaT] * CUSTOMERS, dtype="datetime64[us, UTC]"),
            "known_at": since,
        }
    )


def write(project, name, rows, keys):
    mark = str(pd.util.hash_pandas_object(rows.astype(str)).sum())
    project.store.write(name, Table(rows, keys, "rows"), mark)


def write_today(project, ids, cutoff=END):
    """Store what the stages before this one make, without clusters."""
    today = pd.DataFrame({"customer_id": ids, "cutoff_at": cutoff})
    today = today.astype({"cutoff_at": "datetime64[us, UTC]"})
    write(project, "segments", today.assign(segment_id="together"), ["customer_id"])

    def fill(folder):
        (folder / "model.json").write_text(json.dumps({"version": 0}))

    project.store.write("segment_summary", Folder(fill, "model"), "m" * 32)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setattr(
        ccml.identity.link, "linked_calls", lambda store: store.read("calls")
    )

    def build(segments="{}", calls=None, customers=None, features=None, *, fades=False):
        if not fades:  # the law of calls that fade takes seconds to fit
            monkeypatch.setattr(judge, "past_periods", lambda *_: [])
        (tmp_path / "small.yaml").write_text(CONFIG.format(segments=segments))
        project = Project.open(tmp_path / "small.yaml")
        rows = company_calls() if calls is None else calls
        write(project, "calls", rows, ["call_id"])
        ids = rows.loc[rows["event_at"] >= END - pd.Timedelta("90D"), "customer_id"]
        if customers is not None:
            write(project, "customers", customers, ["customer_id"])
            ids = customers["customer_id"]
        write_today(project, sorted(set(ids)))
        if features is not None:
            write(project, "features__monthly", features, ["customer_id", "cutoff_at"])
        build_callers(project)
        return project

    return build


def test_every_cutoff_counts_every_customer_once(opened):
    project = opened(customers=company_customers())
    assert build_segment_history(project)
    history = project.store.frame("segment_history")
    assert history.groupby("cutoff_at").size().tolist() == [CUSTOMERS] * 6
    moves = project.store.frame("segment_migration")
    pairs = moves.groupby(["from_cutoff_at", "to_cutoff_at"])["customers"].sum()
    assert pairs.tolist() == [CUSTOMERS] * 5
    newest = history[history["cutoff_at"] == END]
    since = END - pd.Timedelta("30D")
    calls = company_calls()
    assert newest["calls"].sum() == (calls["event_at"] >= since).sum()


def test_groups_add_up_from_cutoff_to_cutoff(opened):
    project = opened(customers=company_customers())
    build_segment_history(project)
    rows = project.store.frame("membership").sort_values("cutoff_at")
    assert set(rows["group"]) == {"persistent", "top_14", "quiet", "together"}
    for _, group in rows.groupby("group"):
        former = group["customers"].shift().iloc[1:]
        assert (group["stayed"] + group["left"]).iloc[1:].tolist() == former.tolist()
        entered = group["stayed"] + group["entered"]
        assert entered.iloc[1:].tolist() == group["customers"].iloc[1:].tolist()
    persistent = rows[rows["group"] == "persistent"]
    assert (persistent["customers"] >= 0.8 * BUSY).all()
    assert (persistent["left_by_chance"].iloc[1:] < 10).all()
    tops = rows[rows["group"] == "top_14"]["cutoff_at"]
    assert (tops.dt.day == 1).all()


def test_the_summary_says_it_in_words(opened):
    project = opened(customers=company_customers(), fades=True)
    build_segment_history(project)
    summary = read_history(project.store)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    words = summary["persistent"]["words"]
    assert "stayed" in words
    assert "chance alone" in words
    assert "of the next month" in summary["top_14"]["words"]
    assert summary["placed_alike"] <= 1
    assert summary["whole_period"]["calls"] == len(company_calls())
    assert summary["notes"] == []


def test_it_is_skipped_while_nothing_changes_and_gives_the_same_bytes(opened):
    project = opened(customers=company_customers())
    assert build_segment_history(project)
    names = ("segment_history", "segment_migration", "membership", "history_summary")
    before = {name: project.store.manifest(name).content for name in names}
    assert not build_segment_history(project)
    again = Project.open(project.file, force=True)
    assert build_segment_history(again)
    assert {name: again.store.manifest(name).content for name in names} == before


def test_customers_who_joined_later_are_new(opened):
    joined = [(0, "2025-06-10"), (299, "2025-06-10")]
    calls = company_calls()
    early = calls["customer_id"].isin(["c0000", "c0299"])
    early &= calls["event_at"] < pd.Timestamp("2025-06-10", tz="UTC")
    project = opened(calls=calls[~early], customers=company_customers(joined))
    build_segment_history(project)
    moves = project.store.frame("segment_migration")
    last = moves[moves["to_cutoff_at"] == END]
    assert last.loc[last["from_segment"] == "new", "customers"].sum() == 2
    assert last["customers"].sum() == CUSTOMERS
    new = last[last["from_segment"] == "new"]
    assert (new["expected_by_chance"] == new["customers"]).all()


def test_without_a_record_of_customers_only_callers_are_followed(opened):
    project = opened()
    build_segment_history(project)
    summary = read_history(project.store)
    assert "no record of customers" in summary["notes"][0]
    moves = project.store.frame("segment_migration")
    assert "gone" not in set(moves["to_segment"])
    assert "quiet" in {*moves["to_segment"], *moves["from_segment"]}


def test_a_spine_gives_the_cutoffs(opened):
    moments = pd.to_datetime(["2025-05-01", "2025-06-01", "2025-07-01"], utc=True)
    ids = company_customers()["customer_id"]
    rows = pd.DataFrame(
        {"customer_id": np.tile(ids, 3), "cutoff_at": moments.repeat(CUSTOMERS)}
    ).astype({"cutoff_at": "datetime64[us, UTC]"})
    project = opened("{spine: monthly}", customers=company_customers(), features=rows)
    build_segment_history(project)
    membership = project.store.frame("membership")
    persistent = membership[membership["group"] == "persistent"]
    assert set(persistent["cutoff_at"]) == set(moments)
    history = project.store.frame("segment_history")
    june = history[history["cutoff_at"] == END]["calls"].sum()
    at = company_calls()["event_at"]
    assert june == (at >= pd.Timestamp("2025-06-01", tz="UTC")).sum()


def test_actions_of_the_config_are_measured(opened):
    action = 'history: {actions: {letter: {began: "2025-05-01", reason: billing}}}'
    project = opened("{" + action + "}", customers=company_customers())
    build_segment_history(project)
    effects = project.store.frame("action_effects")
    assert effects["action"].tolist() == ["letter"]
    assert effects["low"].iloc[0] < effects["high"].iloc[0]
    told = read_history(project.store)["actions"][0]
    assert told["began"] == "2025-05-01"
    assert told["verdict"] == effects["verdict"].iloc[0]


def test_a_log_shorter_than_a_month_has_no_former_cutoff(opened):
    project = opened(calls=company_calls(days=20), customers=company_customers())
    build_segment_history(project)
    assert project.store.frame("segment_migration").empty
    summary = read_history(project.store)
    assert "no former cutoff" in summary["persistent"]["words"]
    assert "no whole calendar month" in summary["top_14"]["words"]


def test_a_config_without_segments_says_what_to_add(opened):
    with pytest.raises(ConfigError, match="add `segments: "):
        build_segment_history(opened("null"))
