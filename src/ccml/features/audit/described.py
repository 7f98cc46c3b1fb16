"""Features of drawn customers, made by the engine, and how two makings differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ccml.config.project import ProjectConfig
from ccml.features.audit.memory import Tables, memory_project
from ccml.features.audit.sample import Sample
from ccml.features.build import build_features
from ccml.project import Project

CLOSE = 1e-9
"""What engines may differ by: they add numbers up in different orders."""


@dataclass(frozen=True)
class Described:
    """What the engine made: `spine` are the keys, `rows` keys and features."""

    keys: list[str]
    spine: pa.Table
    rows: pa.Table

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [name for name in self.rows.column_names if name not in self.keys]


def describe_sample(
    project: Project,
    sample: Sample,
    tables: Tables,
    config: ProjectConfig | None = None,
) -> Described:
    """Make spine and features of some tables, by the same stage as in a real run."""
    with memory_project(project, tables, config or sample.config) as small:
        build_features(small, sample.spine)
        read = small.store.read
        made = read(f"features__{sample.spine}").order_by(sample.keys).to_pyarrow()
        spine = read(f"spine__{sample.spine}").order_by(sample.keys).to_pyarrow()
    return Described(sample.keys, spine, made)


def until_turns(sample: Sample, rows: pa.Table) -> pa.Table:
    """Choose the rows whose cutoff is not after the turn of their customer."""
    turns = [sample.turns.get(i) for i in rows["customer_id"].to_pylist()]
    turn = pa.array(turns, rows.schema.field("cutoff_at").type)
    return rows.filter(pc.less_equal(rows["cutoff_at"], turn))


def at_turns(sample: Sample, rows: pa.Table) -> pa.Table:
    """Choose the rows at the turn of their customer."""
    pairs = zip(
        *(rows[c].to_pylist() for c in ("customer_id", "cutoff_at")), strict=True
    )
    return rows.filter(pa.array([sample.turns.get(i) == at for i, at in pairs]))


def until(moment: Any, rows: pa.Table) -> pa.Table:
    """Choose the rows whose cutoff is not after a moment."""
    return rows.filter(pc.less_equal(rows["cutoff_at"], pa.scalar(moment)))


@dataclass(frozen=True)
class Difference:
    """How two tables of the same features differ.

    Args:
        rows: Keys that both have.
        missing: Keys that the second lacks.
        added: Keys that only the second has.
        changed: Feature to which of the common rows differ; a feature that only one of
            them has differs everywhere.
    """

    rows: int
    missing: int
    added: int
    changed: Mapping[str, Any]


def compare(
    one: pa.Table, other: pa.Table, keys: list[str], *, exact: bool = True
) -> Difference:
    """Compare features row by row of the same key.

    Args:
        one: Keys and features.
        other: The same, made otherwise.
        keys: Key columns.
        exact: Bit by bit; else numbers may differ in their last digits.
    """
    left, right = _keyed(one, keys, "left"), _keyed(other, keys, "right")
    joined = left.merge(right, on=keys, how="outer")
    both = joined.dropna(subset=["left", "right"])
    a = one.take(both["left"].to_numpy(np.int64))
    b = other.take(both["right"].to_numpy(np.int64))
    names = dict.fromkeys([*one.column_names, *other.column_names])
    changed = {
        name: _differing(a, b, name, exact=exact) for name in names if name not in keys
    }
    missing, added = int(joined["right"].isna().sum()), int(joined["left"].isna().sum())
    return Difference(len(both), missing, added, changed)


def _keyed(rows: pa.Table, keys: list[str], place: str) -> pd.DataFrame:
    frame: pd.DataFrame = rows.select(keys).to_pandas()
    return frame.assign(**{place: np.arange(len(frame))})


def _differing(a: pa.Table, b: pa.Table, name: str, *, exact: bool) -> Any:
    if name not in a.column_names or name not in b.column_names:
        return np.ones(len(a), bool)
    if not exact and pa.types.is_floating(a.schema.field(name).type):
        left, right = (t[name].to_numpy().astype(np.float64) for t in (a, b))
        return ~np.isclose(left, right, rtol=CLOSE, atol=CLOSE, equal_nan=True)
    one, other = _bits(a[name]), _bits(b[name])
    if one.type != other.type:
        return np.ones(len(a), bool)
    same = pc.fill_null(pc.equal(one, other), False)
    nulls = pc.and_(pc.is_null(one), pc.is_null(other))
    return ~pc.or_(same, nulls).to_numpy(zero_copy_only=False)


def _bits(column: pa.ChunkedArray) -> pa.Array:
    """Give numbers as the bits they are made of, and texts as texts."""
    whole = column.combine_chunks()
    if pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_decode()
    if pa.types.is_floating(whole.type):
        plain = pc.cast(whole, pa.float64())
        bits = plain.to_numpy(zero_copy_only=False).view(np.int64)
        return pa.array(bits, mask=np.asarray(plain.is_null()))
    return whole
