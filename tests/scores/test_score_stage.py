import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from conftest_scores import (
    CONFIG,
    FEATURES,
    NEW,
    OLD,
    OWN,
    Crown,
    feature_frame,
    fitted,
    store_features,
)

from ccml.errors import ConfigError, DataError, RefusedError
from ccml.progress import Silence
from ccml.project import Project
from ccml.scores import rows as rows_module
from ccml.scores.reasons import check_additivity
from ccml.scores.score import score_predictor
from ccml.tracking.registry import Champion


@dataclass
class Heard(Silence):
    """Keeps the notes of a run."""

    notes: list[str]

    def note(self, text: str) -> None:
        self.notes.append(text)


COLUMNS = [
    "customer_id",
    "predictor",
    "cutoff_at",
    "model_version",
    "raw_score",
    "probability",
    "band",
    "reasons",
]


def test_everybody_at_the_newest_cutoff_is_scored_once(
    project: Project, crown: Crown
) -> None:
    scorer = fitted(feature_frame())
    crown(scorer, "7")
    said = score_predictor(project, "churn")["churn"]
    found = project.store.frame("scores__churn")
    assert list(found.columns) == COLUMNS
    expected = scorer.predict(feature_frame())
    np.testing.assert_allclose(
        found["probability"], expected["probability"], rtol=1e-12
    )
    assert set(found["cutoff_at"]) == {NEW}
    assert said["rows"] == len(found) == 200
    assert said["model_version"] == "7"
    assert said["mean_probability"] == pytest.approx(found["probability"].mean())
    assert sum(said["bands"].values()) == 200
    assert said["unseen"] == {"feature": "tariff", "share": 0, "share_in_training": 0}
    json.dumps(said)


def test_text_values_never_seen_in_training_are_told(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame().assign(tariff="flex")), "1")
    said = score_predictor(project, "churn")["churn"]
    basic = (feature_frame()["tariff"] == "basic").mean()
    assert said["unseen"]["share"] == pytest.approx(basic)
    assert said["unseen"]["share_in_training"] == 0


@pytest.mark.parametrize(("most", "alarmed"), [(0.2, ["tariff"]), (0.9, [])])
def test_too_many_unknown_values_are_told_in_every_run(
    project: Project, crown: Crown, most: float, alarmed: list[str]
) -> None:
    crown(fitted(feature_frame().assign(tariff="flex")), "1")
    heard = Heard([])
    rule = f"predictors.churn.scoring.max_unseen_share={most}"
    mine = Project.open(project.folder / "tiny.yaml", [rule], heard)
    for _ in range(2):
        assert score_predictor(mine, "churn")["churn"]["unseen_alarm"] == alarmed
    told = [note for note in heard.notes if "unknown to the model, in tariff" in note]
    assert len(told) == 2 * len(alarmed)


def test_without_text_features_nothing_can_be_unseen(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame().assign(tariff=1.0)), "1")
    frame = feature_frame().assign(tariff=1.0, cutoff_at=NEW)
    store_features(project, "monthly", frame, FEATURES)
    assert score_predictor(project, "churn")["churn"]["unseen"] is None


def test_unchanged_scores_are_left_and_told_again(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame()), "1")
    first = score_predictor(project, "churn")
    before = project.store.manifest("scores__churn")
    assert score_predictor(project, "churn") == first
    assert project.store.manifest("scores__churn") == before
    crown(fitted(feature_frame(), trees=3), "2")
    assert score_predictor(project, "churn")["churn"]["model_version"] == "2"


def test_chunks_change_nothing(
    project: Project, crown: Crown, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(fitted(feature_frame()), "1")
    score_predictor(project, "churn")
    whole = project.store.manifest("scores__churn")
    project.store.remove("scores__churn")
    monkeypatch.setattr(rows_module, "CHUNK_ROWS", 33)
    score_predictor(project, "churn")
    again = project.store.manifest("scores__churn")
    assert whole is not None
    assert again is not None
    assert again.content == whole.content
    assert list((project.workspace / "spill").iterdir()) == []


def events(rows: int = 100) -> pd.DataFrame:
    """Two contacts of every customer; those of the first ten are long ago."""
    frame = feature_frame(rows).assign(this_attempt_no=2.0, cutoff_hour=10.0)
    late = pd.Series(NEW, index=frame.index).where(frame.index >= 10, OLD)
    first = frame.assign(cutoff_at=late, event_id=[f"a{i}" for i in range(rows)])
    second = frame.assign(
        cutoff_at=late - pd.Timedelta(hours=1),
        event_id=[f"b{i}" for i in range(rows)],
        calls_30d=0,
    )
    return pd.concat([first, second])


def test_of_events_the_latest_of_each_recent_customer_is_scored(
    project: Project, crown: Crown
) -> None:
    store_features(project, "contact", events(), [*FEATURES, *OWN])
    own = ["this_attempt_no", "cutoff_hour"]
    scorer = fitted(feature_frame().assign(**dict.fromkeys(own, 1.0)))
    crown(scorer, "1")
    config = ["predictors.sale.scoring={spine: contact}"]
    score_predictor(Project.open(project.file, config), "sale")
    found = project.store.frame("scores__sale")
    assert list(found["customer_id"]) == [f"c{i:05d}" for i in range(10, 100)]
    assert set(found["cutoff_at"]) == {NEW}


def test_values_of_a_contact_to_come_are_set(project: Project, crown: Crown) -> None:
    store_features(project, "contact", events(), [*FEATURES, *OWN])
    learnt = feature_frame().assign(
        this_attempt_no=np.arange(200) % 4, cutoff_hour=np.arange(200) % 7 + 9.0
    )
    scorer = fitted(learnt)
    crown(scorer, "1")
    score_predictor(project, "sale")
    found = project.store.frame("scores__sale")
    usual = feature_frame().assign(this_attempt_no=1.0, cutoff_hour=12.0)
    expected = scorer.predict(usual)["probability"]
    np.testing.assert_allclose(found["probability"], expected, rtol=1e-12)
    said = "".join(found["reasons"])
    assert "attempt" not in said  # the same for everybody is no reason
    assert "moment" not in said


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param("{}", r"does not hold \['this_attempt_no'\]", id="none"),
        pytest.param(
            "{atempt_no: 1}",
            "'atempt_no' is no feature .* Did you mean",
            id="misspelt",
        ),
    ],
)
def test_missing_values_of_a_contact_are_named(
    project: Project, crown: Crown, given: str, message: str
) -> None:
    store_features(project, "contact", events(), [*FEATURES, *OWN])
    crown(fitted(feature_frame().assign(this_attempt_no=1.0)), "1")
    other = project.folder / "other.yaml"
    other.write_text(CONFIG.replace("set: {attempt_no: 1}", f"set: {given}"))
    with pytest.raises(ConfigError, match=message):
        score_predictor(Project.open(other), "sale")


def test_nobody_recent_enough_is_an_error(project: Project, crown: Crown) -> None:
    frame = events().assign(cutoff_at=OLD)
    store_features(project, "contact", frame.iloc[:100], [*FEATURES, *OWN])
    crown(fitted(feature_frame()), "1")
    config = ["predictors.sale.scoring={spine: contact, recent_days: 5}"]
    with pytest.raises(DataError, match=r"look at recent_days \(5\)"):
        score_predictor(Project.open(project.file, config), "sale")


def test_only_those_are_scored_whom_the_predictor_asks_about(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame()), "1")
    busy = 'predictors.churn.label.eligible="calls_90d >= 4"'
    asked = Project.open(project.file, [busy])
    assert score_predictor(asked, "churn")["churn"]["rows"] < 200
    everybody = feature_frame()
    wanted = everybody.customer_id[everybody.calls_90d >= 4]
    found = asked.store.frame("scores__churn")
    assert found.customer_id.to_list() == wanted.to_list()
    score_predictor(project, "churn")
    assert len(project.store.frame("scores__churn")) == 200


def test_nobody_eligible_is_an_error(project: Project, crown: Crown) -> None:
    crown(fitted(feature_frame()), "1")
    nobody = ["predictors.churn.label.eligible=calls_90d > 999"]
    with pytest.raises(DataError, match=r"label\.eligible"):
        score_predictor(Project.open(project.file, nobody), "churn")


def test_without_a_champion_nothing_is_scored(project: Project) -> None:
    with pytest.raises(DataError, match=r"predictors\.churn: there is no champion yet"):
        score_predictor(project, "churn")


def test_champion_changing_meanwhile_is_refused(
    project: Project, crown: Crown, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(fitted(feature_frame()), "1")

    def other(*_: object) -> Champion:
        return Champion("2", project.workspace)

    monkeypatch.setattr("ccml.scores.score.champion", other)
    with pytest.raises(RefusedError, match="changed from version 1 to 2"):
        score_predictor(project, "churn")


def test_flat_predictor_has_nobody_to_score(project: Project) -> None:
    label = "predictors.flat={table: t, label: {column: y}, split: {kind: random}}"
    flat = ["sources.flat={t: {path: t.csv}}", label]
    with pytest.raises(ConfigError, match="flat table 't', which has no customers"):
        score_predictor(Project.open(project.file, flat), "flat")


def test_which_reasons_are_told_stands_in_the_config(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame()), "1")
    score_predictor(project, "churn")
    usual = project.store.frame("scores__churn")
    assert any("calls_30d" in told for told in usual["reasons"])
    asked = ["predictors.churn.reasons={up: 1, down: 0, never: [calls_*]}"]
    other = Project.open(project.file, asked)
    score_predictor(other, "churn")
    found = other.store.frame("scores__churn")
    assert list(found["raw_score"]) == list(usual["raw_score"])
    told = [json.loads(reasons) for reasons in found["reasons"]]
    assert {len(reasons) for reasons in told} == {0, 1}
    assert {r["feature"] for reasons in told for r in reasons} == {"tariff"}


def test_a_misspelt_feature_that_is_never_told_is_an_error(
    project: Project, crown: Crown
) -> None:
    crown(fitted(feature_frame()), "1")
    asked = ["predictors.churn.reasons={never: [tarif]}"]
    with pytest.raises(ConfigError, match=r"reasons\.never.*'tarif'.*'tariff'"):
        score_predictor(Project.open(project.file, asked), "churn")


def test_the_route_of_the_reasons_is_stored_and_a_slow_one_is_told(
    project: Project, crown: Crown, monkeypatch: pytest.MonkeyPatch
) -> None:
    crown(fitted(feature_frame()), "1")
    notes: list[str] = []
    monkeypatch.setattr(
        type(project.progress), "note", lambda _, text: notes.append(text)
    )
    said = score_predictor(project, "churn")["churn"]
    assert said["reasons_method"].startswith("pred_contrib of lightgbm")
    assert not any("slower way" in note for note in notes)
    monkeypatch.setattr("ccml.predictors.explain.FAST_ROWS", 10)
    monkeypatch.setattr("ccml.predictors.shap_fast.find_spec", lambda _: None)
    project.store.remove("scores__churn")
    score_predictor(project, "churn")
    slow = [note for note in notes if "slower way" in note]
    assert len(slow) == 1
    assert "woodelf-explainer is not installed" in slow[0]
    asked = ["predictors.churn.reasons={fast: never}"]
    notes.clear()
    score_predictor(Project.open(project.file, asked), "churn")
    assert not any("slower way" in note for note in notes)


def test_groups_of_the_model_are_told_as_one(project: Project, crown: Crown) -> None:
    together = {"calls_30d": "calls_30d", "tariff": "calls_30d"}
    crown(replace(fitted(feature_frame()), families=together), "1")
    score_predictor(project, "churn")
    told = project.store.frame("scores__churn")["reasons"].map(json.loads)
    for reasons in told:
        named = {reason["feature"] for reason in reasons}
        assert len(named & {"calls_30d", "calls_90d", "tariff"}) <= 1


def test_reasons_that_do_not_add_up_are_an_error() -> None:
    parts = pd.DataFrame({"a": [1.0, 1.0], "bias": [0.5, 0.5]})
    right = check_additivity(parts, pd.Series([1.5, 1.5 + 5e-7]), "predictors.p")
    assert right.tolist() == [[1.0], [1.0]]
    with pytest.raises(DataError, match=r"1 of 2 scores do not add up"):
        check_additivity(parts, pd.Series([1.5, 1.6]), "predictors.p")
    with pytest.raises(DataError, match=r"2 of 2 scores do not add up"):
        check_additivity(parts, pd.Series([np.nan, np.nan]), "predictors.p")
