"""Fixtures of the sources' tests."""

import pytest
from source_projects import KEY


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)
