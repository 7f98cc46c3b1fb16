"""The stage on a small company."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from strategy_rows import EXPLAIN, company, company_calls, playbook, write

from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.strategies.build import build_strategies, read_strategies
from ccml.segments.strategies.told import COLUMNS

COACH = EXPLAIN | {
    "title": "Coach",
    "calls": "is_repeat",
    "spares": [0.05, 0.1],
    "channels": ["voice"],
}
DEAR = EXPLAIN | {"title": "Send a present", "cost_per_customer_eur": 500.0}
CONFIGS = Path(__file__).parents[3] / "configs"


def built(folder, **given):
    project = company(folder, **given)
    build_strategies(project)
    return project.store.frame("strategies"), read_strategies(project.store)


def segment(told, name):
    return next(one for one in told["segments"] if one["segment_id"] == name)


def test_an_action_is_proposed_where_it_fits_and_pays(tmp_path):
    table, told = built(tmp_path, strategies=playbook(explain=EXPLAIN))
    assert list(table.columns) == list(COLUMNS)
    assert table[["segment_id", "rank", "action"]].values.tolist() == [
        ["s1", 1, "explain"]
    ]
    [row] = table.to_dict("records")
    assert row["spared"] == pytest.approx(0.2 * row["calls_per_30d"])
    assert row["eur"] == pytest.approx(row["hours"] * 30)
    assert row["net_eur"] == pytest.approx(row["eur"] - row["cost_eur"])
    for name in ("spared", "hours", "eur", "net_eur"):
        assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
    assert row["spared_high"] <= 0.31 * row["calls_per_30d"] * 1.5
    assert "an assumption" in row["assumptions"]
    assert segment(told, "s2")["words"] == "Nothing in the playbook fits here."


def test_calls_concerned_are_the_repeats_that_the_key_figures_count(tmp_path):
    calls = company_calls()
    table, _ = built(tmp_path, calls=calls, strategies=playbook(explain=EXPLAIN))
    rows = calls.sort_values(["customer_id", "started_at"])
    before = rows.groupby("customer_id")[["started_at", "answered", "reason"]].shift()
    gap = rows["started_at"] - before["started_at"]
    seen = (
        before["answered"].eq(True)
        & (gap <= pd.Timedelta("7D"))
        & (before["reason"] == "billing")
        & (rows["started_at"] >= pd.Timestamp("2025-04-02", tz="UTC"))
    ).sum()
    assert table.loc[0, "seen_calls_per_30d"] == pytest.approx(seen / 3)


def test_only_calls_that_are_expected_again_can_be_spared(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole, _ = built(tmp_path / "a", strategies=playbook(explain=EXPLAIN))
    half, _ = built(tmp_path / "b", again=0.5, strategies=playbook(explain=EXPLAIN))
    assert half.loc[0, "seen_calls_per_30d"] == whole.loc[0, "seen_calls_per_30d"]
    for name in ("calls_per_30d", "spared", "hours"):
        assert half.loc[0, name] == pytest.approx(whole.loc[0, name] / 2)
    assert (
        "(50 %) are expected again; the rest is taken for chance"
        in (half.loc[0, "assumptions"])
    )


def test_an_action_that_costs_more_than_it_gains_is_told_as_not_worth_it(tmp_path):
    table, told = built(tmp_path, strategies=playbook(dear=DEAR, explain=EXPLAIN))
    assert list(table["action"]) == ["explain"]
    [refused] = segment(told, "s1")["not_proposed"]
    assert refused["action"] == "dear"
    assert refused["reason"].startswith("Not worth it: it costs 20,")
    assert refused["net_eur"]["value"] < 0


def test_an_action_without_any_call_to_spare_is_not_worth_it(tmp_path):
    never = EXPLAIN | {"calls": "reason = 'billing' and queue = 'q_faults'"}
    table, told = built(tmp_path, strategies=playbook(never=never))
    assert table.empty
    [refused] = segment(told, "s1")["not_proposed"]
    assert "no call that it concerns was seen" in refused["reason"]
    assert segment(told, "s1")["words"] == "Nothing in the playbook pays here."


def test_a_call_that_two_actions_concern_is_counted_once(tmp_path):
    table, told = built(tmp_path, strategies=playbook(coach=COACH, explain=EXPLAIN))
    first, second = table.itertuples()
    assert (first.action, second.action) == ("explain", "coach")
    assert second.overlap.startswith("100 % of these calls are also those of 1,")
    assert second.added_calls == pytest.approx(0)
    total = segment(told, "s1")["total"]
    assert total["calls"]["value"] == pytest.approx(first.spared)
    assert total["calls"]["value"] < first.spared + second.spared
    assert total["cost_eur"] == pytest.approx(first.cost_eur + second.cost_eur)
    assert told["total"]["calls"]["value"] == pytest.approx(total["calls"]["value"])


def test_no_more_than_the_most_are_proposed(tmp_path):
    book = playbook(most=1, coach=COACH, explain=EXPLAIN)
    table, told = built(tmp_path, strategies=book)
    assert list(table["action"]) == ["explain"]
    [beyond] = segment(told, "s1")["not_proposed"]
    assert beyond["reason"] == "It pays, but less than the 1 proposed."


def test_fixed_costs_of_an_action_count_once_over_all_segments(tmp_path):
    everywhere = EXPLAIN | {
        "where": "calls > 0",
        "calls": "answered",
        "fixed_cost_eur": 3.0,
    }
    _, told = built(tmp_path, strategies=playbook(everywhere=everywhere))
    parts = [one["total"]["cost_eur"] for one in told["segments"] if one["total"]]
    assert len(parts) == 2
    assert told["total"]["cost_eur"] == pytest.approx(sum(parts) - 3.0)


def test_a_playbook_without_actions_says_what_to_add(tmp_path):
    table, told = built(tmp_path)
    assert table.empty
    assert list(table.columns) == list(COLUMNS)
    assert "include a playbook" in told["notes"][0]


def test_without_handle_times_nothing_is_proposed(tmp_path):
    calls = company_calls().assign(handle_s=np.nan, talk_s=np.nan)
    table, told = built(tmp_path, calls=calls, strategies=playbook(explain=EXPLAIN))
    assert table.empty
    assert "no money can be counted" in " ".join(told["notes"])


def test_talk_time_stands_in_for_handle_time(tmp_path):
    calls = company_calls().assign(handle_s=np.nan)
    table, _ = built(tmp_path, calls=calls, strategies=playbook(explain=EXPLAIN))
    assert table.loc[0, "hours"] > 0


def test_the_same_run_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        built(tmp_path / name, strategies=playbook(coach=COACH, explain=EXPLAIN))
    files = [
        [
            path.read_bytes()
            for path in sorted((tmp_path / name / "data/tables").rglob("*"))
            if path.is_file()
            and "strategies" in str(path)
            and path.suffix in (".json", ".parquet")
        ]
        for name in ("a", "b")
    ]
    assert files[0] == files[1] != []


def test_the_summary_is_plain_json(tmp_path):
    _, told = built(tmp_path, strategies=playbook(dear=DEAR, explain=EXPLAIN))
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_stage_that_is_unchanged_is_skipped(tmp_path):
    project = company(tmp_path, strategies=playbook(explain=EXPLAIN))
    assert build_strategies(project)
    assert not build_strategies(project)


def test_contacts_on_other_channels_are_used_where_they_are_known(tmp_path):
    project = company(tmp_path, strategies=playbook(explain=EXPLAIN))
    calls = company_calls()
    rows = pd.DataFrame(
        {
            "contact_id": calls["call_id"],
            "customer_id": calls["customer_id"],
            "channel": "chat",
            "direction": "inbound",
            "event_at": calls["started_at"],
            "known_at": calls["known_at"],
            "source_table": "chats",
        }
    )
    write(project, "contacts", rows, ["contact_id"])
    build_strategies(project)
    [row] = project.store.frame("strategies").to_dict("records")
    assert row["channel"] == "chat"
    # Nobody calls after them, as these contacts are no calls.
    assert "chat comes first" in row["channel_reason"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param(
            {"where": "about_billing > 0 and cals > 1"},
            "Did you mean 'calls'",
            id="where",
        ),
        pytest.param({"calls": "is_repeated"}, "Did you mean 'is_repeat'", id="calls"),
    ],
)
def test_names_that_do_not_exist_are_refused(tmp_path, change, match):
    project = company(tmp_path, strategies=playbook(explain=EXPLAIN | change))
    with pytest.raises(ConfigError, match=match):
        build_strategies(project)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param({"spares": [0.3, 0.1]}, "the lower first", id="order"),
        pytest.param({"spares": [0.1, 1.1]}, "from 0 to 1", id="too-much"),
        pytest.param({"where": "drop table"}, "condition", id="no-condition"),
    ],
)
def test_actions_that_make_no_sense_are_refused(tmp_path, change, match):
    with pytest.raises(ConfigError, match=match):
        company(tmp_path, strategies=playbook(explain=EXPLAIN | change))


def test_a_config_without_segments_says_what_to_add(tmp_path):
    project = company(tmp_path)
    text = (tmp_path / "small.yaml").read_text().replace("segments: {}\n", "")
    (tmp_path / "none.yaml").write_text(text)
    with pytest.raises(ConfigError, match="add `segments: "):
        build_strategies(Project.open(tmp_path / "none.yaml"))
    assert project.config.segments is not None


@pytest.mark.parametrize("name", ["contact_centre", "telecom"])
def test_playbooks_that_come_with_the_project_fit_any_company(tmp_path, name):
    project = company(tmp_path)
    values = yaml.safe_load((tmp_path / "small.yaml").read_text())
    del values["segments"]
    values["include"] = str(CONFIGS / "playbooks" / f"{name}.yaml")
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(values))
    project = Project.open(tmp_path / "small.yaml")
    actions = project.config.segments.strategies.actions
    assert all("assumption" in action.source for action in actions.values())
    assert build_strategies(project)
    told = read_strategies(project.store)
    judged = [one["action"] for one in told["does_not_apply"]]
    for one in told["segments"]:
        judged += [line["action"] for line in (*one["proposed"], *one["not_proposed"])]
    assert set(judged) == set(actions)
