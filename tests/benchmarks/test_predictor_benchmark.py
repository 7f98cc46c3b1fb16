"""The race of predictors: its measures, its sets, and that finished runs are kept."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ccml.config.predictors import PredictorConfig
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.metrics import Scored, log_odds

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = ("predictors", "predictor_sets", "predictor_peers", "predictor_measures")
OTHERS = ("bank_protocol", "features_process", "predicting", "ccml_predictor")

FAKE = """
import json, shutil, sys
from pathlib import Path
asked = json.loads(Path(sys.argv[1]).read_text())
with open({calls!r}, "a") as file:
    file.write(asked["folder"] + "\\n")
if Path({broken!r}).exists():
    raise SystemExit("no luck today")
folder = Path(asked["folder"])
answer = Path(asked["test"]).with_name("answer.parquet")
shutil.copy(answer, folder / "predictions.parquet")
result = {{"fit_s": 1.0, "score_rows_per_s": 5, "model_bytes": 2**20, "about": {{}}}}
(folder / "result.json").write_text(json.dumps(result))
"""


@pytest.fixture
def race(monkeypatch):
    """The modules of the benchmark, taken out again afterwards."""
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield SimpleNamespace(**{name: __import__(name) for name in MODULES})
    for name in (*MODULES, *OTHERS):
        sys.modules.pop(name, None)


@pytest.fixture
def a_set(race):
    """Write a small flat set, as `make_set` does with the rows of a project."""

    def write(folder: Path, rows: int = 400) -> dict:
        rng = np.random.default_rng(5)
        x = rng.normal(size=rows)
        data = TrainingSet(
            keys=pd.DataFrame({"row_no": np.arange(rows)}),
            features=pd.DataFrame({"x": x, "kind": rng.choice(["a", "b"], rows)}),
            label=pd.Series(
                (rng.random(rows) < 1 / (1 + np.exp(-2 * x))).astype("int8")
            ),
            slices=pd.DataFrame(index=range(rows)),
            embargo=timedelta(0),
            label_rule="made up",
        )
        config = PredictorConfig.model_validate(
            {
                "table": "t",
                "label": {"column": "left"},
                "split": {"kind": "ordered", "folds": 2},
                "model": {"n_estimators": 5},
            }
        )
        about = {
            "name": "small",
            "predictor": "p",
            "split": "later rows test",
            "payoff": {"value": 10.0, "success_rate": 1.0, "cost": 4.0},
            "config": config.model_dump(mode="json"),
        }
        more = race.predictor_sets._write(folder, data, config, "p", about)
        rank = pd.read_parquet(folder / "test.parquet")["x"].rank(pct=True)
        answer = pd.DataFrame({"probability": 0.2 + 0.6 * rank})
        answer.to_parquet(folder / "answer.parquet")
        return about | more

    return write


@pytest.fixture
def fake(race, tmp_path, monkeypatch):
    """A peer that counts how often it runs, and fails while a file stands."""
    calls, broken = tmp_path / "calls", tmp_path / "broken"
    script = tmp_path / "fake.py"
    script.write_text(FAKE.format(calls=str(calls), broken=str(broken)))
    tool = race.predictor_peers.Tool("fake", str(script))
    monkeypatch.setitem(race.predictors.TOOLS, "fake", tool)
    return SimpleNamespace(
        tool=tool,
        script=script,
        broken=broken,
        runs=lambda: len(calls.read_text().splitlines()) if calls.exists() else 0,
    )


@pytest.fixture
def options(tmp_path):
    return SimpleNamespace(
        out=tmp_path / "out",
        environments=tmp_path / "environments",
        metric="log_loss",
        seed=1,
        threads=1,
        budget=[1.0],
        tools=["fake"],
        workspaces=tmp_path,
        demo=None,
    )


def test_a_finished_run_is_kept_and_a_failed_one_tried_again(
    race, a_set, fake, options, tmp_path
):
    folder = tmp_path / "set"
    about = a_set(folder)
    fake.broken.touch()
    failed = race.predictors.finished(fake.tool, about, folder, 1, options)
    fake.broken.unlink()
    first = race.predictors.finished(fake.tool, about, folder, 1, options)
    again = race.predictors.finished(fake.tool, about, folder, 1, options)
    assert failed["error"] == "no luck today"
    assert "error" not in first
    assert again == first
    assert fake.runs() == 2


def test_other_settings_rows_or_code_make_a_run_anew(
    race, a_set, fake, options, tmp_path
):
    folder = tmp_path / "set"
    about = a_set(folder)
    race.predictors.finished(fake.tool, about, folder, 1, options)
    options.seed = 2
    race.predictors.finished(fake.tool, about, folder, 1, options)
    about |= {"digest": "of other rows"}
    race.predictors.finished(fake.tool, about, folder, 1, options)
    fake.script.write_text(fake.script.read_text() + "# changed\n")
    race.predictors.finished(fake.tool, about, folder, 1, options)
    race.predictors.finished(fake.tool, about, folder, 1, options)
    assert fake.runs() == 4


@pytest.mark.usefixtures("fake")
def test_a_set_is_raced_and_told(race, a_set, options, monkeypatch):
    monkeypatch.setattr(race.predictors, "make_set", lambda _, to, *__: a_set(to))
    [raced] = race.predictors.of_set("small", options)
    told = raced["tools"]["fake"]
    assert raced["set"]["train_rows"] == 320
    assert told["metrics"]["roc_auc"]["value"] > 0.7
    assert told["profit"]["earned"] <= told["profit"]["earned_at_best_cut"]
    table = race.predictors.as_table([raced])
    assert "small, 1 s" in table
    assert "fake" in table


def test_what_cannot_be_installed_is_named_with_its_reason(
    race, a_set, fake, options, tmp_path, monkeypatch
):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("no such requirement\n")
    tool = race.predictor_peers.Tool("gone", str(fake.script), str(wrong))
    monkeypatch.setenv("UV_OFFLINE", "1")
    about = a_set(tmp_path / "set")
    result = race.predictors.finished(tool, about, tmp_path / "set", 1, options)
    assert result["error"].startswith("cannot be installed: ")
    told = race.predictors.measure(about, tmp_path / "set", {"gone": result}, 1)
    raced = {"set": about, "budget_s": 1, "tools": told}
    assert "cannot be installed" in race.predictors.as_table([raced])


def test_a_run_that_takes_far_too_long_is_ended(race, fake, tmp_path, monkeypatch):
    fake.script.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(race.predictor_peers, "LIMIT_S", 0.5)
    asked = {"folder": str(tmp_path / "run"), "budget_s": 0, "threads": 1}
    with pytest.raises(race.predictor_peers.NotRunError, match=r"ended after 0\.5 s"):
        race.predictor_peers.run(fake.tool, asked, tmp_path)


@pytest.mark.slow
def test_ccml_trains_on_the_rows_that_its_peers_get(
    race, a_set, options, tmp_path, monkeypatch
):
    folder = tmp_path / "set"
    about = a_set(folder)
    monkeypatch.setattr(race.predictors, "MANY_TRIALS", 2)
    tool = race.predictors.TOOLS["ccml"]
    result = race.predictors.finished(tool, about, folder, 2, options)
    assert "error" not in result, result
    told = race.predictors.measure(about, folder, {"ccml": result}, 1)["ccml"]
    assert told["about"]["test_rows"] == about["test_rows"] == 80
    assert told["claim"]["folds"] == 2
    claimed = told["claim"]["measures"]["roc_auc"]
    promised = claimed["promised"]
    assert promised["low"] <= promised["value"] <= promised["high"]
    assert claimed["realised"] == told["metrics"]["roc_auc"]
    assert claimed["kept"] == (claimed["realised"]["value"] >= promised["low"])


def test_a_test_on_other_rows_is_refused(race, a_set, tmp_path):
    folder = tmp_path / "set"
    about = a_set(folder)
    file = folder / "predictions.parquet"
    pd.DataFrame({"probability": np.full(80, 0.5)}).to_parquet(file)
    runs = {"ccml": {"predictions": str(file), "about": {"test_rows": 79}}}
    with pytest.raises(ValueError, match="other rows than its peers"):
        race.predictors.measure(about, folder, runs, 1)


def test_differences_are_paired(race):
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 2000)
    y = (rng.random(2000) < p).astype(float)
    noisy = np.clip(p + rng.normal(scale=0.25, size=2000), 0.01, 0.99)
    found = {
        name: Scored(log_odds(q), q) for name, q in {"ccml": p, "peer": noisy}.items()
    }
    told = race.predictor_measures.compare(y, found, np.arange(2000), "ccml", 1)
    gap, own = told["peer"]["minus_ccml"], told["peer"]["metrics"]
    assert gap["roc_auc"]["high"] < 0 < gap["log_loss"]["low"]
    width = {
        k: m["high"] - m["low"]
        for k, m in {"gap": gap["roc_auc"], "own": own["roc_auc"]}.items()
    }
    assert width["gap"] < width["own"]
    assert "minus_ccml" not in told["ccml"]


def test_scores_rank_where_there_are_any(race):
    p = pd.DataFrame({"probability": [0.5, 0.5, 0.9]})
    read = race.predictor_measures.scored
    assert list(read(p).raw) == [0.5, 0.5, 0.9]
    assert list(read(p.assign(score=[1.0, 2.0, 3.0])).raw) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("wrong", [np.nan, 1.2, -0.1])
def test_what_is_no_probability_is_refused(race, wrong):
    with pytest.raises(ValueError, match="no probabilities"):
        race.predictor_measures.scored(pd.DataFrame({"probability": [0.5, wrong]}))


def test_profit_is_that_of_the_contacted(race):
    y = np.array([1.0, 0.0, 1.0, 0.0])
    p = np.array([0.9, 0.8, 0.3, 0.1])
    payoff = race.predictor_sets.Payoff(value=10, success_rate=0.5, cost=2)
    told = race.predictor_measures.profit(y, Scored(log_odds(p), p), payoff)
    assert told == {
        "earned": 3 - 2,
        "contacted": 2,
        "earned_at_best_cut": 3 - 2 + 3,
        "contacted_at_best_cut": 3,
        "earned_by_contacting_all": 2,
    }


def test_contacting_nobody_can_be_best(race):
    y, p = np.zeros(5), np.linspace(0.1, 0.9, 5)
    payoff = race.predictor_sets.Payoff(value=10, success_rate=1, cost=2)
    told = race.predictor_measures.profit(y, Scored(p, p), payoff)
    assert told["earned"] == -8
    assert (told["earned_at_best_cut"], told["contacted_at_best_cut"]) == (0, 0)


def test_requirements_name_every_version_and_no_address(race):
    files = {t.requirements for t in race.predictor_peers.TOOLS.values()} - {None}
    assert files
    for name in files:
        lines = (BENCHMARKS / "peers" / name).read_text().splitlines()
        assert all(
            "==" in line and "/" not in line and "@" not in line for line in lines
        )


def test_the_budget_reaches_the_config(race, a_set, tmp_path):
    config = a_set(tmp_path / "set")["config"]
    changed, words = race.predictors.with_budget(config, 60, 7)
    read = PredictorConfig.model_validate(changed)
    assert read.seed == 7
    assert read.tune.trials == race.predictors.MANY_TRIALS
    assert (
        read.tune.model_dump()
        != PredictorConfig.model_validate(config).tune.model_dump()
    )
    assert read.time_budget_minutes == 1
    assert words.startswith("time_budget_minutes=1")


def test_environments_lie_in_the_cache_of_the_user(race, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = race.predictors._options(["--data", os.fspath(tmp_path)])
    assert made.environments.is_relative_to(tmp_path.resolve())
    assert made.budget == [60, 300]
    assert set(made.sets) == set(race.predictor_sets.RECIPES)
    assert json.dumps(made.tools)
