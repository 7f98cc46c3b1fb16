"""Fixtures of the command's tests."""

import pytest
from small_site import KEY_VARIABLE, SmallSite, write_site

from ccml.cli.main import TRACEBACK


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.delenv(TRACEBACK, raising=False)


@pytest.fixture
def site(tmp_path):
    """A small company in a folder of its own."""
    write_site(tmp_path)
    return SmallSite(tmp_path)
