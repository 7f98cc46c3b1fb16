"""The registered model gives the numbers of `ccml run score`, however it is asked."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from served_company import Served, asked, build, loaded, server

from ccml.tracking.store import as_current, open_store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return build(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def address(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    with server(served, tmp_path_factory.mktemp("log") / "log.txt") as found:
        yield found


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(found.columns) == ["raw_score", "probability"]
    np.testing.assert_allclose(
        found.to_numpy(), expected.to_numpy(), rtol=0, atol=1e-12
    )


def answered(address: str, frame: pd.DataFrame) -> pd.DataFrame:
    status, text = asked(address, frame)
    assert status == 200, text
    return pd.DataFrame(json.loads(text)["predictions"])


@pytest.mark.slow
def test_loaded_model_gives_the_stored_scores_without_pickles(served: Served) -> None:
    same(loaded(served), served.scores)
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert served.scores["raw_score"].nunique() > 1
    assert not [f for f in served.model.rglob("*") if f.suffix in {".pkl", ".pickle"}]


@pytest.mark.slow
def test_served_model_gives_the_stored_scores(served: Served, address: str) -> None:
    same(answered(address, served.frame), served.scores)
    backwards = served.frame[served.frame.columns[::-1]]
    same(answered(address, backwards), served.scores)


@pytest.mark.slow
def test_request_with_wrong_columns_is_refused_by_name(
    served: Served, address: str
) -> None:
    column = str(served.frame.columns[0])
    renamed = served.frame.rename(columns={column: f"{column}_"})
    status, text = asked(address, renamed)
    assert status == 400
    assert f"{column}_" in text
    further = served.frame.assign(nonsense=1)
    same(answered(address, further), served.scores)
    status, text = asked(address, further, strict=True)
    assert (status, "nonsense" in text) == (400, True)


@pytest.mark.slow
def test_signature_tells_outputs_and_metadata_the_features(served: Served) -> None:
    with as_current(open_store(served.project)):
        from mlflow.models import get_model_info

        info = get_model_info(str(served.model))
    assert info.signature.outputs.input_names() == ["raw_score", "probability"]
    assert [p.name for p in info.signature.params] == ["strict"]
    assert set(info.metadata["features"]) <= set(served.frame.columns)
    assert set(info.metadata["features"].values()) <= {"number", "bool", "category"}
    assert Path(served.model / "scorer_model.py").is_file()
