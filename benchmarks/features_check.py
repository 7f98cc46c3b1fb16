"""Whether two engines came to the same values."""

from collections.abc import Sequence
from typing import Any

TOLERANCES = {"numpy": 1e-6}
"""Differences of running sums lose digits; all others must agree to 1e-9."""
USUAL = 1e-9
KEYS = ("customer_id", "cutoff_at")


def require_equal(ours: dict[str, Any], theirs: dict[str, Any], engine: str) -> int:
    """Compare all features that both have, row by row; count them.

    Values may differ by a share of themselves, or of 1 where they are smaller. Where
    ccml says null, as there is no value, 0 stands for it with some peers.

    Raises:
        SystemExit: A row is missing, or a value differs.
    """
    import duckdb

    both = [name for name in theirs["features"] if name in set(ours["features"])]
    tolerance = TOLERANCES.get(engine, USUAL)
    differ = ", ".join(
        f'count(*) filter (not ({_agrees(name, tolerance)})) as "{name}"'
        for name in both
    )
    with duckdb.connect() as engine_:
        engine_.execute("set TimeZone = 'UTC'")
        query = f"""
            select count(*) as rows, {differ}
            from read_parquet({_files(ours)}) as a
            join read_parquet({_files(theirs)}) as b using ({", ".join(KEYS)})
        """  # noqa: S608
        counts = engine_.execute(query).fetchone() or ()
        query = f"select count(*) from read_parquet({_files(ours)})"  # noqa: S608
        (rows,) = engine_.execute(query).fetchone() or (0,)
    wrong = {n: c for n, c in zip(both, counts[1:], strict=True) if c}
    if counts[0] != rows or wrong:
        raise SystemExit(
            f"{engine}: {counts[0]:,} of {rows:,} rows found; rows that differ: {wrong}"
        )
    return len(both)


def _agrees(name: str, tolerance: float) -> str:
    a, b = f'a."{name}"', f"nullif(b.\"{name}\"::double, 'nan'::double)"
    return f"""case when {a} is null then coalesce({b}, 0) = 0
        else {b} is not null
        and abs({a} - {b}) <= {tolerance} * greatest(1, abs({a})) end"""


def _files(made: dict[str, Any]) -> Sequence[str]:
    return [str(file) for file in made["files"]]
