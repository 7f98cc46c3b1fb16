"""The moments that `explain` tells of."""

import json

import pytest
from builders import config_file

from ccml.cli.ask import explain

UTC_CUTOFF = "2025-05-31T22:00:00+00:00"
TOLD = {
    "customer_id": "A",
    "predictors": {
        "billed": {
            "cutoff_at": UTC_CUTOFF,
            "version": "3",
            "events": {"calls": 2},
            "raw_score": -1.0,
            "contribution_sum": -1.0,
            "probability": 0.25,
            "reasons": [],
        }
    },
}


@pytest.fixture
def _told(monkeypatch):
    monkeypatch.setattr("ccml.scores.explain.explain_customer", lambda *_: TOLD)


@pytest.mark.usefixtures("_told")
def test_people_read_the_cutoff_in_site_time(tmp_path, capsys):
    explain(config_file(tmp_path), "A")
    first, *_ = capsys.readouterr().out.splitlines()
    assert first == "billed at 2025-06-01 00:00 (Europe/Warsaw)"


@pytest.mark.usefixtures("_told")
def test_programs_read_the_cutoff_in_utc(tmp_path, capsys):
    explain(config_file(tmp_path), "A", json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["predictors"]["billed"]["cutoff_at"] == UTC_CUTOFF
