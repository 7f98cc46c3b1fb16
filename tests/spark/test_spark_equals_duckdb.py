"""Spark gives the tables that DuckDB gives: spines, features, labels."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from both_engines import (
    build_all,
    copied,
    engine_overrides,
    require_same,
    store_tables,
    stored_project,
)
from builders import at, bill, call, customer, link, tables
from cluster import WORKERS
from every_feature import EVERY_FEATURE
from hypothesis import Phase, given, seed, settings
from worlds import worlds

from ccml.demo.company import write_company
from ccml.features.build import build_features
from ccml.identity.keys import ensure_key
from ccml.identity.prepare import prepare_all
from ccml.project import Project

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 300
MORE_LABELS = {
    "silent": {
        "spine": "monthly",
        "label": {"table": "calls", "kind": "inactivity", "horizon_days": 20},
    },
    "often": {
        "spine": "monthly",
        "label": {"table": "calls", "kind": "count", "horizon_days": 31},
    },
}
pytestmark = [pytest.mark.spark, pytest.mark.slow]


def drawn_world():
    """Draw the rich world of the property tests, the same in every run."""
    drawn = []

    @settings(max_examples=3, database=None, deadline=None, phases=[Phase.generate])
    @seed(5)
    @given(world=worlds(events=80))
    def draw(world):
        drawn.append(world)

    draw()
    return dict(drawn[-1])


def test_a_rich_world(spark_engine, tmp_path):
    world = drawn_world()
    duckdb = stored_project(tmp_path / "one", world, features=EVERY_FEATURE)
    spark = stored_project(
        tmp_path / "other", world, features=EVERY_FEATURE, engine=spark_engine
    )
    assert build_all(duckdb) == build_all(spark)
    require_same(duckdb, spark, [n for n in duckdb.store.names() if "__" in n])
    both_workers_were_there(spark_engine)


def both_workers_were_there(engine):
    from pyspark.sql import SparkSession

    context = SparkSession.getActiveSession().sparkContext
    assert context.master == engine["master"]
    running = context._jsc.sc().statusTracker().getExecutorInfos()
    assert len(running) == WORKERS + 1  # the driver counts itself


def late_and_new():
    """Two customers with a call and a bill each, later one more call that came late."""
    first = call(1, at("2025-02-10"))
    other = call(2, at("2025-03-20"), reason="move")
    late = call(3, at("2025-03-05"), known_at=at("2025-04-10"))
    people = [customer("A"), customer("B")]
    bills = [bill(1, at("2025-02-01")), bill(2, at("2025-03-01"), customer_id="B")]
    before = tables(
        calls=[first, other],
        identity_map=[link(first), link(other, "B")],
        bills=bills,
        customers=people,
    )
    after = {
        **before,
        "calls": [first, other, late],
        "identity_map": [link(first), link(other, "B"), link(late, "B")],
    }
    return before, after


def test_increments_go_on_where_the_other_engine_stopped(spark_engine, tmp_path):
    """Spark keeps partitions and columns that DuckDB made, and the other way round."""
    before, after = late_and_new()
    duckdb = stored_project(tmp_path / "one", before)
    build_features(duckdb, "monthly")
    first = {file.name for file in duckdb.store.parts("features__monthly")}
    wider = "features.tables.bills.windows_days=[31, 60]"
    spark = copied(duckdb, tmp_path / "other", *engine_overrides(spark_engine), wider)
    store_tables(spark, after, "more")
    build_features(spark, "monthly")
    again = copied(spark, tmp_path / "third", wider)
    build_features(again, "monthly")
    stood = {file.name for file in again.store.parts("features__monthly")}
    assert stood == {file.name for file in spark.store.parts("features__monthly")}
    assert not stood & first
    fresh = stored_project(
        tmp_path / "fresh", after, features__tables__bills__windows_days=[31, 60]
    )
    build_features(fresh, "monthly")
    require_same(fresh, spark, ["spine__monthly", "features__monthly"])


def config_of(name, folder):
    """Copy all configs into a folder, for a workspace of its own."""
    shutil.copytree(ROOT / "configs", folder / "configs")
    return folder / "configs" / f"{name}.yaml"


def require_agreement(config, folder, engine):
    """Prepare a project once, and compare what both engines make of it."""
    duckdb = Project.open(config)
    ensure_key(duckdb.config.identity, duckdb.folder)
    prepare_all(duckdb)
    spark = copied(duckdb, folder, *engine_overrides(engine))
    names = build_all(duckdb)
    build_all(spark)
    require_same(duckdb, spark, names)


def test_the_demo_company(spark_engine, tmp_path):
    folder = tmp_path / "one"
    config = config_of("demo", folder)
    write_company(folder / "data" / "raw" / "demo", CUSTOMERS, seed=11)
    require_agreement(config, tmp_path / "other", spark_engine)


@pytest.mark.real
@pytest.mark.skipif(
    "CCML_DATA" not in os.environ,
    reason="needs CCML_DATA, the folder of the public data sets",
)
def test_the_bank_log(spark_engine, tmp_path):
    config = config_of("anonymous_bank", tmp_path / "one")
    require_agreement(config, tmp_path / "other", spark_engine)


def test_types_survive_the_way_through_spark(spark_engine, tmp_path):
    """What a feature's type is does not depend on which customers come first."""
    before, _after = late_and_new()
    spark = stored_project(tmp_path / "one", before, engine=spark_engine)
    build_features(spark, "after_call")
    found = spark.store.read("features__after_call").to_pyarrow()
    kinds = {field.name: field.type for field in found.schema}
    assert kinds["calls_last_reason"] == kinds["customer_id"] == pa.string()
    assert kinds["calls_last_answered"] == pa.bool_()
    assert kinds["calls_7d"] == pa.int32()
