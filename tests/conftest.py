"""Fixtures that every test folder may use."""

import sys
from pathlib import Path

import ibis
import pytest

from ccml.config.project import EngineConfig
from ccml.engine.connection import connect

# Builders lie beside the tests that use them; pytest does not look for them by itself.
HERE = Path(__file__).parent
FOLDERS = [HERE, *sorted(p for p in HERE.iterdir() if p.is_dir() and p.name[0] != "_")]
sys.path.extend(str(p) for p in FOLDERS if str(p) not in sys.path)

LONG = ("spark", "pipelines", "notebooks", "invariants")
"""Folders whose files take minutes: begun first, no worker waits for them at the end."""


def pytest_collection_modifyitems(items):
    order = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.relative_to(HERE).parts[0], 9))


@pytest.fixture(scope="session")
def shared_backend(tmp_path_factory):
    """One engine for the whole run: opening one costs more than most tests."""
    backend = connect(EngineConfig(), tmp_path_factory.mktemp("spill"))
    ibis.set_backend(backend)
    return backend
