"""Changing the champion by hand, taking it back, and what the history keeps."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest_tracking import raw_frame
from gate_material import later, model, trained

from ccml.errors import ConfigError, DataError, RefusedError
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.champions import Change, history, promote, rollback
from ccml.tracking.register import Registration
from ccml.tracking.registry import ALIAS, champion, model_name
from ccml.tracking.revision import Revision
from ccml.tracking.runs import log_predictor
from ccml.tracking.store import open_store

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
LEAK = [{"check": "leak", "severity": "error", "sentence": "It looks like a leak."}]


def log(project: Project, scorer: Scorer, **changes: object) -> Registration:
    rows = later()
    return log_predictor(
        project, "repeat", trained(scorer, rows, **changes), {}, {}, rows
    )


def promoted(project: Project, version: str | None = None, **other: object) -> Change:
    return promote(project, "repeat", version, at=NOW, **other)


def rolled_back(project: Project) -> Change:
    return rollback(project, "repeat", at=NOW, why="scores fell")


def told(project: Project) -> list[tuple[str, str, bool]]:
    frame = history(project, "repeat")
    return list(zip(frame["version"], frame["kind"], frame["now"], strict=True))


def test_doubted_model_is_promoted_by_hand_and_the_doubt_is_kept(
    project: Project,
) -> None:
    log(project, model())
    assert not log(project, model(seed=2)).is_champion
    change = promoted(project, why="fresher data")
    assert (change.version, change.former) == ("2", "1")
    assert change.why.startswith("fresher data Overruled: On 3,000 later rows")
    assert champion(project, "repeat").version == "2"
    assert told(project) == [("1", "automatic", False), ("2", "promoted", True)]


def test_planted_leak_is_refused_by_hand_too(project: Project) -> None:
    log(project, model(), findings=LEAK)
    with pytest.raises(RefusedError, match="may not become champion: It looks like a"):
        promoted(project)
    with pytest.raises(DataError, match="no champion yet"):
        champion(project, "repeat")


def test_rollback_brings_the_same_scores_back_and_bars_the_other(
    project: Project,
) -> None:
    frame = raw_frame(200)
    log(project, model("prior"))
    before = Scorer.load(champion(project, "repeat").folder).predict(frame)
    log(project, model())
    assert champion(project, "repeat").version == "2"
    assert rolled_back(project).version == "1"
    again = Scorer.load(champion(project, "repeat").folder).predict(frame)
    assert again.to_csv() == before.to_csv()
    # The same training once more: the very same files, better, and yet barred.
    done = log(project, model())
    assert (done.version, done.is_champion) == ("2", False)
    assert "It was rolled back on 2026-07-01T12:00:00+00:00." in done.sentence
    assert champion(project, "repeat").version == "1"


def test_person_may_bring_a_barred_version_back(project: Project) -> None:
    log(project, model("prior"))
    log(project, model())
    rolled_back(project)
    log(project, model())
    promoted(project, "2")
    assert [row[:2] for row in told(project)] == [
        ("1", "automatic"),
        ("2", "automatic"),
        ("1", "rolled back to"),
        ("2", "promoted"),
    ]
    assert rolled_back(project).version == "1"


def test_rollback_needs_an_earlier_champion(project: Project) -> None:
    with pytest.raises(DataError, match="no champion yet"):
        rolled_back(project)
    log(project, model("prior"))
    with pytest.raises(RefusedError, match="no other one was before it"):
        rolled_back(project)
    log(project, model())
    rolled_back(project)
    with pytest.raises(RefusedError, match="no other one was before it"):
        rolled_back(project)


def test_unknown_and_present_versions_are_named(project: Project) -> None:
    with pytest.raises(DataError, match="no champion yet"):
        promoted(project)
    log(project, model())
    with pytest.raises(ConfigError, match="no version of repeat named '7'"):
        promoted(project, "7")
    with pytest.raises(ConfigError, match="1 is the champion of repeat already"):
        promoted(project, "1")


def test_changed_files_are_not_promoted(project: Project) -> None:
    log(project, model("prior"))
    log(project, model())
    rolled_back(project)
    for file in artifacts(project):
        file.write_bytes(file.read_bytes().replace(b"repeat", b"REPEAT"))
    with pytest.raises(RefusedError, match="is not what was registered"):
        promoted(project, "2")
    assert champion_or_none(project) == "1"


def artifacts(project: Project) -> list[Path]:
    folders = project.workspace.rglob("scorer/model.json")
    return [file for file in folders if b'"lightgbm"' in file.read_bytes()]


def champion_or_none(project: Project) -> str:
    frame = history(project, "repeat")
    return str(frame.loc[frame["now"], "version"].iloc[-1])


def test_uncommitted_changes_need_a_word_that_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(project, model("prior"))
    monkeypatch.setattr(
        "ccml.tracking.runs.code_revision", lambda _: Revision("abc", dirty=True)
    )
    done = log(project, model())
    assert not done.is_champion
    assert "uncommitted changes" in done.sentence
    with pytest.raises(RefusedError, match="or give --allow-dirty"):
        promoted(project)
    change = promoted(project, allow_dirty=True)
    assert "Uncommitted changes." in change.why


def test_version_from_before_the_gate_is_not_promoted(project: Project) -> None:
    log(project, model("prior"))
    done = log(project, model(seed=3), label_rule="another")
    client = open_store(project).client
    client.delete_model_version_tag(
        model_name(project, "repeat"), done.version, "ccml.gate"
    )
    with pytest.raises(RefusedError, match="was never judged by the gate"):
        promoted(project, done.version)


def test_alias_set_by_hand_is_found_and_written_down(project: Project) -> None:
    log(project, model("prior"))
    log(project, model(seed=3), findings=LEAK)
    full = model_name(project, "repeat")
    open_store(project).client.set_registered_model_alias(full, ALIAS, "2")
    assert told(project)[-1] == ("2", "found", True)
    assert rolled_back(project).version == "1"
    assert [row[:2] for row in told(project)] == [
        ("1", "automatic"),
        ("2", "found"),
        ("1", "rolled back to"),
    ]


def test_history_of_an_untrained_predictor_is_empty(project: Project) -> None:
    assert history(project, "repeat").empty
