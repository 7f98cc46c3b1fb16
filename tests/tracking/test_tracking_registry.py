import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from conftest_tracking import (
    Trained,
    evaluation,
    manifest,
    prior_scorer,
    raw_frame,
    small_scorer,
)

from ccml.errors import DataError, RefusedError
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.champions import promote
from ccml.tracking.register import Registration
from ccml.tracking.registry import champion, champion_mark
from ccml.tracking.runs import log_predictor
from ccml.tracking.store import as_current, database_uri, local_folder, open_store


def log(project: Project, scorer: Scorer, severity: str = "warning") -> Registration:
    trained = Trained(scorer, evaluation(severity))
    return log_predictor(project, "repeat", trained, {}, {"features": manifest()})


def test_champion_gives_the_scores_of_the_scorer(project: Project) -> None:
    scorer = small_scorer()
    assert log(project, scorer).is_champion
    version, folder = champion(project, "repeat")
    assert version == "1"
    loaded = Scorer.load(folder)
    pd.testing.assert_frame_equal(
        loaded.predict(raw_frame()), scorer.predict(raw_frame())
    )


def test_same_files_give_the_same_version(project: Project) -> None:
    assert log(project, small_scorer()).version == "1"
    second = log(project, prior_scorer())
    # Without rows to compare them on, nobody is replaced; see test_tracking_gate.
    assert (second.version, second.champion) == ("2", "1")
    assert "the rows to compare them on were not given" in second.sentence
    again = log(project, small_scorer())
    assert (again.version, again.is_champion) == ("1", True)
    assert champion(project, "repeat").version == "1"


def test_error_finding_keeps_the_former_champion_and_says_so(project: Project) -> None:
    log(project, small_scorer())
    refused = log(project, prior_scorer(), severity="error")
    assert not refused.is_champion
    assert refused.champion == "1"
    assert "does not become champion: It looks like a leak." in refused.sentence
    assert refused.sentence.endswith("Hence version 1 stays champion.")
    assert champion(project, "repeat").version == "1"


def test_refused_first_model_leaves_no_champion(project: Project) -> None:
    refused = log(project, small_scorer(), severity="error")
    assert refused.champion is None
    assert "there is no champion" in refused.sentence
    assert champion_mark(project, "repeat") is None
    with pytest.raises(
        DataError, match=r"predictors\.repeat: there is no champion yet"
    ):
        champion(project, "repeat")


@pytest.mark.parametrize("file", ["model_0.lgb", "model.json"])
def test_one_changed_byte_is_refused_naming_both_hashes(
    project: Project, file: str
) -> None:
    log(project, small_scorer())
    target = champion(project, "repeat").folder / file
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 1
    target.write_bytes(bytes(content))
    pattern = (
        rf"{file} of version 1 .* expected sha256 [0-9a-f]{{64}}, found [0-9a-f]{{64}}"
    )
    with pytest.raises(RefusedError, match=pattern):
        champion(project, "repeat")


@pytest.mark.parametrize("change", ["extra", "missing"])
def test_other_files_than_registered_are_refused(project: Project, change: str) -> None:
    log(project, small_scorer())
    folder = champion(project, "repeat").folder
    if change == "extra":
        (folder / "evil.py").write_text("raise SystemExit")
    else:
        (folder / "model_0.lgb").unlink()
    with pytest.raises(RefusedError, match="no such file"):
        champion(project, "repeat")


def test_champion_of_a_server_is_fetched_and_verified(project: Project) -> None:
    log(project, small_scorer())
    server = [f"tracking.uri={database_uri(local_folder(project))}"]
    served = Project.open(project.file, server)
    version, folder = champion(served, "repeat")
    assert (version, Scorer.load(folder).kind) == ("1", "lightgbm")
    (folder / "model_0.lgb").write_bytes(b"other")
    with pytest.raises(RefusedError, match=r"model_0\.lgb of version 1"):
        champion(served, "repeat")
    shutil.rmtree(folder.parent.parent)
    with pytest.raises(DataError, match="the files of version 1 are not where"):
        champion(served, "repeat")


def test_files_that_are_gone_are_named(project: Project) -> None:
    log(project, small_scorer())
    folder = champion(project, "repeat").folder
    (folder.parent.parent).rename(folder.parent.parent.with_name("moved"))
    with pytest.raises(DataError, match="the files of version 1 are not where"):
        champion(project, "repeat")


def test_planted_loader_is_never_imported(project: Project, tmp_path: Path) -> None:
    log(project, small_scorer())
    home = champion(project, "repeat").folder.parent.parent
    marker = tmp_path / "was-imported"
    (home / "code").mkdir()
    evil = f"open({str(marker)!r}, 'w').close()"
    (home / "code" / "evil.py").write_text(evil)
    (home / "scorer_model.py").write_text(evil)
    (home / "MLmodel").write_text(
        "flavors: {python_function: {loader_module: evil, code: code}}"
    )
    Scorer.load(champion(project, "repeat").folder)
    assert not marker.exists()


def test_mark_by_sql_equals_the_answer_of_mlflow(project: Project) -> None:
    assert champion_mark(project, "repeat") is None
    log(project, small_scorer())
    log(project, prior_scorer())
    promote(project, "repeat", "2", at=datetime(2026, 7, 1, tzinfo=UTC))
    quick = champion_mark(project, "repeat")
    server = [f"tracking.uri={database_uri(local_folder(project))}"]
    asked = champion_mark(Project.open(project.file, server), "repeat")
    assert quick is not None
    assert replace(quick, home=None) == asked
    assert quick.home == champion(project, "repeat").folder.parent.parent
    assert quick.version == "2"
    assert set(quick.hashes) == {"model.json"}


def test_mark_asks_mlflow_when_the_tables_are_unknown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(project, small_scorer())
    expected = champion_mark(project, "repeat")
    monkeypatch.setattr(
        "ccml.tracking.registry.BY_ALIAS", "select * from no_such_table"
    )
    assert expected is not None
    assert champion_mark(project, "repeat") == replace(expected, home=None)


def test_without_a_store_there_is_no_mark(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(
        "{version: 1, project: t, workspace: w, time_zone: UTC, sources: {}}"
    )
    project = Project.open(file)
    assert champion_mark(project, "any") is None
    assert not project.workspace.exists()


def test_mlflow_loads_and_scores_it_with_pickles_forbidden(project: Project) -> None:
    scorer, frame = small_scorer(), raw_frame(50)
    log(project, scorer)
    with as_current(open_store(project)):
        import mlflow

        assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
        model = mlflow.pyfunc.load_model("models:/tiny.repeat@champion")
        found = model.predict(frame)
    pd.testing.assert_frame_equal(found, scorer.predict(frame))
