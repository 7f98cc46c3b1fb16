"""Files of CRM exports, and times in the forms that CRMs write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

SITE = "Europe/Warsaw"
Columns = dict[str, Any]


def write_tables(
    folder: Path, part: int, tables: Mapping[str, Columns], *, quote_all: bool = False
) -> None:
    """Write one part of each table into a folder of its name."""
    for name, columns in tables.items():
        _write_csv(folder / name, part, columns, quote_all=quote_all)


def _write_csv(folder: Path, part: int, columns: Columns, *, quote_all: bool) -> None:
    """Write one part of a table as CSV with the columns as header; nulls are empty."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {name: _text(column) for name, column in columns.items()}
    options = pa_csv.WriteOptions(quoting_style="all_valid" if quote_all else "needed")
    pa_csv.write_csv(pa.table(texts), folder / f"part-{part:04d}.csv", options)


def utc_stamps(at: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """Write instants as 2025-01-31T08:00:00.000Z."""
    return at.dt.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def local_days(at: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """Write instants as local dates."""
    return at.dt.tz_convert(SITE).dt.strftime("%Y-%m-%d")


def local_stamps(at: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """Write instants as local clock times to the second, without a zone."""
    return at.dt.tz_convert(SITE).dt.strftime("%Y-%m-%d %H:%M:%S")


def mixed_stamps(at: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """Write local times to the minute, every other one in the American way."""
    local = at.dt.tz_convert(SITE)
    iso = local.dt.strftime("%Y-%m-%d %H:%M")
    slashed = local.dt.strftime("%m/%d/%Y %I:%M %p").str.replace(
        r"\b0(\d)(?=[/:])", r"\1", regex=True
    )
    is_odd = pd.Series(range(len(at)), index=at.index) % 2 == 1
    return iso.where(~is_odd, slashed)


def _text(column: Any) -> pa.Array:
    series = pd.Series(column)
    texts = series.astype("object").where(series.notna(), "").astype("str")
    return pa.array(texts.tolist(), pa.string())
