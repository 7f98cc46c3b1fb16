"""The `engine` section: what computes, and what it may use."""

from typing import Literal, Self

from pydantic import Field, model_validator

from ccml.config.strict import StrictConfig

LOCAL = "local[*]"


class EngineConfig(StrictConfig):
    """What computes features and labels, and what engines may use."""

    backend: Literal["duckdb", "spark"] = Field(
        default="duckdb",
        description="Engine of features and labels: duckdb in this process, or spark. "
        "All else is done by DuckDB.",
    )
    threads: int = Field(
        default=2, gt=0, description="Threads of the engine; of each worker with spark."
    )
    memory_limit_gb: float = Field(
        default=4.0,
        gt=0,
        description="Memory before the engine spills to disk; of each worker with spark.",
    )
    master: str = Field(
        default=LOCAL,
        description="Spark only: spark://host:port of a cluster that sees the workspace "
        "under the same path, or local[n] for n threads here.",
    )
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict,
        description="Spark only: its own settings, such as spark.executor.memory.",
    )

    @model_validator(mode="after")
    def _of_spark(self) -> Self:
        if self.backend != "spark" and (self.master != LOCAL or self.options):
            raise ValueError("`master` and `options` belong to `backend: spark`")
        wrong = sorted(name for name in self.options if not name.startswith("spark."))
        if wrong:
            raise ValueError(f"`options` names {wrong}; settings begin with `spark.`")
        return self

    @property
    def is_local(self) -> bool:
        """Whether Spark runs in this process."""
        return self.master.startswith("local")
