"""Ibis over Spark, with the meanings that expressions have in DuckDB.

Import this only where Spark is asked for: it needs pyspark.
"""

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.formats.pandas import PandasData
from ibis.formats.pyarrow import PyArrowData
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import TimestampType
from typing_extensions import override

from ccml.engine.spark import errors_of_workers

UTC_INSTANT = dt.Timestamp(timezone="UTC")


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]
    """Writes the SQL of Spark for what means something else there than in DuckDB."""

    @override
    def visit_ScalarUDF(self, op: Any, **arguments: Any) -> Any:
        """Write the functions of `engine.local_time`, which are DuckDB's own."""
        name, given = self.__sql_name__(op), list(arguments.values())
        if name == "epoch_us":
            return self.f.unix_micros(*given)
        if name == "timezone":
            zone, instant = given
            return self.f.from_utc_timestamp(instant, zone)
        return super().visit_ScalarUDF(op, **arguments)

    @override
    def visit_Divide(self, _op: Any, *, left: Any, right: Any) -> Any:
        """Divide as IEEE does: by zero there is infinity, or no number."""
        whole = self.cast(right, dt.float64)
        by_zero = self.cast(left, dt.float64) * self.POS_INF
        return self.if_(whole.eq(0), by_zero, sge.paren(left) / sge.paren(right))

    @override
    def visit_IsNull(self, _op: Any, *, arg: Any) -> Any:
        """Take null for nothing, and nothing else."""
        return arg.is_(sge.null())

    @override
    def visit_NotNull(self, _op: Any, *, arg: Any) -> Any:
        """Take all but null for something."""
        return sge.Not(this=arg.is_(sge.null()))

    @override
    def visit_StringSQLLike(
        self, op: Any, *, arg: Any, pattern: Any, escape: Any
    ) -> Any:
        """Let a backslash stand for itself."""
        if escape is None and isinstance(op.pattern, ibis.expr.operations.Literal):
            pattern = sge.convert(op.pattern.value.replace("\\", "\\\\"))
        return super().visit_StringSQLLike(op, arg=arg, pattern=pattern, escape=escape)


class SparkBackend(Backend):  # type: ignore[misc]
    """Gives results by Arrow instead of pandas, and times as instants in UTC."""

    compiler = SparkCompiler()

    @property
    def session(self) -> SparkSession:
        """The session of Spark."""
        return self._session

    def frame(self, table: ibis.Table) -> DataFrame:
        """Open an expression as Spark's own table."""
        self._run_pre_execute_hooks(table)
        return self._session.sql(self.compile(table))

    def to_pyarrow(self, expr: Any, /, **_given: Any) -> Any:
        """Run an expression."""
        table = expr.as_table()
        with errors_of_workers():
            found = self.frame(table).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))

    def execute(self, expr: Any, /, **_given: Any) -> Any:
        """Run an expression into pandas."""
        table = expr.as_table()
        frame = self.to_pyarrow(table).to_pandas()
        return expr.__pandas_result__(PandasData.convert_table(frame, table.schema()))

    def to_parquet(self, expr: Any, /, path: str | Path, **_given: Any) -> None:
        """Run an expression into files of a new folder."""
        with errors_of_workers():
            self.frame(expr.as_table()).write.parquet(str(path))

    def get_schema(self, table_name: str, **_given: Any) -> ibis.Schema:
        """Tell a table's columns; Spark's plain timestamps are instants."""
        kinds = self._session.table(table_name).schema
        found = super().get_schema(table_name)
        instants = {f.name for f in kinds if isinstance(f.dataType, TimestampType)}
        return ibis.schema(
            {
                name: UTC_INSTANT if name in instants else kind
                for name, kind in found.items()
            }
        )

    def _create_cached_table(self, name: str, expr: Any) -> Any:
        """Keep rows; Ibis itself forgets what lies in memory here."""
        rows = self.frame(expr).cache()
        rows.createTempView(name)
        self._cached_dataframes[name] = rows
        return self.table(name)

    def _register_in_memory_table(self, op: Any) -> None:
        rows = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(rows).createOrReplaceTempView(op.name)


def spark_backend(session: SparkSession) -> SparkBackend:
    """Let Ibis compute by a session of Spark."""
    SparkBackend.register_options()
    backend: SparkBackend = SparkBackend().connect(session)
    return backend
