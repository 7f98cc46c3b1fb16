"""One Spark of a master and two workers for all tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from cluster import HERE, cluster

from ccml.engine.spark import require_parts
from ccml.errors import ConfigError


@pytest.fixture(scope="session")
def spark_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The `engine` section of a project that computes on the cluster."""
    try:
        require_parts()
    except ConfigError as missing:
        pytest.skip(str(missing))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_IP", HERE)
        with cluster(tmp_path_factory.mktemp("spark")) as master:
            yield {"backend": "spark", "master": master, "options": options()}
            _stop_session()


def options() -> dict[str, Any]:
    """Keep Spark small: two cores are for everybody."""
    return {
        "spark.driver.memory": "512m",
        "spark.executor.memory": "512m",
        "spark.sql.shuffle.partitions": 4,
        # What runs for a second is not worth compiling.
        "spark.sql.codegen.wholeStage": False,
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }


def _stop_session() -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
