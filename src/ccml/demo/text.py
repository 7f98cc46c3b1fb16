"""Turn arrays into the text columns of the raw files."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.demo.arrays import Bools, Floats, Ints, ints
from ccml.demo.clock import to_epoch

FORMATS = 6  # ways to write the same telephone number


def instants(epoch: Ints, known: Bools | None = None) -> pa.Array:
    """Write UTC seconds as 2025-01-31T08:00:00Z; null where not known."""
    mask = None if known is None else ~known
    plain = pa.array(epoch, pa.timestamp("s"), mask=mask).cast(pa.string())
    marked = pc.utf8_replace_slice(plain, start=10, stop=11, replacement="T")
    return pc.binary_join_element_wise(marked, "Z", "")


def local_instants(local: Floats, known: Bools | None = None) -> pa.Array:
    """Write local seconds as UTC instants."""
    safe = local if known is None else np.where(known, local, 0.0)
    return instants(to_epoch(safe), known)


def codes(prefix: str, number: Ints, width: int) -> pa.Array:
    """Write identifiers such as c0000123."""
    digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


def words(known: Sequence[str], index: Ints, valid: Bools | None = None) -> pa.Array:
    """Write one word per index; null where not valid."""
    mask = None if valid is None else ~valid
    return pa.array(known, pa.string()).take(pa.array(index, mask=mask))


def money(amount: Floats) -> pa.Array:
    """Write EUR with two decimals at most."""
    return pa.array(np.round(amount, 2)).cast(pa.string())


def whole(number: Floats | Ints, valid: Bools | None = None) -> pa.Array:
    """Write whole numbers; null where not valid."""
    mask = None if valid is None else ~valid
    return pa.array(ints(number), mask=mask).cast(pa.string())


def flags(value: Bools) -> pa.Array:
    """Write true and false."""
    return pa.array(np.asarray(value, dtype=np.bool_)).cast(pa.string())


def choose(columns: Sequence[Any], index: Ints) -> pa.Array:
    """Take row i of column index[i]."""
    flat = pa.concat_arrays([_flat(column) for column in columns])
    size = len(index)
    return flat.take(pa.array(index * size + np.arange(size)))


def _flat(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def constant(word: str | None, size: int) -> pa.Array:
    """Write the same word in every row."""
    return pa.repeat(pa.scalar(word, pa.string()), size)


def table(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Collect text columns into a table."""
    return pa.table(dict(columns))


PREFIXES = ("50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88")
PER_PREFIX = 10_000_000


def phone_numbers(line: Ints, written: Ints) -> pa.Array:
    """Write mobile numbers of Polish form in one of six ways."""
    head = words(PREFIXES, line // PER_PREFIX)
    tail = codes("", line % PER_PREFIX, 7)
    national = pc.binary_join_element_wise(head, tail, "")
    parts = [pc.utf8_slice_codeunits(national, at, at + 3) for at in (0, 3, 6)]
    spaced = pc.binary_join_element_wise(*parts, " ")
    ways = [
        pc.binary_join_element_wise("+48", national, ""),
        national,
        spaced,
        pc.binary_join_element_wise(*parts, "-"),
        pc.binary_join_element_wise("0048", national, ""),
        pc.binary_join_element_wise("+48", spaced, " "),
    ]
    return choose(ways, written)
