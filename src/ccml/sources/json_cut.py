"""The array of records cut out of a page that is too large to be read as one value.

Nothing is parsed but the page's first and last part. That is safe: the page is JSON of
this very structure exactly when what stands before the array, the array, and what stands
behind it are, and the engine judges the array.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ccml.sources.passing import CHUNK, open_bytes

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]', re.DOTALL)
BLANKS = re.compile(r"[ \t\r\n]*")
NOT_WHOLE = b" page without an end"
TAIL = 4 << 20
"""Characters behind the array, at most."""


def keys_of(head: str) -> Iterator[tuple[str, int]]:
    """List the keys of the object that a text begins with, and where each value begins.

    Ends with an empty key at the object's end, if the text reaches that far.
    """
    depth, last = 0, ""
    for token in TOKEN.finditer(head):
        sign = token.group()
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if depth == 0:
                yield "", token.end()
                return
        elif sign == ":" and depth == 1:
            yield _text(last), _after_blanks(head, token.end())
        last = sign


def cut_array(file: Path, key: str, copy: Path, head_bytes: int) -> None:
    """Write the array that stands under a key of a page as a file of its own.

    Of a page that is not whole an array is left that no reader takes for one.
    """
    with open_bytes(file) as page, copy.open("wb") as out:
        head = page.read(head_bytes)
        # Latin letters: one character for each byte, so that places are those of bytes.
        text = head.decode("latin-1")
        start = next(at for name, at in keys_of(text) if name == key)
        out.write(head[start:])
        shutil.copyfileobj(page, out, CHUNK)
    end = _array_end(copy)
    if end is not None:
        os.truncate(copy, end)
        return
    with copy.open("ab") as out:
        out.write(NOT_WHOLE)


def _array_end(copy: Path) -> int | None:
    size = copy.stat().st_size
    with copy.open("rb") as handle:
        handle.seek(max(size - TAIL, 0))
        tail = handle.read().decode("latin-1")
    at = tail.find("]")
    while at >= 0:
        if _ends_page(tail, at + 1):
            return size - len(tail) + at + 1
        at = tail.find("]", at + 1)
    return None


def _ends_page(tail: str, at: int) -> bool:
    """Tell whether only further fields and the page's end stand from a place on."""
    decoder = json.JSONDecoder(strict=False)
    try:
        at = _after_blanks(tail, at)
        while tail[at] == ",":
            name, at = decoder.raw_decode(tail, _after_blanks(tail, at + 1))
            at = _after_blanks(tail, at)
            if not isinstance(name, str) or tail[at] != ":":
                return False
            _, at = decoder.raw_decode(tail, _after_blanks(tail, at + 1))
            at = _after_blanks(tail, at)
        return tail[at] == "}" and not tail[at + 1 :].strip()
    except (ValueError, IndexError, RecursionError):
        return False


def _after_blanks(text: str, at: int) -> int:
    found = BLANKS.match(text, at)
    return found.end() if found else at


def _text(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return ""
