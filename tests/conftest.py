"""Fixtures that every test folder may use."""

import ibis
import pytest

from ccml.config.project import EngineConfig
from ccml.engine.connection import connect


@pytest.fixture(scope="session")
def shared_backend(tmp_path_factory):
    """One engine for the whole run: opening one costs more than most tests."""
    backend = connect(EngineConfig(), tmp_path_factory.mktemp("spill"))
    ibis.set_backend(backend)
    return backend
