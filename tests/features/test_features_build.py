"""Features and labels of a real project: stored, skipped, and learned from."""

from datetime import timedelta

import pandas as pd
import pytest
from builders import KEYS, Notes, arrow, at, bill, call, config_file, customer, tables

from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError
from ccml.features.build import build_features
from ccml.labels.build import build_labels
from ccml.predictors.training_table import training_inputs, training_set
from ccml.project import Project


def fill(project, rows):
    for name, given in rows.items():
        stored = Table(arrow(name, given), KEYS[name], f"one row of {name}")
        project.store.write(name, stored, "f" * 64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project with features and labels of its calls."""
    folder = tmp_path_factory.mktemp("project")
    file = config_file(folder, predictors__again__slices={"waited": "this_wait_s > 15"})
    project = Project.open(file)
    days = [at("2025-03-01T10:00") + timedelta(days=9 * d) for d in range(11)]
    calls = [call(i, day, wait_s=5.0 * i) for i, day in enumerate(days)]
    calls.append(call(90, days[0] + timedelta(days=1)))
    fill(
        project,
        tables(calls=calls, bills=[bill(1, days[0])], customers=[customer()]),
    )
    assert build_features(project, "after_call")
    assert build_labels(project, "again")
    return folder


@pytest.fixture
def project(folder):
    return Project.open(folder / "project.yaml", progress=Notes())


def test_an_unchanged_project_is_skipped(project):
    assert not build_features(project, "after_call")
    assert not build_labels(project, "again")
    assert project.progress.notes == [
        "features of after_call: unchanged, skipped",
        "labels of again: unchanged, skipped",
    ]


def test_changed_features_are_built_anew_and_their_labels_stand(folder):
    file = folder / "project.yaml"
    changed = Project.open(file, ["features.windows_days=[5]"], Notes())
    before = changed.store.manifest("labels__again")
    assert build_features(changed, "after_call")
    assert "calls_5d" in changed.store.frame("features__after_call")
    assert not build_labels(changed, "again")
    assert changed.store.manifest("labels__again") == before
    assert build_features(Project.open(file), "after_call")


def test_the_catalogue_describes_every_stored_feature(project):
    catalogue = project.store.frame("catalogue__after_call").sort_values("position")
    features = project.store.frame("features__after_call")
    assert list(features.columns[3:]) == list(catalogue.name)
    assert (
        catalogue[["name", "table", "statistic", "unit", "meaning", "family"]]
        .notna()
        .all(axis=None)
    )
    manifest = project.store.manifest("features__after_call")
    assert manifest.keys == ["event_id", "customer_id", "cutoff_at"]
    assert manifest.about == "one row per event_id and customer_id and cutoff_at"


def test_a_training_set_holds_known_labels_in_the_order_of_its_keys(project):
    data = training_set(project, "again")
    labels = project.store.frame("labels__again")
    assert labels.label.isna().sum() == len(labels) - len(data) > 0
    assert list(data.keys.event_id) == sorted(data.keys.event_id)
    assert data.label.tolist().count(1) == 1
    assert not {"label", "customer_id", "slice__waited"} & set(data.features)
    assert data.slices.waited.tolist() == (data.features.this_wait_s > 15).tolist()
    assert data.embargo == timedelta(days=7)
    assert training_inputs(project, "again") == [
        "features__after_call",
        "labels__again",
    ]


def test_a_horizon_longer_than_the_data_is_a_fault(folder):
    longer = Project.open(
        folder / "project.yaml", ["predictors.again.label.horizon_days=400"]
    )
    before = longer.store.manifest("labels__again")
    with pytest.raises(DataError, match=r"no label is known yet: .* 400 days"):
        build_labels(longer, "again")
    assert longer.store.manifest("labels__again") == before


def test_a_missing_table_says_which_pipeline_step_is_missing(tmp_path):
    project = Project.open(config_file(tmp_path))
    with pytest.raises(DataError, match="no table 'calls' has been made yet"):
        build_features(project, "after_call")


def test_only_names_of_predictors_or_lists_can_be_chosen(folder):
    file = folder / "project.yaml"
    assert Project.open(file, only=("billed",)).predictors == ["billed"]
    assert Project.open(file).predictors == ["again", "billed"]
    assert Project.open(file, only=("billed",)).lists == []
    with pytest.raises(ConfigError, match=r"--only: .* 'agin'\. Did you mean 'again'"):
        Project.open(file, only=("agin",))
    assert Project.open(file).path("a/b.csv") == folder / "a" / "b.csv"
    assert Project.open(file).zone.key == "Europe/Warsaw"


FLAT = {
    "table": "bank",
    "split": {"kind": "random"},
    "label": {"column": "y", "positive": "yes"},
    "slices": {"old": "age > 40"},
}


def flat(folder, answers, **label):
    predictor = {**FLAT, "label": {**FLAT["label"], **label}}
    file = config_file(
        folder,
        sources__flat={"bank": {"path": "bank.csv"}},
        predictors={"sold": predictor},
    )
    project = Project.open(file)
    ages = [50.0, None, 30.0] * len(answers)
    frame = pd.DataFrame({"row_no": range(len(answers)), "y": answers})
    frame["age"] = ages[: len(answers)]
    project.store.write("flat__bank", Table(frame, ["row_no"], "one row"), "f" * 64)
    return project


@pytest.mark.parametrize(
    ("answers", "positive", "wanted"),
    [
        (["yes", "no", "yes"], "yes", [1, 0, 1]),
        ([True, False, False], "yes", [1, 0, 0]),
        ([True, False, False], "False", [0, 1, 1]),
        ([0, 1, 2], "1", [0, 1, 0]),
        ([0.0, 1.0, 2.0], "1", [0, 1, 0]),
    ],
)
def test_flat_labels_are_read_whatever_their_type(tmp_path, answers, positive, wanted):
    project = flat(tmp_path, answers, positive=positive)
    data = training_set(project, "sold")
    assert data.label.tolist() == wanted
    assert data.slices.old.tolist() == [True, False, False]
    assert list(data.features) == ["age"]
    assert training_inputs(project, "sold") == ["flat__bank"]


@pytest.mark.parametrize(
    ("answers", "label", "error", "message"),
    [
        (["a", "b"], {}, DataError, r"'yes' never stands .* \['a', 'b'\]; set `positi"),
        ([True, False], {"positive": "sold"}, DataError, "'sold' never stands"),
        ([1, 2], {"positive": "x"}, DataError, "'x' never stands"),
        (list("abcdefgh"), {}, DataError, "which holds 8 different values"),
        (["yes", None], {}, DataError, "'y' is empty in 1 rows"),
        (["yes"], {"column": "yy"}, ConfigError, r"label\.column: .* mean 'y'\?"),
    ],
)
def test_flat_labels_that_cannot_be_read_are_refused(
    tmp_path, answers, label, error, message
):
    with pytest.raises(error, match=message):
        training_set(flat(tmp_path, answers, **label), "sold")
