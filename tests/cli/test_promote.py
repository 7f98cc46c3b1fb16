"""`promote`, `rollback` and `show champions`, and that old scores come back."""

import hashlib
from pathlib import Path

import pytest
from served_company import register_champion
from small_site import SmallSite, ccml

from ccml.project import Project
from ccml.tracking.registry import champion_mark


def registered(site: SmallSite, trees: int) -> Project:
    project = Project.open(site.config, only=("churn",))
    register_champion(project, trees)
    return project


def scores(site: SmallSite) -> str:
    """Score, and hash the stored rows, byte by byte."""
    assert site.run("score", "--only", "churn").code == 0
    project = Project.open(site.config)
    files = project.store.parts("scores__churn")
    return hashlib.sha256(b"".join(Path(f).read_bytes() for f in files)).hexdigest()


@pytest.mark.slow
def test_rollback_brings_the_earlier_scores_back_byte_for_byte(
    site: SmallSite,
) -> None:
    project = registered(site, trees=4)
    first = scores(site)
    registered(site, trees=8)
    assert champion_mark(project, "churn").version == "1"
    done = site.ccml("promote", "--only", "churn", "--why", "fresher", "--json")
    assert (done.code, done.json["version"], done.json["former"]) == (0, "2", "1")
    assert "cannot be compared" in done.json["why"]
    second = scores(site)
    assert second != first
    back = site.ccml("rollback", "--only", "churn")
    assert back.code == 0
    assert "version 1 is the champion now, in place of version 2" in back.stdout
    assert scores(site) == first
    rows = champions(site)
    assert [(r["version"], r["kind"]) for r in rows] == [
        ("1", "automatic"),
        ("2", "promoted"),
        ("1", "rolled back to"),
    ]
    assert rows[1]["why"].startswith("fresher")
    again = site.ccml("rollback", "--only", "churn")
    assert again.code == 4
    assert "no other one was before it" in again.stderr


def champions(site: SmallSite) -> list[dict[str, object]]:
    return ccml("show", "champions", str(site.config), "--json").json["champions"]


def test_untrained_and_unknown_predictors_are_told(site: SmallSite) -> None:
    none = site.ccml("promote", "--only", "churn")
    assert none.code == 3
    assert "there is no champion yet" in none.stderr
    unknown = site.ccml("rollback", "--only", "chrun")
    assert unknown.code == 2
    assert "Did you mean 'churn'?" in unknown.stderr
    assert champions(site) == []
