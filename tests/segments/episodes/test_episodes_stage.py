"""The stage on a small company."""

import json

import ibis
import numpy as np
import pytest
from episode_calls import at, call, given_up, project_with, store_calls, table

from ccml.contracts.calls import CALLS
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.kpis.build import build_kpis
from ccml.project import Project
from ccml.segments.episodes import summary
from ccml.segments.episodes.build import OUTPUTS, build_episodes
from ccml.segments.episodes.summary import VERY_MANY, sum_interval


def company():
    rows = []
    for number in range(0, 200, 4):
        who, day = f"C{number:03d}", number % 40
        rows.append(call(number, who, at(day)))
        if number % 8 == 0:
            rows.append(given_up(number + 1, who, at(day + 1), reason=None))
            rows.append(call(number + 2, who, at(day + 1, 6), reason="fault"))
    last = call(900, "C000", at(55), disposition="unresolved")
    made = call(901, "C000", at(56), direction="outbound", callback=True)
    late = call(902, "C004", at(50), direction="outbound", callback=True)
    return [*rows, last, made, late, call(903, None, at(3))]


def summary_of(project):
    file = project.store.folder("episodes_summary") / "summary.json"
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_stage_runs_once_and_agrees_with_the_key_figures(tmp_path):
    project = project_with(tmp_path, company())
    assert build_episodes(project)
    assert not build_episodes(project)
    totals = summary_of(project)["totals"]
    episodes = project.store.frame("episodes")
    assert totals["episodes"]["value"] == len(episodes) == 51
    assert totals["repeats"]["value"] == totals["redials"]["value"] == 25
    assert totals["open_episodes"]["value"] == episodes["is_open"].sum() == 1
    assert totals["callbacks"]["value"] == 2
    assert totals["callbacks_after_a_call"]["value"] == 1
    assert len(project.store.frame("episode_calls")) == episodes["calls"].sum() == 101
    rate = totals["repeat_rate"]
    matrix = project.store.frame("repeat_matrix")
    assert rate["n"] == matrix["calls"].sum() == 75
    assert rate["value"] == pytest.approx(25 / 75)


def test_key_figures_give_the_same_rate(tmp_path):
    project = project_with(tmp_path, [])
    store_full_calls(project, company())
    build_kpis(project)
    build_episodes(project)
    told = project.store.frame("kpis")
    told = told[(told["kpi"] == "repeat_rate") & (told["window_days"] == 7)]
    told = told[(told["period"] == "all") & (told["group"] == "all")].iloc[0]
    rate = summary_of(project)["totals"]["repeat_rate"]
    assert rate["value"] == pytest.approx(told["value"])
    assert rate["n"] == told["denominator"]


def test_every_number_has_a_unit_a_period_and_a_base(tmp_path):
    project = project_with(tmp_path, company())
    build_episodes(project)
    made = summary_of(project)
    for figure in made["totals"].values():
        assert {"value", "unit", "n", "n_unit", "period"} <= set(figure)
    assert made["tail"]["last_call_after"] == "2025-02-22"
    text = json.dumps(made)
    assert not any(row["customer_id"] in text for row in company()[:9])
    assert "k0001" not in text
    assert any("Repeat rate 33.3 %" in sentence for sentence in made["words"])
    assert any("may still go on" in sentence for sentence in made["words"])


def test_the_order_of_rows_changes_nothing(tmp_path):
    project = project_with(tmp_path, company())
    build_episodes(project)
    before = {name: project.store.manifest(name).content for name in OUTPUTS}
    store_calls(project, company(), ["known_at", "call_id"])
    assert build_episodes(project)
    assert before == {name: project.store.manifest(name).content for name in OUTPUTS}


def test_a_setting_of_episodes_runs_the_stage_again(tmp_path):
    project = project_with(tmp_path, company())
    build_episodes(project)
    again = Project.open(project.file, ["segments.episodes.window_days=0.5"])
    assert build_episodes(again)
    assert summary_of(again)["totals"]["episodes"]["value"] == 76


def test_without_known_customers_the_tables_are_empty_and_say_why(tmp_path):
    project = project_with(tmp_path, [call(1, None, at(0))])
    build_episodes(project)
    assert "known customer" in summary_of(project)["why_empty"]
    for name in OUTPUTS[:-1]:
        assert project.store.frame(name).empty
    columns = list(project.store.read("episodes").columns)
    assert columns[:2] == ["episode_id", "customer_id"]


def test_without_calls_at_all_nothing_breaks(tmp_path):
    project = project_with(tmp_path, [])
    project.store.remove("calls")
    assert build_episodes(project)
    assert "no calls" in summary_of(project)["why_empty"]
    assert summary_of(project)["words"]


def test_a_config_without_segments_says_so(tmp_path):
    with pytest.raises(ConfigError, match="add `segments: "):
        build_episodes(project_with(tmp_path, company(), "null"))


def test_the_interval_of_a_sum_holds_the_sum_and_is_the_same_again():
    values = table([call(n, "A", at(0), handle_s=float(n)) for n in range(200)])
    hours = values["handle_s"].to_numpy()
    low, high = sum_interval(hours, 1)
    assert low < hours.sum() < high
    assert (low, high) == sum_interval(hours, 1)
    assert sum_interval(hours * 0, 1) == (0.0, 0.0)


def test_the_interval_of_very_many_customers_is_that_of_resampling(monkeypatch):
    hours = np.random.default_rng(3).lognormal(0, 1, VERY_MANY)
    quick = sum_interval(hours, 1)
    monkeypatch.setattr(summary, "VERY_MANY", len(hours) + 1)
    monkeypatch.setattr(summary, "SAMPLES", 1000)
    width = quick[1] - quick[0]
    assert sum_interval(hours, 1) == pytest.approx(quick, abs=0.06 * width)


def store_full_calls(project, rows):
    """Store calls with every column, as the key figures read them."""
    kinds = {"text": "string", "number": "float64", "flag": "boolean"}
    store_calls(project, rows)
    calls = project.store.read("calls")
    nulls = {
        column.name: ibis.null(kinds[column.kind])
        for column in CALLS.columns
        if column.name not in calls.columns
    }
    full = calls.mutate(**nulls).mutate(queued=True).to_pyarrow()
    project.store.write("calls", Table(full, ["call_id"], "rows"), "full")
