"""`ccml show what-if` and `ccml show strategies`."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from builders import config_file
from small_site import SmallSite, ccml, write_csv, write_site

from ccml.cli.ask import show
from ccml.cli.shown import shown
from ccml.errors import ConfigError

LINES = 900
CHANGES = {
    "sources.calls.columns.answered": "answered",
    "sources.calls.columns.queued": "queued",
    "sources.calls.columns.abandoned": "abandoned",
    "sources.calls.columns.talk_s": "talk",
    "sources.calls.columns.queue": "queue",
    "sources.calls.columns.reason": "reason",
    "data_until": "2025-07-01T00:00:00+02:00",
}


def calls():
    """Give four weeks of calls of few customers, who call every day."""
    start = datetime(2025, 6, 2, 7, tzinfo=UTC)
    for number in range(LINES):
        at = start + timedelta(minutes=44 * number)
        lost = number % 10 == 0
        yield {
            "id": f"k{number}",
            "start": at.isoformat(),
            "end": (at + timedelta(minutes=4)).isoformat(),
            "phone": 600_700_100 + number % 20,
            "direction": "inbound",
            "wait": number % 60,
            "answered": str(not lost).lower(),
            "abandoned": str(lost).lower(),
            "queued": "true",
            "talk": "" if lost else "180",
            "queue": "q_bills",
            "reason": "billing" if number % 2 else "fault",
        }


@pytest.fixture(scope="module")
def what_if(tmp_path_factory):
    """The command on the small company with a month of calls, prepared."""
    folder = tmp_path_factory.mktemp("busy")
    write_site(folder)
    site = SmallSite(folder)
    write_csv(site.raw("calls.csv"), calls())
    site.configure(CHANGES)
    assert site.run("prepare").code == 0
    return partial(ccml, "show", "what-if", str(site.config))


def test_a_cut_by_reason_is_told_as_tables_and_as_json(what_if):
    told = what_if("--reason", "billing", "--cut", "50")
    assert told.code == 0, told.stderr
    assert "50 % of the repeat calls after a call about billing" in told.stdout
    assert "what it rests on" in told.stdout
    found = what_if("--reason", "billing", "--json").json
    [title, hours, notes] = found
    assert title.startswith("30 % of the repeat calls")
    rows = {(row["figure"], row["by"]): row for row in found[title]}
    row = rows["repeat calls in question", "counted"]
    assert row["after"] == pytest.approx(0.7 * row["before"])
    assert row["low"] <= row["change"] <= row["high"] < 0
    level = rows["service level, same agents", "Erlang A"]
    assert level["after"] > level["before"]
    assert len(found[hours]) == 20
    assert all("600700" not in note["what it rests on"] for note in found[notes])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["--reason", "biling"], "Did you mean 'billing'", id="reason"),
        pytest.param(["--queue", "q_bill"], "Did you mean 'q_bills'", id="queue"),
        pytest.param([], "name whose repeat calls are cut", id="nothing"),
        pytest.param(["--reason", "billing", "--cut", "101"], "0 to 100", id="cut"),
    ],
)
def test_what_does_not_exist_ends_in_a_sentence(what_if, words, told):
    run = what_if(*words)
    assert run.code == 2
    assert told in run.stderr
    assert "Traceback" not in run.stderr


def test_a_segment_needs_segments(what_if):
    run = what_if("--segment", "s1")
    assert run.code == 3
    assert "no table 'segments' has been made yet" in run.stderr


def test_other_things_to_show_have_no_cut(tmp_path):
    with pytest.raises(ConfigError, match="--segment, --cut: only `ccml show what-if`"):
        show("kpis", config_file(tmp_path), segment="s1", cut=30.0)


def test_strategies_are_shown_with_what_is_not_proposed(monkeypatch):
    import pandas as pd

    line = {"action": "dear", "net_eur": {"value": -5.0}, "reason": "Not worth it: so."}
    told = {
        "segments": [
            {"segment_id": "s1", "not_proposed": [line]},
            {"segment_id": "s2", "not_proposed": []},
        ],
        "does_not_apply": [{"action": "nowhere", "reason": "No segment."}],
        "notes": [],
        "total_words": "Once.",
    }
    table = pd.DataFrame({"segment_id": ["s1", "s2"], "action": "explain", "rank": 1})

    class Project:
        class store:  # noqa: N801
            @staticmethod
            def frame(_name):
                return table

    monkeypatch.setattr(
        "ccml.segments.strategies.build.read_strategies", lambda _store: told
    )
    found = shown(Project, "strategies", "s1", 5)
    first, refused, nowhere, notes = found.values()
    assert list(first.columns) == ["segment_id", "rank", "action"]
    assert len(first) == 1
    assert refused.to_dict("records") == [
        {"segment_id": "s1", "action": "dear", "net_eur": -5.0,
         "why_not": "Not worth it: so."}
    ]  # fmt: skip
    assert list(nowhere["action"]) == ["nowhere"]
    assert list(notes["note"]) == ["Once."]
    everyone = shown(Project, "strategies", None, 5)
    assert len(next(iter(everyone.values()))) == 2
    with pytest.raises(ConfigError, match="Did you mean"):
        shown(Project, "strategies", "s11", 5)
