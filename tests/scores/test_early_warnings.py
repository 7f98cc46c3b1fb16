"""Who may become a repeat caller."""

import numpy as np
import pandas as pd
import pytest

import ccml.scores.early_warnings as module
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.identity import link
from ccml.project import Project
from ccml.scores.early_warnings import COLUMNS, build_early_warnings
from ccml.segments.callers import judge
from ccml.segments.callers.build import build_callers

pytestmark = pytest.mark.filterwarnings("ignore:Series.values returning an ndarray")

NOW = pd.Timestamp("2026-07-01", tz="UTC")
CONFIG = """
version: 1
project: tiny
workspace: work
time_zone: UTC
data_until: "2026-07-01T00:00:00Z"
sources: {{calls: {{path: x}}, customers: {{path: x}}}}
spines: {{monthly: {{every: month}}}}
segments: {segments}
predictors:
  again:
    spine: monthly
    label: {{table: calls, where: "direction = 'inbound'", horizon_days: 30}}
"""
WHO = [f"c{i:03d}" for i in range(400)]


def as_utc(rows, *names):
    return rows.astype(dict.fromkeys(names, "datetime64[us, UTC]"))


def write(project, name, rows, keys):
    mark = str(pd.util.hash_pandas_object(rows.astype(str)).sum())
    project.store.write(name, Table(rows, keys, "rows"), mark)


def callers(*, alike=False):
    rng = np.random.default_rng(1)
    rate = np.full(400, 2.0) if alike else rng.gamma(0.6, 4, 400)
    calls = rng.poisson(rate)
    flagged = np.zeros(400, bool) if alike else calls >= 8
    rows = pd.DataFrame(
        {
            "customer_id": WHO,
            "cutoff_at": NOW,
            "calls": calls,
            "exposure_days": np.where((np.arange(400) < 20) & (not alike), 30.0, 90.0),
            "is_persistent": flagged,
        }
    )
    return as_utc(rows, "cutoff_at")


def customers(alike):
    """Twenty have been customers for 30 days only."""
    is_new = (np.arange(400) < 20) & (not alike)
    since = np.where(is_new, "2026-06-01", "2024-01-01")
    rows = pd.DataFrame(
        {
            "customer_id": WHO,
            "valid_from": pd.to_datetime(since, utc=True),
            "valid_to": pd.array([pd.NaT] * 400, dtype="datetime64[us, UTC]"),
            "known_at": pd.to_datetime(since, utc=True),
        }
    )
    return as_utc(rows, "valid_from", "valid_to", "known_at")


def calls_of(table):
    """Spread each customer's calls over the window, the first about a fault."""
    many = table.loc[table.index.repeat(table["calls"])]
    who = many["customer_id"].to_numpy()
    place = many.groupby("customer_id").cumcount().to_numpy()
    step = (many["exposure_days"] - 3) / many["calls"]
    at = pd.DatetimeIndex(NOW - pd.to_timedelta(1 + place * step.to_numpy(), unit="D"))
    rows = pd.DataFrame(
        {
            "call_id": [f"k{i:05d}" for i in range(len(who))],
            "customer_id": who,
            "event_at": at,
            "known_at": at,
            "started_at": at,
            "direction": "inbound",
            "reason": np.where(place == 0, "fault", "bill"),
            "queue": "care",
        }
    )
    return as_utc(rows, "event_at", "known_at")


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setattr(link, "linked_calls", lambda store: store.read("calls"))
    monkeypatch.setattr(module, "linked_calls", lambda store: store.read("calls"))
    monkeypatch.setattr(judge, "past_periods", lambda *_: [])

    def build(segments="{}", **options):
        (tmp_path / "tiny.yaml").write_text(CONFIG.format(segments=segments))
        project = Project.open(tmp_path / "tiny.yaml")
        table = callers(**options)
        write(project, "calls", calls_of(table), ["call_id"])
        write(
            project,
            "customers",
            customers(options.get("alike", False)),
            ["customer_id"],
        )
        build_callers(project)
        write(project, "repeat_callers", table, ["customer_id"])
        return project

    return build


def test_the_likeliest_who_are_not_persistent_come_first(opened):
    project = opened("{history: {warnings: 40}}")
    assert build_early_warnings(project)
    rows = project.store.frame("early_warnings")
    assert list(rows.columns) == list(COLUMNS)
    assert rows["rank"].tolist() == list(range(1, 41))
    assert rows["probability"].is_monotonic_decreasing
    assert rows["probability"].between(0, 1).all()
    assert set(rows["source"]) == {"call rates"}
    table = callers().set_index("customer_id")
    assert not table.loc[rows["customer_id"], "is_persistent"].any()
    others = table[~table["is_persistent"]].drop(rows["customer_id"])
    seen = table.loc[rows["customer_id"]]
    rate = (seen["calls"] / seen["exposure_days"]).min()
    assert rate >= (others["calls"] / others["exposure_days"]).max() * 0.5
    assert not build_early_warnings(project)


def test_the_same_calls_in_less_time_are_likelier(opened):
    project = opened("{history: {warnings: 400}}")
    build_early_warnings(project)
    rows = project.store.frame("early_warnings").set_index("customer_id")
    table = callers().set_index("customer_id").loc[rows.index]
    for number in (1, 2, 3):
        same = table[table["calls"] == number]
        new = rows.loc[same.index[same["exposure_days"] == 30], "probability"]
        old = rows.loc[same.index[same["exposure_days"] == 90], "probability"]
        if len(new):
            assert new.min() > old.max()


def test_recent_calls_and_the_most_frequent_reason_are_told(opened):
    project = opened("{history: {warnings: 400}, reason_families: {money: [bill]}}")
    build_early_warnings(project)
    rows = project.store.frame("early_warnings").set_index("customer_id")
    calls = callers().set_index("customer_id").loc[rows.index, "calls"]
    made = calls_of(callers())
    late = made[made["event_at"] >= NOW - pd.Timedelta("30D")]
    recent = late.groupby("customer_id").size().reindex(rows.index).fillna(0)
    assert (rows["calls_30d"] == recent).all()
    assert rows.loc[calls == 0, "reason"].isna().all()
    assert set(rows.loc[calls == 1, "reason"]) == {"fault"}
    assert set(rows.loc[calls == 2, "reason"]) == {"fault"}  # a tie: by the alphabet
    assert set(rows.loc[calls > 2, "reason"]) == {"money"}


def test_scores_of_the_predictor_come_before_call_rates(opened):
    project = opened("{history: {early_warning: again, warnings: 5}}")
    build_early_warnings(project)
    assert set(project.store.frame("early_warnings")["source"]) == {"call rates"}
    scores = pd.DataFrame(
        {
            "customer_id": WHO[::-1],
            "cutoff_at": NOW - pd.Timedelta("1D"),
            "probability": np.linspace(0, 0.99, 400),
        }
    )
    write(project, "scores__again", as_utc(scores, "cutoff_at"), ["customer_id"])
    assert build_early_warnings(project)
    rows = project.store.frame("early_warnings")
    assert set(rows["source"]) == {"predictor"}
    table = callers()
    free = table.loc[~table["is_persistent"], "customer_id"]
    assert rows["customer_id"].tolist() == free.head(5).tolist()
    assert set(rows["cutoff_at"]) == {NOW - pd.Timedelta("1D")}
    assert "again" in project.store.manifest("early_warnings").about


def test_nobody_is_warned_of_where_customers_are_alike(opened):
    project = opened(alike=True)
    build_early_warnings(project)
    rows = project.store.frame("early_warnings")
    assert rows.empty
    assert list(rows.columns) == list(COLUMNS)
    assert "by more than chance" in project.store.manifest("early_warnings").about


def test_a_config_without_segments_says_what_to_add(opened):
    with pytest.raises(ConfigError, match="add `segments: "):
        build_early_warnings(opened("null"))
