"""Tables of several files, of which some stay when others are made anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Parts:
    """A table in files.

    Args:
        keys: Columns that identify a row.
        about: What one row is.
        kept: Names of files of the table that stay as they are.
        fill: Writes the other files into an empty folder.
    """

    keys: Sequence[str]
    about: str
    kept: Sequence[str]
    fill: Callable[[Path], None]
