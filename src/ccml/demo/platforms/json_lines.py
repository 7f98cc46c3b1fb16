"""Write tables of nested columns as JSON records, one to a line."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def nested(flat: pd.DataFrame) -> pa.Table:
    """Make objects of columns such as `Queue.Name` and `Queue.Duration`.

    An object of which nothing is known becomes null.
    """
    table = pa.Table.from_pandas(flat, preserve_index=False)
    groups: dict[str, list[str]] = {}
    for name in table.column_names:
        groups.setdefault(name.split(".")[0], []).append(name)
    columns = {
        head: table[head] if names == [head] else _object(table, names)
        for head, names in groups.items()
    }
    return pa.table(columns)


def _object(table: pa.Table, names: list[str]) -> pa.Array:
    parts = [table[name].combine_chunks() for name in names]
    known = pc.is_valid(parts[0])
    for part in parts[1:]:
        known = pc.or_(known, pc.is_valid(part))
    return pa.StructArray.from_arrays(
        parts, [name.split(".", 1)[1] for name in names], mask=pc.invert(known)
    )


def write_json_lines(table: pa.Table, path: Path) -> int:
    """Write one JSON object per row; return the rows.

    Args:
        table: Structs, lists and maps become objects, arrays and objects; instants
            must already be text in the platform's form.
        path: The file; its folder exists.
    """
    import duckdb

    with duckdb.connect(config={"threads": 1}) as engine:
        engine.register("records", table)
        target = str(path).replace("'", "''")
        engine.execute(f"COPY (FROM records) TO '{target}' (FORMAT json)")
    return int(table.num_rows)
