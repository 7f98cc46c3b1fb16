"""`ccml run audit`: what it says, stores and refuses, and what models remember of it."""

import json
from pathlib import Path

import pytest
from audited_company import written
from small_site import ccml

from ccml.cli.summary import summary_lines
from ccml.engine.store import Table
from ccml.features.audit.results import NOT_AUDITED, audit_of_features
from ccml.project import Project
from ccml.tracking.records import audit_tags

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audited")
    written(folder, features__tables__bills={"measures": ["amount_eur"]})
    return str(folder / "project.yaml")


@pytest.fixture(scope="module")
def run(file):
    return ccml("run", "audit", file, "--only", "billed", "--json")


def test_an_audit_without_faults_says_what_it_checked(run):
    assert run.code == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["failed"] == []
    assert result["checked"] == sum(result["audited"]["monthly"].values()) > 100
    assert "refused" not in result
    lines = list(summary_lines(result))
    assert lines[0].startswith(f"Audit: {result['checked']:,} checks, 0 failed")


def test_it_is_stored_without_any_customer(file, run):
    project = Project.open(Path(file))
    stored = project.store.frame("audit__monthly")
    assert run.code == 0
    assert len(stored) == json.loads(run.stdout)["checked"]
    text = stored.drop(columns="features_mark").to_csv()
    people = project.store.frame("customers").customer_id.unique()
    assert not any(person in text for person in people)
    about_labels = stored[stored.check == "tells the label alone"]
    assert set(about_labels.about) == {
        f"billed: {name}" for name in project.store.frame("catalogue__monthly").name
    }
    shown = ccml("show", "audit", file, "--json").json
    assert list(shown) == ["audit__monthly: by check"]
    held = sum(row["holds"] for row in shown["audit__monthly: by check"])
    assert held == len(stored)
    again = ccml("run", "audit", file, "--only", "billed")
    assert again.code == 0
    assert "audit of monthly: unchanged, skipped" in again.stderr


def test_models_remember_the_audit_of_the_features_they_learnt_from(file, run):
    assert run.code == 0
    project = Project.open(Path(file))
    found = audit_of_features(project, "monthly")
    assert (found["result"], found["failed"]) == ("passed", 0)
    assert found["audited_at"].endswith("+00:00")
    tags = audit_tags({"audit": found})
    assert tags["ccml.features_audit.result"] == "passed"
    assert tags["ccml.features_audit.checked"] == str(found["checked"])
    assert audit_of_features(project, "after_call") == {"result": NOT_AUDITED}
    assert audit_of_features(project, "flat__none") == {"result": NOT_AUDITED}
    assert audit_tags({}) == {"ccml.features_audit.result": NOT_AUDITED}
    kept = project.store.manifest("features__monthly")
    rows = project.store.read("features__monthly").limit(5).to_pyarrow()
    project.store.write("features__monthly", Table(rows, kept.keys, kept.about), "0")
    later = audit_of_features(project, "monthly")["result"]
    assert later == f"{NOT_AUDITED} (the features changed after their audit)"


def test_a_fault_ends_in_one_sentence_and_code_4(file):
    early = "spines.after_call.at=started_at"
    words = ("--only", "again", "--json", "--set", early)
    run = ccml("run", "audit", file, *words)
    assert run.code == 4
    assert "do not train on these features before they are mended" in run.stderr
    result = json.loads(run.stdout)
    assert {row["about"] for row in result["failed"]} == {
        "this_reason",
        "this_wait_s",
        "this_answered",
    }
    lines = list(summary_lines(result))
    assert any("failed: after_call, this_wait_s:" in line for line in lines)
    shown = ccml("show", "audit", file, "--only", "after_call", "--json")
    first = json.loads(shown.stdout)["audit__after_call"][0]
    assert first["verdict"] == "fails"
