"""The demo company on each platform, written and read once per run."""

import pytest
from source_projects import KEY
from told_cases import CASES
from truth import prepared_company


@pytest.fixture(scope="module", autouse=True)
def _key():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        yield


@pytest.fixture(scope="session")
def prepared(request, shared_backend, tmp_path_factory):
    """The company on the platform that a test names by its parameter."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        return prepared_company(shared_backend, folder, CASES[request.param])
