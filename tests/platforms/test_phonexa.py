"""A Phonexa-like log: the generic reader with the columns of the example config."""

from pathlib import Path

import yaml
from source_projects import project
from truth import Case, company, counts, read_calls, write_company

EXAMPLE = Path(__file__).parents[2] / "configs" / "platforms" / "phonexa.yaml"
SAME = ("duration_s", "source", "campaign", "queue", "answered", "started_at")


def test_calls_equal_the_truth(shared_backend, tmp_path):
    rows = write_company(Case(reader="file", writer="phonexa"), tmp_path / "calls")
    source = yaml.safe_load(EXAMPLE.read_text())["sources"]["calls"] | {
        "path": "calls/*"
    }
    opened = project(shared_backend, tmp_path, yaml.safe_dump({"calls": source}))
    got = read_calls(opened).set_index("call_id")
    told = company()[0].to_pandas().set_index("call_ref").sort_index()
    told = told[(told.channel == "voice") & (told.direction == "inbound")]
    assert list(got.index) == list(told.index)
    for column in SAME:
        wanted, found = told[column], got[column]
        assert ((found == wanted) | (found.isna() & wanted.isna())).all(), column
    talk = (told.talk_s + told.hold_s).fillna(0)
    assert (got.talk_s == talk).all()
    assert got.phone_key.notna().equals(told.phone_status == "ok")
    assert got[["wait_s", "hold_s", "wrap_s", "agent_id"]].isna().all(axis=None)
    rows_in, kept, aside = counts(opened)
    assert rows_in == sum(rows.values()) == kept + aside
