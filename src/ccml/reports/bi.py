"""Key figures and calls as a star of tables, in Parquet and in one DuckDB file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from ccml.kpis.cuts import EVERYTHING
from ccml.project import Project
from ccml.reports.bi_calls import hourly, located_calls, single_calls
from ccml.reports.bi_measures import Formula, formulas
from ccml.reports.bi_star import (
    FIGURE,
    FIGURE_WORDS,
    StarTable,
    dim_date,
    dim_kpi,
    dim_names,
    fact_kpis,
    fact_weeks,
    formula_of,
)
from ccml.reports.exported import Exported
from ccml.sources.watermark import data_until

DATABASE = "ccml.duckdb"
# Readable by every DuckDB since 1.0, and so by the drivers of BI tools.
STORAGE = "v1.0.0"
TOLERANCE = 1e-6


def write_bi(project: Project, data: Exported, folder: Path) -> list[StarTable]:
    """Write each table as Parquet, and all of them with comments into one database.

    Returns:
        The tables that were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for table in _tables(project, data, folder):
        _write_parquet(project, table, _file(folder, table.name))
        tables.append(table)
    write_database(project, folder, tables)
    return tables


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"


def _tables(project: Project, data: Exported, folder: Path) -> Iterator[StarTable]:
    """Give the tables one by one; formulas are tried on facts already written."""
    config, stored = project.config, project.store.read("calls")
    kinds = ("queue", "reason")
    names = {kind: dim_names(kind, _distinct(stored, kind)) for kind in kinds}
    yield from names.values()
    queues, reasons = (ibis.memtable(table.rows) for table in names.values())
    calls = located_calls(project, queues, reasons)
    until = pd.Timestamp(data_until(project)).tz_convert(project.zone)
    ends = calls.agg(first=calls.date.min(), last=calls.date.max()).to_pandas().iloc[0]
    yield dim_date(
        pd.Timestamp(ends["first"]), pd.Timestamp(ends["last"]), until.tz_localize(None)
    )
    facts = hourly(calls, config.kpis)
    yield facts
    written = project.store.backend.read_parquet(_file(folder, facts.name))
    figures = dim_kpi(data.kpis, holding(data.kpis, written, formulas(config.kpis)))
    yield figures
    yield fact_kpis(data.kpis, figures.rows, {k: t.rows for k, t in names.items()})
    yield fact_weeks(project.store.read("repeat_trend"))
    yield from _others(data)
    if config.exports.with_calls:
        yield single_calls(
            calls,
            config.kpis.main_window_days,
            with_customers=config.exports.with_customers,
            with_agents=config.exports.with_agents,
        )


def _distinct(calls: ibis.Table, column: str) -> list[str]:
    found = calls.filter(calls[column].notnull()).select(column).distinct()
    return [str(name) for name in found.to_pandas()[column]]


def _others(data: Exported) -> Iterator[StarTable]:
    for name, other in data.others.items():
        columns = {
            column: FIGURE_WORDS.get(column, column.replace("_", " "))
            for column in other.rows.columns
        }
        yield StarTable(name, other.about, other.keys, other.rows, columns)


def holding(
    kpis: pd.DataFrame, facts: ibis.Table, known: Sequence[Formula]
) -> dict[tuple[str, str], str]:
    """Choose the formulas that give the stored figures, whole and month by month.

    A variant may be counted in a way that sums cannot follow; no formula is better than
    one that gives another number.
    """
    whole = kpis[kpis.group_kind == EVERYTHING]
    pairs = whole[list(FIGURE)].drop_duplicates().itertuples(index=False)
    found = {
        (kpi, variant): formula.sql
        for kpi, variant in pairs
        if (formula := formula_of(kpi, variant, known)) is not None
    }
    given = _evaluated(facts, list(found.values()))
    return {
        pair: sql
        for place, (pair, sql) in enumerate(found.items())
        if _agrees(whole, pair, given[f"f{place}"])
    }


def _evaluated(facts: ibis.Table, expressions: Sequence[str]) -> pd.DataFrame:
    """Work formulas out for each month and for the whole; these are SQL for people."""
    columns = ", ".join(f"{sql} as f{place}" for place, sql in enumerate(expressions))
    grouped = (
        f"select coalesce(strftime(date, '%Y-%m'), '{EVERYTHING}') as period"  # noqa: S608
        f"{', ' if columns else ''}{columns} from fact_calls_hourly "
        "group by grouping sets ((strftime(date, '%Y-%m')), ())"
    )
    frame: pd.DataFrame = facts.alias("fact_calls_hourly").sql(grouped).to_pandas()
    return frame.set_index("period").astype("float64")


def _agrees(
    kpis: pd.DataFrame, pair: tuple[str, str], given: "pd.Series[float]"
) -> bool:
    rows = kpis[(kpis.kpi == pair[0]) & (kpis.variant == pair[1])]
    stored = rows.set_index("period").value.astype("float64")
    other = given.reindex(stored.index)
    close = (stored - other).abs() <= TOLERANCE * stored.abs().clip(lower=1.0)
    return bool((close | (stored.isna() & other.isna())).all())


def _write_parquet(project: Project, table: StarTable, file: Path) -> None:
    rows = table.rows
    if isinstance(rows, pd.DataFrame):
        rows = ibis.memtable(pa.Table.from_pandas(rows, preserve_index=False))
    rows = rows.select(list(table.columns)).order_by(list(table.keys))
    project.store.backend.to_parquet(rows, file, compression="zstd")


def write_database(project: Project, folder: Path, tables: Sequence[StarTable]) -> None:
    """Write Parquet files of a folder into one DuckDB file, with comments.

    DuckDB leaves a few bytes of its blocks to chance: the same tables give the same
    contents, not always the same bytes.
    """
    import duckdb

    engine = project.config.engine
    limits: dict[str, Any] = {
        "threads": engine.threads,
        "memory_limit": f"{engine.memory_limit_gb}GB",
        "temp_directory": str(project.workspace / "spill"),
    }
    with duckdb.connect(config=limits) as connection:
        file = _text(str(folder / DATABASE))
        connection.execute(f"attach {file} as bi (storage_version '{STORAGE}')")
        for table in tables:
            for statement in _statements(folder, table):
                connection.execute(statement)
        connection.execute("checkpoint bi")
        connection.execute("detach bi")


def _statements(folder: Path, table: StarTable) -> Iterator[str]:
    """Say a table and its comments in SQL; Ibis has no comments."""
    name = f"bi.{_name(table.name)}"
    source = _text(str(_file(folder, table.name)))
    yield f"create table {name} as select * from read_parquet({source})"  # noqa: S608
    yield f"comment on table {name} is {_text(table.about)}"
    for column, words in table.columns.items():
        yield f"comment on column {name}.{_name(column)} is {_text(words)}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
