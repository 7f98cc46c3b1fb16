"""One small company, written as each CRM exports it and read back, once for all tests."""

import pytest
from crm_company import CrmCompany, read_back, simulate
from source_projects import KEY


@pytest.fixture
def backend(shared_backend, monkeypatch):
    """The shared engine, with a pseudonym key in the environment."""
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)
    return shared_backend


@pytest.fixture(scope="session")
def raw_tables():
    """The company's own tables: what is true."""
    return simulate()


@pytest.fixture(scope="session")
def truth(raw_tables, shared_backend, tmp_path_factory) -> CrmCompany:
    """The company read from its own tables."""
    return read_back("own", raw_tables, shared_backend, tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="session", params=["salesforce", "hubspot", "dynamics"])
def company(request, raw_tables, shared_backend, tmp_path_factory) -> CrmCompany:
    """The company read from the exports of one CRM."""
    folder = tmp_path_factory.mktemp(request.param)
    return read_back(request.param, raw_tables, shared_backend, folder)
