"""Stored tables as Spark reads them."""

from typing import TYPE_CHECKING

import ibis

from ccml.config.engine import EngineConfig
from ccml.engine.store import Store

if TYPE_CHECKING:
    from ccml.engine.spark_sql import SparkBackend


class SparkStore(Store):
    """The tables of a workspace, opened by Spark; the workers must see its folder."""

    def __init__(self, store: Store, config: EngineConfig) -> None:
        from ccml.engine.spark import spark_session
        from ccml.engine.spark_sql import spark_backend

        super().__init__(store.root, store.backend)
        self.session = spark_session(config)
        self.spark: SparkBackend = spark_backend(self.session)

    def read(self, name: str) -> ibis.Table:
        """Open a stored table.

        Raises:
            DataError: There is no such table yet.
        """
        return self.open([str(file.absolute()) for file in self.files(name)])

    def open(self, files: list[str]) -> ibis.Table:
        """Open Parquet files as one table."""
        view = ibis.util.gen_name("files")
        self.session.read.parquet(*files).createOrReplaceTempView(view)
        return self.spark.table(view)
