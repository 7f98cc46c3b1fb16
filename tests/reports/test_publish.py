"""Copies for people: written once, whole, and with their mode from the first byte."""

import stat

import pytest

from ccml.reports import publish


@pytest.fixture
def stored(tmp_path):
    file = tmp_path / "stored.html"
    file.write_text("new")
    return file


def test_a_copy_that_stands_is_left_alone(stored, tmp_path):
    shown = publish.publish_changed(stored, tmp_path / "out" / "page.html")
    assert shown.read_text() == "new"
    before = shown.stat()
    publish.publish_changed(stored, shown)
    assert shown.stat().st_ino == before.st_ino
    shown.write_text("changed by hand")
    publish.publish_changed(stored, shown)
    assert shown.read_text() == "new"


def test_a_private_copy_is_private_while_it_is_written(stored, tmp_path, monkeypatch):
    modes = []
    copy = publish.shutil.copyfile

    def watched(source, target):
        modes.append(stat.S_IMODE(target.stat().st_mode))
        return copy(source, target)

    monkeypatch.setattr(publish.shutil, "copyfile", watched)
    shown = tmp_path / "calls.parquet"
    publish.publish_file(stored, shown, publish.PRIVATE)
    modes.append(stat.S_IMODE(shown.stat().st_mode))
    assert modes == [publish.PRIVATE] * 2
