"""Scores a Parquet file by a Spark UDF of an MLflow model, in a process of its own.

A session of its own cannot meet the one that the other tests of this folder share.
Arguments: folder of the model, Parquet file with a column `position`, file to write.
"""

import json
import sys
from pathlib import Path


def main(model: str, file: str, target: str) -> None:
    """Write the scores of each row, in the order of their positions, as JSON."""
    import mlflow
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import struct

    builder = SparkSession.builder.master("local[1]").appName("scores")
    for key, value in OPTIONS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    udf = mlflow.pyfunc.spark_udf(
        session,
        model,
        result_type="raw_score double, probability double",
        env_manager="local",
    )
    rows = session.read.parquet(file)
    columns = [name for name in rows.columns if name != "position"]
    scored = rows.select("position", udf(struct(*columns)).alias("s"))
    taken = scored.orderBy("position").select("s.raw_score", "s.probability").collect()
    Path(target).write_text(json.dumps([list(row) for row in taken]))
    session.stop()


OPTIONS = {
    "spark.driver.memory": "512m",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

if __name__ == "__main__":
    main(*sys.argv[1:])
