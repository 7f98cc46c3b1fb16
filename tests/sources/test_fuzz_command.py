"""Files as they should not be, through the real command."""

import gzip

import pytest
from small_site import KEY_VARIABLE, SmallSite, write_site


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    write_site(tmp_path)
    site = SmallSite(tmp_path)
    site.configure({}, source="calls")
    return site


def spoilt(content):
    """Spoil a log of calls in each way that costs rows, but not the file."""
    header, *rows = content.splitlines()
    damage = [header, b"\0" * 9000, b"x" * 3_000_000, b'"' + rows[3], b",,,,,"]
    return b"\r\n".join([header, *rows[:200], *damage, *rows[200:], b"Total,,,,,9"])


def test_every_row_of_a_spoilt_log_is_accounted_for(site):
    file = site.raw("calls.csv")
    content = file.read_bytes()
    file.write_bytes(spoilt(content))
    run = site.run("prepare", "--json")
    told = run.json["sources"]["calls"]
    assert run.code == 0
    assert told["rows_kept"] == len(content.splitlines()) - 1
    assert told["set_aside"] == {
        "NUL bytes": 1,
        "blank row": 1,
        "broken quotes": 1,
        "header again": 1,
        "line too long": 1,
        "total line": 1,
    }
    assert told["rows_in"] == told["rows_kept"] + 6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0" * 300, "an Excel workbook"),
        (gzip.compress(b"id,start\n" * 999, mtime=0)[:40], "damaged"),
        (b"<html><body>Sign in</body></html>", "web page"),
    ],
    ids=["workbook", "cut gzip", "web page"],
)
def test_a_wrong_file_ends_in_one_sentence(site, content, message):
    site.raw("calls.csv").write_bytes(content)
    for run in (site.ccml("check"), site.run("prepare")):
        assert run.code == 3
        assert message in run.stderr
        assert "sources.calls.path" in run.stderr
        assert "bug" not in run.stderr


@pytest.mark.parametrize("content", ['[{"id": "k1"}, {"id', '{"id": {"x": 1}} ]'])
def test_broken_json_ends_in_one_sentence(site, content):
    site.raw("calls.json").write_text(content)
    site.configure({"sources.calls.path": "raw/calls.json"}, source="calls")
    for run in (site.ccml("check"), site.run("prepare")):
        assert run.code == 3
        assert "calls.json is broken JSON" in run.stderr
