"""Flat tables have no times: their audit looks for columns that tell the answer."""

import json
import random

import pytest
from small_site import ccml

CONFIG = """
version: 1
project: flat
workspace: work
time_zone: UTC
sources:
  flat: {contacts: {path: contacts.csv}}
predictors:
  sale:
    table: contacts
    label: {column: y, positive: "yes"}
    drop: [dropped]
    split: {kind: ordered}
"""


@pytest.fixture
def file(tmp_path):
    chance = random.Random(2)  # noqa: S311 - no secret
    lines = ["age,duration,paid,dropped,y"]
    for _ in range(300):
        sold = chance.random() < 0.3
        answer = "yes" if sold else "no"
        row = [chance.randrange(20, 80), chance.randrange(500), int(sold), answer]
        lines.append(",".join(map(str, [*row, answer])))
    (tmp_path / "contacts.csv").write_text("\n".join(lines))
    (tmp_path / "flat.yaml").write_text(CONFIG)
    return str(tmp_path / "flat.yaml")


def test_columns_that_tell_the_answer_fail_and_late_names_ask_for_a_look(file):
    assert ccml("init", file).code == 0
    run = ccml("run", "audit", file, "--json")
    assert run.code == 4
    result = json.loads(run.stdout)
    assert [(row["of"], row["about"]) for row in result["failed"]] == [
        ("flat__contacts", "sale: paid")
    ]
    assert [row["about"] for row in result["look"]] == ["sale: duration"]
    shown = ccml("show", "audit", file, "--only", "flat__contacts", "--json").json
    about = {row["about"] for row in shown["audit__flat__contacts"]}
    assert about == {"sale: age", "sale: duration", "sale: paid"}


def test_a_project_without_features_has_nothing_to_audit(file, tmp_path):
    text = CONFIG[: CONFIG.index("predictors:")]
    (tmp_path / "flat.yaml").write_text(text)
    assert ccml("init", file).code == 0
    run = ccml("run", "audit", file)
    assert run.code == 2
    assert "there are no features to audit" in run.stderr
