"""Uses of a test period are counted, dead runs are closed, cards say what counts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest_tracking import SECRET, evaluation
from gate_material import later, model, trained

from ccml.project import Project
from ccml.tracking.card import model_card
from ccml.tracking.orphans import close_orphans, hold, let_go
from ccml.tracking.register import Registration
from ccml.tracking.registry import champion_mark
from ccml.tracking.runs import log_predictor, pipeline_run
from ccml.tracking.store import local_folder, open_store
from ccml.tracking.touches import touch

DIES = """
import os, signal, sys
from pathlib import Path
from ccml.project import Project
from ccml.tracking.runs import pipeline_run
project = Project.open(Path(sys.argv[1]))
with pipeline_run(project, "train") as run:
    print(run.begin()[1], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_each_use_of_a_test_period_is_counted_by_period(project: Project) -> None:
    assert [touch(project, "repeat", "january") for _ in range(3)] == [1, 2, 3]
    assert touch(project, "repeat", "february") == 1
    assert touch(project, "repeat", "january") == 4
    assert champion_mark(project, "repeat") is None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_run_of_a_killed_process_is_closed_by_the_next_one(project: Project) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DIES, str(project.file)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"SECRET_PLACE": SECRET},
    )
    run_id = done.stdout.strip()
    client = open_store(project).client
    assert client.get_run(run_id).info.status == "RUNNING"
    with pipeline_run(project, "train"):
        assert client.get_run(run_id).info.status == "KILLED"
    assert close_orphans(project) == []


def test_run_at_work_is_left_alone(project: Project) -> None:
    with pipeline_run(project, "train") as parent:
        _, run_id = parent.begin()
        assert close_orphans(project) == []
        assert open_store(project).client.get_run(run_id).info.status == "RUNNING"
    assert list((local_folder(project) / "alive").iterdir()) == []


def test_lock_of_an_unknown_or_ended_run_is_cleared(project: Project) -> None:
    for run_id in ("0" * 32, ended_run(project)):
        let_go(hold(project, run_id))
        (local_folder(project) / "alive" / f"{run_id}.lock").touch()
    assert close_orphans(project) == []
    assert list((local_folder(project) / "alive").iterdir()) == []


def ended_run(project: Project) -> str:
    with pipeline_run(project, "train") as parent:
        return parent.begin()[1]


def test_without_open_runs_mlflow_is_not_asked(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccml.tracking.orphans.open_store", None)
    assert close_orphans(project) == []


def test_card_stands_in_run_and_registry_and_tells_what_counts(
    project: Project, tmp_path: Path
) -> None:
    rows = later()
    log_predictor(project, "repeat", trained(model("prior"), rows), {}, {}, rows)
    done = log_predictor(project, "repeat", trained(model(), rows), {}, {}, rows)
    client = open_store(project).client
    file = client.download_artifacts(done.run_id, "model_card.md", str(tmp_path))
    card = Path(file).read_text()
    for part in (
        "# repeat, version 2",
        "in place of version 1",
        "A label of 1 means: another call within 7 days.",
        "- Train: 2025-01-01 to 2025-12-01",
        "| AUC | 0.",
        "chance alone gives up to 0.",
        "Audit of its features: not audited.",
        "Log loss lower than that of version 1 by 0.",
        "newest rows: share of the list kept",
        "Config: `",
    ):
        assert part in card, part
    described = client.get_model_version("tiny.repeat", "2").description
    assert card.startswith(described[:500])


def test_card_tells_limits_use_and_refusals(project: Project) -> None:
    told = evaluation("error") | {
        "test_use": {"id": "x", "times": 5},
        "claim": {"sentence": "The folds promised an AUC of 0.7 to 0.8."},
        "slices": {"few_calls": {"too_small": True}, "many": {"too_small": False}},
    }
    done = Registration(
        "3", False, "2", "Refused.", "r" * 32, {"faults": ["A leak."], "doubts": []}
    )
    tags = {"mlflow.source.git.commit": "abc", "ccml.uncommitted_changes": "True"}
    card = model_card(project, "repeat", told, done, tags)
    for part in (
        "Uses of this test period for this predictor: 5.",
        "The folds promised an AUC of 0.7 to 0.8.",
        "- Error: It looks like a leak.",
        "Too few rows to judge: few_calls.",
        "- A leak.",
        "Commit: `abc`, with uncommitted changes.",
    ):
        assert part in card, part
    assert SECRET not in card
