"""Copies of what was made, where people look for it."""

import shutil
from pathlib import Path

from ccml.engine.atomic import atomic_file
from ccml.engine.digest import sha256_file

OPEN, PRIVATE = 0o644, 0o600


def publish_file(stored: Path, shown: Path, mode: int = OPEN) -> None:
    """Copy a file to its fixed place; nobody else reads it before it has its mode."""
    with atomic_file(shown, mode) as temporary:
        temporary.touch(PRIVATE)
        shutil.copyfile(stored, temporary)


def publish_changed(stored: Path, shown: Path) -> Path:
    """Copy a file to its fixed place, unless it stands there unchanged.

    Returns:
        The fixed place.
    """
    if not shown.is_file() or sha256_file(shown) != sha256_file(stored):
        publish_file(stored, shown)
    return shown
