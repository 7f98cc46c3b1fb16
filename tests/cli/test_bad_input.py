"""Every kind of bad input ends in one sentence that says what to change.

Each case is the small company of `small_site` with one thing wrong. Sources are spoilt
before `run prepare`; what training refuses is tried on one prepared workspace.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from small_site import Run, SmallSite, exports, write_csv, write_site

from ccml.identity.prepare import prepare_all
from ccml.project import Project

NOTED = os.environ.get("CCML_SENTENCES")
"""File to which the sentences go, for reading them as a newcomer would."""

Spoil = Callable[[SmallSite], object]
CANARY = "600-CANARY-700"


@dataclass(frozen=True)
class Bad:
    """One thing wrong: what to change, what ends, how, and the words that tell it."""

    words: tuple[str, ...]
    changes: Mapping[str, Any] = field(default_factory=dict)
    spoil: Spoil = lambda _site: None
    source: str = "calls"
    code: int = 3


def rows(name: str, *more: dict[str, object], **every: object) -> Spoil:
    """Write an export anew, with values for every row and rows added."""

    def write(site: SmallSite) -> None:
        kept = [{**row, **every} for row in exports()[name]]
        write_csv(site.raw(f"{name}.csv"), [*kept, *({**kept[0], **m} for m in more)])

    return write


def text(name: str, content: str | bytes) -> Spoil:
    """Write an export as it stands here."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda site: site.raw(f"{name}.csv").write_bytes(data)


def header(name: str) -> Spoil:
    """Leave nothing of an export but its header."""
    return text(name, ",".join(exports()[name][0]) + "\n")


def remove(name: str) -> Spoil:
    """Take a file of the project away."""
    return lambda site: (site.folder / name).unlink()


def config(content: str | bytes) -> Spoil:
    """Write the config as it stands here."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda site: site.config.write_bytes(data)


BAD_CALLS = [{"start": CANARY, "phone": CANARY, "id": f"bad{i}"} for i in range(60)]
BROKEN_CSV = "id,start,end,phone,direction,wait\n" + 'k1,"2025\n' * 3

CONFIGS = {
    "no config": Bad(
        ("small.yaml", "does not exist"), spoil=remove("small.yaml"), code=2
    ),
    "empty config": Bad(("version", "required"), spoil=config(""), code=2),
    "yaml that is none": Bad(
        ("small.yaml:2", "mend the YAML"), spoil=config("a: [1,\nb: }"), code=2
    ),
    "config that is no text": Bad(("UTF-8",), spoil=config(b"\xff\xfe\x00a"), code=2),
    "unknown key": Bad(
        ("small.yaml:", "unknown key", "Did you mean 'workspace'?", "Allowed"),
        {"workspac": "x"},
        code=2,
    ),
    "unknown canonical column": Bad(
        (
            "sources.calls.columns.wait:",
            "calls have no column 'wait'",
            "Did you mean 'wait_s'?",
        ),
        {"sources.calls.columns.wait": "wait"},
        code=2,
    ),
    "horizon that is a text": Bad(
        ("churn.label.horizon_days", "got 'soon'"),
        {"predictors.churn.label.horizon_days": "soon"},
        code=2,
    ),
    "list on a predictor without a spine": Bad(
        ("lists.winback.predictor", "'happy'", "spine"),
        {"lists.winback.predictor": "happy"},
        code=2,
    ),
    "label table that does not exist": Bad(
        ("churn.label.table", "'contract'", "Did you mean 'contracts'?"),
        {"predictors.churn.label.table": "contract"},
        code=2,
    ),
}

SOURCES = {
    "missing file": Bad(
        ("sources.calls.path", "no file at 'raw/calls.csv'", "relative to"),
        spoil=remove("raw/calls.csv"),
        code=2,
    ),
    "file without an ending": Bad(
        ("sources.calls.path", "ending of 'calls'", "reader"),
        {"sources.calls.path": "raw/calls"},
        lambda site: site.raw("calls.csv").rename(site.raw("calls")),
        code=2,
    ),
    "wrong separator in the config": Bad(
        ("sources.calls.separator", "one column", "';'"),
        {"sources.calls.separator": ";"},
    ),
    "unknown column of the export": Bad(
        ("sources.calls.columns.wait_s", "no column 'waits'", "Did you mean 'wait'?"),
        {"sources.calls.columns.wait_s": "waits"},
    ),
    "unknown attribute": Bad(
        ("sources.customers", "no column 'tarif'", "Did you mean 'tariff'?"),
        {"sources.customers.attributes": ["tarif"]},
        source="customers",
    ),
    "naive time stamps": Bad(
        ("sources.calls.time_zone", "without a zone", "started_at", "Europe/Warsaw"),
        spoil=rows("calls", start="2025-03-01 10:00:00", end="2025-03-01 10:05:00"),
    ),
    "header only": Bad(
        ("sources.calls.path", "calls.csv", "no rows"), spoil=header("calls")
    ),
    "nothing at all": Bad(
        ("sources.calls.path", "calls.csv", "empty"), spoil=text("calls", "")
    ),
    "events header only": Bad(
        ("sources.events.contracts.path", "no rows"),
        spoil=header("contracts"),
        source="events",
    ),
    "flat header only": Bad(
        ("sources.flat.survey.path", "no rows"), spoil=header("survey"), source="flat"
    ),
    "no text": Bad(
        ("sources.calls.path", "calls.csv", "utf-8", "encoding"),
        spoil=text("calls", b"\x89PNG\r\n\x1a\n\xff\xfe\x00\x01" * 40),
    ),
    "zip named csv": Bad(
        ("sources.calls", "calls.csv"),
        spoil=text("calls", b"PK\x03\x04" + bytes(range(256)) * 20),
    ),
    "text named parquet": Bad(
        ("sources.calls.path", "calls.parquet", "no readable parquet"),
        {"sources.calls.path": "raw/calls.parquet"},
        lambda site: site.raw("calls.csv").rename(site.raw("calls.parquet")),
    ),
    "header twice": Bad(
        ("sources.calls.path", "header", "'id'"),
        spoil=text("calls", "id,ID,start\n1,2,3\n"),
    ),
    "all rows bad": Bad(
        ("sources.calls", "max_bad_share", "460 of", "started_at: 460", "0.05"),
        spoil=rows("calls", *BAD_CALLS, start=CANARY),
    ),
    "broken lines": Bad(
        ("sources.calls", "broken quotes", "max_bad_share"),
        spoil=text("calls", BROKEN_CSV),
    ),
    "e-mails in a column": Bad(
        ("sources.customers", "'tariff'", "e-mail addresses", "60 rows"),
        spoil=rows("customers", tariff="canary@example.com"),
        source="customers",
    ),
    "no key": Bad(
        ("identity.key_file", "pseudonym.key", "ccml init", "CCML_PSEUDONYM_KEY"),
        spoil=remove(".ccml/pseudonym.key"),
        code=2,
    ),
    "key for everybody": Bad(
        ("identity.key_file", "chmod 600"),
        spoil=lambda site: (site.folder / ".ccml/pseudonym.key").chmod(0o644),
        code=4,
    ),
    "key too short": Bad(
        ("pseudonym key", "64 hex digits"),
        spoil=lambda site: (site.folder / ".ccml/pseudonym.key").write_text("abc"),
        code=2,
    ),
}

TRAINING = {
    "no such label column": Bad(
        ("happy.label.column", "no column named 'anser'", "Did you mean 'answer'?"),
        {"predictors.happy.label.column": "anser"},
        code=2,
    ),
    "no such label value": Bad(
        ("happy.label.positive", "'YES'", "'yes'"),
        {"predictors.happy.label.positive": "YES"},
    ),
    "label with one class": Bad(
        ("predictors.churn", "labels are 0", "both outcomes", "event = 'left'"),
        {"predictors.churn.label.where": "event = 'left'"},
    ),
    "label of one class in a flat table": Bad(
        ("predictors.happy", "labels are 1", "both outcomes"),
        {"predictors.happy.label": {"column": "same", "positive": "1"}},
    ),
    "horizon longer than the data": Bad(
        ("predictors.churn", "no label is known yet", "900 days", "horizon_days"),
        {"predictors.churn.label.horizon_days": 900},
    ),
    "no matured label": Bad(
        ("predictors.churn", "no label is known yet", "2025-03-15", "horizon_days"),
        {"data_until": "2025-03-15T00:00:00+01:00"},
    ),
    "few positives": Bad(
        ("predictors.churn", "positives", "at least 20"),
        {"predictors.churn.label.horizon_days": 8},
    ),
    "test period after the data": Bad(
        (
            "predictors.churn.split",
            "no rows in the test period",
            "2025-11-30 23:00 UTC",
            "test_from",
        ),
        {"predictors.churn.split.test_from": "2026-06-01"},
    ),
    "test period before the data": Bad(
        ("predictors.churn.split", "no rows before the test period", "test_from"),
        {"predictors.churn.split.test_from": "2025-03-01"},
    ),
    "spine without cutoffs": Bad(
        ("spines.monthly", "no cutoff", "2027-01-01"),
        {"spines.monthly.first": "2027-01-01"},
    ),
    "spine without rows": Bad(
        ("spines.monthly", "no customer is left", "tariff = 'C'"),
        {"spines.monthly.where": "tariff = 'C'"},
    ),
    "spine where": Bad(
        ("spines.monthly.where", "no column named 'tarif'", "Did you mean 'tariff'?"),
        {"spines.monthly.where": "tarif = 'A'"},
        code=2,
    ),
    "features where": Bad(
        ("features.tables.calls.where", "no column named 'directon'", "'direction'"),
        {"features.tables.calls.where": "directon = 'inbound'"},
        code=2,
    ),
    "features of the wrong type": Bad(
        ("features.tables.calls.where", "does not fit the types"),
        {"features.tables.calls.where": "direction > 5"},
        code=2,
    ),
    "feature column": Bad(
        ("features.tables.calls.measures", "no column named 'wait'", "'wait_s'"),
        {"features.tables.calls.measures": ["wait"]},
        code=2,
    ),
    "label where": Bad(
        ("churn.label.where", "no column named 'evnt'", "Did you mean 'event'?"),
        {"predictors.churn.label.where": "evnt = 'cancelled'"},
        code=2,
    ),
    "rule": Bad(
        ("churn.rule", "no feature named 'calls_31d'", "'calls_30d'"),
        {"predictors.churn.rule": "calls_31d"},
        code=2,
    ),
    "drop": Bad(
        ("churn.drop", "no feature named 'tarif'", "'tariff'"),
        {"predictors.churn.drop": ["tarif"]},
        code=2,
    ),
    "slices": Bad(
        ("churn.slices.few", "no column named 'calls_31d'", "'calls_30d'"),
        {"predictors.churn.slices": {"few": "calls_31d <= 2"}},
        code=2,
    ),
    "nothing but dropped features": Bad(
        ("predictors.happy", "no feature is left", "drop"),
        {"predictors.happy.drop": ["age", "visits", "same"]},
    ),
}


def assert_kind(run: Run, bad: Bad) -> None:
    """One sentence for each fault, with its exit code; no traceback, no row's value."""
    assert run.code == bad.code, run.stderr
    assert not [word for word in bad.words if word not in run.stderr], run.stderr
    assert "Traceback" not in run.stderr
    assert "bug in ccml" not in run.stderr
    assert "canary" not in (run.stdout + run.stderr).lower()
    assert run.stdout == ""


def spoilt(site: SmallSite, name: str) -> Bad:
    """Put the one wrong thing of a case into a project."""
    bad = {**CONFIGS, **SOURCES}[name]
    site.configure(bad.changes, bad.source if name in SOURCES else None)
    bad.spoil(site)
    return bad


def note(name: str, run: Run) -> None:
    if NOTED:
        with Path(NOTED).open("a") as handle:
            handle.write(f"## {name} (exit {run.code})\n{run.stderr}\n")


@pytest.mark.parametrize("name", [*CONFIGS, *SOURCES])
def test_run_prepare_refuses(site, name):
    bad = spoilt(site, name)
    run = site.run("prepare")
    note(name, run)
    assert_kind(run, bad)


@pytest.mark.parametrize("name", [*CONFIGS, *SOURCES])
def test_check_tells_it_beforehand_and_writes_nothing(site, name):
    bad = spoilt(site, name)
    run = site.ccml("check")
    note(f"check: {name}", run)
    assert run.code == bad.code
    assert not [word for word in bad.words if word not in run.stderr], run.stderr
    assert "Traceback" not in run.stderr
    assert "canary" not in (run.stdout + run.stderr).lower()
    assert not site.workspace.exists()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A workspace on which `run prepare` has ended well."""
    folder = tmp_path_factory.mktemp("prepared")
    write_site(folder)
    site = SmallSite(folder)
    prepare_all(Project.open(site.config))
    return site


@pytest.mark.parametrize("name", TRAINING)
def test_training_refuses(prepared, name):
    bad = TRAINING[name]
    prepared.configure(bad.changes)
    only = "happy" if any("happy" in key for key in bad.changes) else "churn"
    run = prepared.run("train", "--only", only)
    note(name, run)
    assert_kind(run, bad)


def test_training_reads_the_sources_first(site):
    run = site.run("train", "--only", "happy")
    assert "done read customers" in run.stderr
    assert "has been made yet" not in run.stderr


def test_a_call_log_without_a_good_row_cannot_tell_the_end_of_the_data(site):
    site.configure({"data_until": None, "sources.calls.max_bad_share": 1}, "calls")
    rows("calls", start=CANARY)(site)
    run = site.run("prepare")
    assert_kind(run, Bad(("data_until", "no call was kept", "give data_until")))


def test_scores_before_training_and_lists_before_scores_are_named(prepared):
    prepared.configure({})
    run = prepared.run("score", "--json")
    assert run.code == 0
    assert set(run.json["not_scored"]) == {"churn", "happy"}
    assert "`ccml run train`" in run.json["not_scored"]["churn"]
    run = prepared.run("target")
    assert run.code == 0
    assert "List not made: winback, because predictor churn has no scores" in run.stdout
