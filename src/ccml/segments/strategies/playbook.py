"""Which actions of the playbook fit which segments."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ibis
import pandas as pd
import pyarrow as pa

from ccml.config.expressions import condition_columns
from ccml.config.strategies import ActionConfig
from ccml.engine.conditions import condition
from ccml.errors import did_you_mean, unknown_name
from ccml.segments.clusters.call_traits import BASIC_TRAITS

TOPIC = "about_"
WHERE = "segments.strategies.actions"


@dataclass(frozen=True)
class Fit:
    """Where an action fits.

    Args:
        segments: Ids of the segments that meet its condition.
        missing: Names of its condition that nothing tells here, with what is near.
    """

    segments: tuple[str, ...]
    missing: tuple[str, ...]


def segment_rows(
    profiles: pd.DataFrame, figures: pd.DataFrame | None, own: pd.DataFrame
) -> pd.DataFrame:
    """Lay out what is known of each segment in one row.

    A name means the trait of this name, else the stored figure (channel:chat is written
    channel_chat), else one of our own.

    Args:
        profiles: Rows of `segment_profiles`.
        figures: Rows of `segment_figures`, where the table is made.
        own: segment_id, and a column per further figure.
    """
    head = ["segment_id", "name", "customers", "share_of_customers", "share_of_calls"]
    rows = profiles[head].drop_duplicates("segment_id").set_index("segment_id")
    parts = [profiles.pivot(index="segment_id", columns="trait", values="value")]
    if figures is not None and len(figures):
        wide = figures.pivot(index="segment_id", columns="figure", values="value")
        parts.append(wide.rename(columns=_plain_name))
    parts.append(own.set_index("segment_id"))
    for part in parts:
        new = [column for column in part if column not in rows]
        rows = rows.join(part[new].astype("float64"))
    return rows.sort_index().reset_index()


def _plain_name(figure: str) -> str:
    """Turn `channel:chat` into channel_chat, as a condition can write it."""
    return re.sub(r"\W+", "_", figure)


def fits(rows: pd.DataFrame, actions: Mapping[str, ActionConfig]) -> dict[str, Fit]:
    """Find the segments that each action fits.

    A topic that is not among the traits here (`about_setup`), and a trait of calls when
    segments are made of other columns, are null: they fit nothing, which is told.

    Raises:
        ConfigError: A condition names something else that is no trait and no figure.
    """
    usual = {trait.name for trait in BASIC_TRAITS}
    known = {*rows.columns, *usual}
    found = {}
    for name, action in actions.items():
        where = f"{WHERE}.{name}.where"
        missing = []
        for column in condition_columns(action.where):
            if column not in known and not column.startswith(TOPIC):
                raise unknown_name("trait or figure of segments", column, known, where)
            if column not in rows.columns:
                missing.append(column)
        table = ibis.memtable(_with_nulls(rows, missing))
        kept = table.filter(condition(table, action.where, where))
        ids = kept.select("segment_id").to_pandas()["segment_id"]
        near = tuple(_near(column, rows.columns) for column in missing)
        found[name] = Fit(tuple(sorted(map(str, ids))), near)
    return found


def _with_nulls(rows: pd.DataFrame, missing: Iterable[str]) -> pa.Table:
    """Add columns that nothing tells; NaN becomes null, so that it meets no condition."""
    nulls = pd.DataFrame(float("nan"), index=rows.index, columns=list(missing))
    joined = pd.concat([rows, nulls], axis=1)
    return pa.Table.from_pandas(joined, preserve_index=False)


def _near(column: str, known: Iterable[str]) -> str:
    hint = did_you_mean(column, [name for name in known if name.startswith(TOPIC)])
    return f"{column!r} is not known here.{hint}"
