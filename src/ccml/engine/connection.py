"""The query engine: Ibis over DuckDB."""

from pathlib import Path

import ibis

from ccml.config.engine import EngineConfig


def connect(config: EngineConfig, spill_folder: Path) -> ibis.BaseBackend:
    """Open an in-memory engine that computes in UTC and spills to a folder."""
    spill_folder.mkdir(parents=True, exist_ok=True)
    backend = ibis.duckdb.connect(
        threads=config.threads,
        memory_limit=f"{config.memory_limit_gb}GB",
        temp_directory=str(spill_folder),
    )
    backend.raw_sql("SET TimeZone = 'UTC'")
    # Where few rows are expected and many come, a loop join would never end.
    backend.raw_sql("SET asof_loop_join_threshold = 0")
    return backend


def spill_folder(backend: ibis.BaseBackend) -> Path:
    """Tell where the engine puts what does not fit into memory."""
    found = backend.raw_sql("select current_setting('temp_directory')").fetchall()
    return Path(str(found[0][0])).absolute()
