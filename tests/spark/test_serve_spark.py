"""A Spark UDF of the registered model gives the numbers of `ccml run score`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from served_company import build

from ccml.engine.spark import require_parts
from ccml.errors import ConfigError
from ccml.tracking.store import ENVIRONMENT


@pytest.mark.spark
@pytest.mark.slow
def test_udf_gives_the_stored_scores(tmp_path: Path) -> None:
    try:
        require_parts()
    except ConfigError as missing:
        pytest.skip(str(missing))
    served = build(tmp_path)
    rows, scores = tmp_path / "features.parquet", tmp_path / "scores.json"
    backwards = served.frame[served.frame.columns[::-1]]
    backwards.assign(position=range(len(backwards))).to_parquet(rows)
    script = Path(__file__).with_name("spark_scores.py")
    done = subprocess.run(
        [sys.executable, str(script), str(served.model), str(rows), str(scores)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ
        | ENVIRONMENT
        | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = np.array(json.loads(scores.read_text()))
    np.testing.assert_allclose(found, served.scores.to_numpy(), rtol=0, atol=1e-12)
