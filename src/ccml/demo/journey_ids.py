"""Ids that look like UUIDs and follow from numbers alone."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ccml.demo.arrays import Ints

Words = npt.NDArray[np.uint64]
CALL, LEG, QUEUE = 1, 2, 3
_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
_VERSION = np.uint64(0xFFFFFFFFFFFF0FFF), np.uint64(0x4000)
_VARIANT = np.uint64(0x3FFFFFFFFFFFFFFF), np.uint64(0x8000000000000000)


def _mixed(words: Words) -> Words:
    """Scatter numbers over 64 bits one to one (the finish of splitmix64)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _scattered(parts: tuple[Ints | int, ...], salt: int) -> Words:
    words = np.full(1, salt, dtype=np.uint64)
    for part in parts:
        step = np.asarray(part, dtype=np.int64).astype(np.uint64)
        words = _mixed(words + step * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1))
    return words


def uuids(*parts: Ints | int) -> pa.Array:
    """Write one UUID per row of numbers; at least one part is an array."""
    high, low = _scattered(parts, 11), _scattered(parts, 97)
    high = (high & _VERSION[0]) | _VERSION[1]
    low = (low & _VARIANT[0]) | _VARIANT[1]
    pairs = np.stack([high, low], axis=1).astype(">u8")
    digits = pairs.tobytes().hex().encode()
    ends = np.arange(len(pairs) + 1, dtype=np.int32) * 32
    plain = pa.StringArray.from_buffers(
        len(pairs), pa.py_buffer(ends.tobytes()), pa.py_buffer(digits)
    )
    cut = [pc.utf8_slice_codeunits(plain, start, stop) for start, stop in _PARTS]
    return pc.binary_join_element_wise(*cut, "-")
