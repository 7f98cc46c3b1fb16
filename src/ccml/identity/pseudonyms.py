"""Keyed pseudonyms: the same for the same value and key, and not to be turned back.

A plain hash of a phone number is found by trying all numbers within minutes; without the
key of an HMAC that does not work.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence

import ibis
import pyarrow as pa

from ccml.identity.keys import create_key, key_fingerprint, load_key
from ccml.sources.scratch import add_rows

__all__ = [
    "agent_pseudonym",
    "click_pseudonym",
    "create_key",
    "key_fingerprint",
    "line_pseudonym",
    "load_key",
    "phone_pseudonym",
    "pseudonym_map",
]

PHONE_PREFIX = "k1:"
AGENT_PREFIX = "a1:"
LINE_PREFIX = "l1:"
CLICK_PREFIX = "w1:"
HEX_DIGITS = 32


def phone_pseudonym(key: bytes, number: str) -> str:
    """Name a phone number, given as E.164."""
    return PHONE_PREFIX + _digest(key, f"phone:{number}")


def agent_pseudonym(key: bytes, agent: str) -> str:
    """Name an agent, whose id is often a person's name."""
    return AGENT_PREFIX + _digest(key, f"agent:{agent}")


def line_pseudonym(key: bytes, number: str) -> str:
    """Name one of the company's own lines, as the export writes it."""
    return LINE_PREFIX + _digest(key, f"line:{number}")


def click_pseudonym(key: bytes, click: str) -> str:
    """Name an advertisement's click, which tells people apart."""
    return CLICK_PREFIX + _digest(key, f"click:{click}")


def _digest(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:HEX_DIGITS]


def pseudonym_map(
    backend: ibis.BaseBackend,
    distinct: ibis.Table,
    names: Sequence[str],
    rename: Callable[..., tuple[str | None, ...]],
) -> ibis.Table:
    """Rename each distinct value once.

    Args:
        backend: The engine.
        distinct: One row per value: `raw`, and further columns of texts.
        names: Columns of the result beside `raw`.
        rename: Makes the values of these columns of one row.

    Returns:
        One row per value: `raw`, and the new columns. It lives in the engine's memory
        only and is never stored.
    """
    schema = pa.schema([("raw", pa.string()), *((name, pa.string()) for name in names)])
    table = backend.create_table(
        f"scratch_map_{'_'.join(names)}", schema=ibis.schema(schema), overwrite=True
    )
    for batch in distinct.to_pyarrow().to_batches(max_chunksize=200_000):
        given = (column.to_pylist() for column in batch.columns)
        values = zip(*map(rename, *given), strict=True)
        columns = [pa.array(value, pa.string()) for value in values]
        renamed = pa.Table.from_arrays([batch.column("raw"), *columns], schema=schema)
        add_rows(table, ibis.memtable(renamed))
    return table


def distinct_values(column: ibis.Value) -> ibis.Table:
    """List the distinct values of a text column as `raw`; null is left out."""
    values = column.name("raw").as_table().distinct()
    return values.filter(values.raw.notnull())
