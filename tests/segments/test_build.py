"""The stage on a small company with two kinds of callers."""

import json
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

import ccml.identity.link
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError
from ccml.project import Project
from ccml.segments.build import (
    build_segments,
    read_model,
    read_summary,
    segments_result,
)
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import read_source

# pyarrow reads pandas columns in a way that pandas 3.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

CUTOFF = pd.Timestamp("2025-07-01", tz="UTC")
BUSY, CALM, NEVER = 60, 300, 240
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
QUICK = "{max_k: 2, bootstraps: 5, stability_rows: 300"


def company_calls(seed=1):
    """Give busy customers with bills on their mind, and calm ones with faults."""
    rng = np.random.default_rng(seed)
    number = np.concatenate([rng.poisson(12, BUSY) + 1, rng.poisson(0.5, CALM) + 1])
    who = np.repeat(np.arange(BUSY + CALM), number)
    is_busy = who < BUSY
    size = len(who)
    at = CUTOFF - pd.to_timedelta(rng.uniform(0.1, 89, size), unit="D")
    rows = pd.DataFrame(
        {
            "call_id": [f"k{i:05d}" for i in range(size)],
            "customer_id": [f"c{i:04d}" for i in who],
            "direction": "inbound",
            "channel": "voice",
            "started_at": at.astype("datetime64[us, UTC]"),
            "queue": "care",
            "reason": np.where(is_busy, "billing", "fault"),
            "disposition": "resolved",
            "wait_s": rng.uniform(0, 60, size),
            "handle_s": 360.0,
            "queued": True,
            "answered": True,
            "abandoned": False,
            "transferred": is_busy & (rng.random(size) < 0.6),
        }
    )
    return rows.assign(known_at=rows["started_at"], event_at=rows["started_at"])


def company_customers():
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:04d}" for i in range(BUSY + CALM + NEVER)],
            "valid_from": pd.Timestamp("2024-01-01", tz="UTC").as_unit("us"),
            "valid_to": pd.array(
                [pd.NaT] * (BUSY + CALM + NEVER), dtype="datetime64[us, UTC]"
            ),
            "known_at": pd.Timestamp("2024-01-01", tz="UTC").as_unit("us"),
        }
    )


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setattr(
        ccml.identity.link, "linked_calls", lambda store: store.read("calls")
    )

    def build(segments="{clusters: " + QUICK + "}}", calls=None, customers=None):
        (tmp_path / "small.yaml").write_text(CONFIG.format(segments=segments))
        project = Project.open(tmp_path / "small.yaml")
        rows = company_calls() if calls is None else calls
        write(project, "calls", rows, ["call_id"])
        if customers is not None:
            write(project, "customers", customers, ["customer_id"])
        return project

    return build


def write(project, name, rows, keys):
    project.store.write(name, Table(rows, keys, "rows"), str(len(rows)) * 16)


def segment_of(project):
    return project.store.frame("segments").set_index("customer_id")["segment_id"]


def test_planted_groups_are_found(opened):
    project = opened(customers=company_customers())
    assert build_segments(project)
    found = segments_result(project)
    names = {one["name"]: one["customers"] for one in found["segments"]}
    assert {name.split(",")[0] for name in names} == {
        "Billing callers",
        "Fault callers",
        "No call in 90 days",
    }
    assert names["No call in 90 days"] == NEVER
    assert sum(one["share_of_calls"] for one in found["segments"]) == pytest.approx(1)
    assert not build_segments(project)


def test_profiles_tell_what_the_segments_share(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    profile = project.store.frame("segment_profiles").set_index(["name", "trait"])
    name = next(n for n, _ in profile.index if n.startswith("Billing"))
    assert profile.loc[(name, "about_billing"), "value"] == pytest.approx(1)
    assert profile.loc[(name, "transferred"), "value"] == pytest.approx(0.6, abs=0.1)
    assert profile.loc[(name, "transferred"), "effect"] > 1
    billing = next(
        one for one in read_summary(project.store)["segments"] if one["name"] == name
    )
    assert "make" in billing["sentences"][0]
    assert len(billing["sentences"]) == 4
    hours = billing["calls"] * 360 / 3600 / 3
    assert billing["handle_hours_per_30d"] == pytest.approx(hours)
    assert billing["cost_per_30d_eur"] == pytest.approx(hours * 30)


def test_segments_keep_their_ids_when_the_customers_change(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    before = segment_of(project)
    calls = company_calls(seed=2)
    write(project, "calls", calls, ["call_id"])
    build_segments(project)
    after = segment_of(project)
    assert (before == after).mean() >= 0.95


def test_one_customer_with_very_many_calls_moves_nobody(opened):
    calls = company_calls()
    project = opened(calls=calls, customers=company_customers())
    build_segments(project)
    before = segment_of(project)
    one = calls[calls["customer_id"] == "c0000"].iloc[[0]]
    many = pd.concat([one] * 20_000, ignore_index=True)
    many["call_id"] = [f"x{i}" for i in range(len(many))]
    write(project, "calls", pd.concat([calls, many], ignore_index=True), ["call_id"])
    build_segments(project)
    assert (before == segment_of(project)).all()


def test_another_unit_changes_no_segment(opened):
    calls = company_calls()
    clusters = "{clusters: {max_k: 2, bootstraps: 5, stability_rows: 300}}"
    project = opened(clusters, calls, company_customers())
    build_segments(project)
    before = segment_of(project)
    minutes = calls.assign(wait_s=calls["wait_s"] / 60, handle_s=6.0)
    write(project, "calls", minutes.iloc[::-1], ["call_id"])
    write(project, "calls", minutes, ["call_id"])
    build_segments(project)
    assert (before == segment_of(project)).all()


def test_without_a_record_of_customers_only_callers_are_described(opened):
    project = opened()
    build_segments(project)
    summary = read_summary(project.store)
    assert summary["customers"] == BUSY + CALM
    assert summary["population"] == "customers who called"
    assert "no record of customers" in summary["notes"][0]
    assert summary["repeat_callers"] is None
    assert "quiet" not in set(segment_of(project))


def test_calls_at_or_after_the_cutoff_or_known_late_do_not_count(opened):
    calls = company_calls()
    late = calls.iloc[:3].assign(call_id=["l1", "l2", "l3"], customer_id="c0700")
    late["event_at"] = [CUTOFF, CUTOFF, CUTOFF - pd.Timedelta("1D")]
    late["known_at"] = CUTOFF
    late = late.astype(dict.fromkeys(["event_at", "known_at"], "datetime64[us, UTC]"))
    customers = company_customers()
    customers.loc[len(customers) - 1, "customer_id"] = "c0700"
    project = opened(
        calls=pd.concat([calls, late], ignore_index=True), customers=customers
    )
    build_segments(project)
    assert segment_of(project)["c0700"] == "quiet"


def test_new_customers_have_less_exposure(opened):
    customers = company_customers()
    since = pd.Timestamp(CUTOFF - pd.Timedelta("10.5D")).as_unit("us")
    customers.loc[0, "valid_from"] = since
    customers.loc[0, "known_at"] = since
    project = opened(customers=customers)
    build_inbound_calls(project, project.config.segments)
    source = read_source(project, project.config.segments, None)
    days = source.people(CUTOFF).customers.set_index("customer_id")
    assert days.loc["c0000", "exposure_days"] == 11
    assert days.loc["c0001", "exposure_days"] == 89


def test_too_few_customers_are_kept_together(opened):
    calls = company_calls()
    calls = calls[calls["customer_id"] < "c0015"]
    project = opened(calls=calls, customers=company_customers())
    build_segments(project)
    assert "No reliable clusters" in read_summary(project.store)["verdict"]
    assert set(segment_of(project)) == {"together", "quiet"}


@pytest.mark.parametrize("algorithm", ["minibatch_kmeans", "gaussian_mixture"])
def test_other_algorithms_find_the_same_groups(opened, algorithm):
    clusters = "{clusters: " + QUICK + f", algorithm: {algorithm}" + "}}"
    project = opened(clusters, customers=company_customers())
    build_segments(project)
    sizes = segment_of(project).value_counts()
    assert sizes["quiet"] == NEVER
    assert sorted(sizes.drop("quiet")) == pytest.approx([BUSY, CALM], abs=6)
    assert read_summary(project.store)["algorithm"] == algorithm


def test_customers_in_no_dense_group_are_a_segment_of_their_own(opened):
    clusters = "{clusters: " + QUICK + ", algorithm: hdbscan, min_jaccard: 0.3}}"
    calls = company_calls()
    odd = calls["customer_id"].isin([f"c{i:04d}" for i in range(BUSY - 8, BUSY)])
    calls.loc[odd, "reason"] = "strange"
    project = opened(clusters, calls, company_customers())
    build_segments(project)
    found = read_summary(project.store)
    names = {one["id"]: one["name"] for one in found["segments"]}
    assert names["other"] == "Callers unlike any group"


def test_two_periods_are_compared(opened):
    early = company_calls(seed=7)
    shift = pd.Timedelta("90D")
    for column in ("started_at", "event_at", "known_at"):
        early[column] = (early[column] - shift).astype("datetime64[us, UTC]")
    early["call_id"] = "e" + early["call_id"]
    calls = pd.concat([early, company_calls()], ignore_index=True)
    project = opened(calls=calls, customers=company_customers())
    build_segments(project)
    found = read_summary(project.store)["replicates"]
    assert found["agreement"] > 0.9
    assert found["carried"] > 0.9
    assert "the 90 days before them" in found["words"]


def test_calls_of_one_period_are_compared_in_halves(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    found = read_summary(project.store)["replicates"]
    assert found["agreement"] is None
    assert found["carried"] > 0.9
    assert "both halves" in found["words"]


def test_rules_and_drivers_tell_who_is_in_a_segment(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    segments = read_summary(project.store)["segments"]
    billing = next(one for one in segments if one["name"].startswith("Billing"))
    assert "calls about" in billing["rule"]["words"]
    assert billing["rule"]["precision"] > 0.95
    assert billing["rule"]["recall"] > 0.95
    assert billing["shap"][0]["trait"] in {"calls", "about_billing", "about_fault"}


def test_figures_of_segments_add_up(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    table = project.store.frame("segment_figures")
    figures = table.set_index(["segment_id", "figure"])
    calls = company_calls()
    total = figures.xs("calls", level="figure")["value"].sum()
    assert total == pytest.approx(len(calls) / 3)
    days = [name for name in table["figure"].unique() if name.startswith("weekday:")]
    told = table[table["figure"].isin(days) & (table["n"] > 0)]
    assert told.groupby("segment_id")["value"].sum().to_numpy() == pytest.approx(1)
    known = table.dropna(subset=["value"])
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()


def test_a_run_that_finds_no_clusters_does_not_free_their_numbers(opened):
    project = opened(customers=company_customers())
    build_segments(project)
    few = company_calls().query("customer_id < 'c0015'")
    write(project, "calls", few, ["call_id"])
    build_segments(project)
    assert read_model(project.store).last_number == 2
    write(project, "calls", company_calls(seed=2), ["call_id"])
    build_segments(project)
    assert set(segment_of(project)) == {"s3", "s4", "quiet"}


def features(project, spine="monthly"):
    ids = company_customers()["customer_id"]
    frame = pd.DataFrame({"customer_id": ids, "cutoff_at": CUTOFF.as_unit("us")})
    frame["tenure_days"] = np.where(np.arange(len(ids)) % 2, 10.0, 1_000.0)
    frame["visits_90d"] = np.where(np.arange(len(ids)) % 2, 1.0, 40.0)
    frame["tariff"] = "basic"
    frame["joined"] = CUTOFF.as_unit("us")
    earlier = frame.assign(cutoff_at=(CUTOFF - pd.Timedelta("30D")).as_unit("us"))
    rows = pd.concat([frame, earlier], ignore_index=True)
    write(project, f"features__{spine}", rows, ["customer_id", "cutoff_at"])


def test_features_of_the_spine_can_be_clustered(opened):
    columns = "columns: [tenure_days, visits_90d], only_callers: false"
    project = opened(
        "{spine: monthly, clusters: " + QUICK + ", " + columns + "}}",
        customers=company_customers(),
    )
    features(project)
    build_segments(project)
    assert segment_of(project).value_counts().tolist() == [300, 300]


@pytest.mark.parametrize(
    ("segments", "match"),
    [
        pytest.param(
            "{spine: monthly, clusters: {columns: [tenure_day]}}",
            "Did you mean 'tenure_days'",
            id="unknown",
        ),
        pytest.param(
            "{spine: monthly, clusters: {columns: [joined]}}", "need numbers", id="day"
        ),
        pytest.param(
            "{spine: each_call, clusters: {columns: [tenure_days]}}",
            "no regular spine",
            id="spine-of-events",
        ),
    ],
)
def test_columns_that_cannot_be_clustered_are_refused(opened, segments, match):
    project = opened(segments, customers=company_customers())
    features(project)
    with pytest.raises(ConfigError, match=match):
        build_segments(project)


@pytest.mark.parametrize(
    ("segments", "match"),
    [
        pytest.param('{spine: monthly, cutoff: "2020-01-01"}', "no cutoff", id="spine"),
        pytest.param('{cutoff: "2020-01-01"}', "no inbound call before", id="calls"),
    ],
)
def test_a_cutoff_before_the_data_is_an_error(opened, segments, match):
    project = opened(segments, customers=company_customers())
    features(project)
    with pytest.raises(DataError, match=match):
        build_segments(project)


def test_a_config_without_segments_says_what_to_add(opened):
    with pytest.raises(ConfigError, match="add `segments: "):
        build_segments(opened("null"))


def test_the_summary_is_plain_json(opened):
    project = opened()
    build_segments(project)
    summary = read_summary(project.store)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["cutoff_at"] == datetime(2025, 7, 1, tzinfo=UTC).isoformat()
