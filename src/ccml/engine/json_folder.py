"""Stored folders of JSON files: summaries and fitted models as plain values."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ccml.engine.store import Folder, Store

SUMMARY_FILE = "summary.json"


def json_folder(about: str, files: Mapping[str, Any]) -> Folder:
    """Describe a folder of JSON files.

    Args:
        about: What they hold.
        files: Plain values by file name; nan and infinity are refused.
    """

    def fill(folder: Path) -> None:
        for name, value in files.items():
            (folder / name).write_text(_text(value), encoding="utf-8")

    return Folder(fill, about)


def read_json(store: Store, folder: str, file: str = SUMMARY_FILE) -> Any:
    """Read one file of a stored folder.

    Raises:
        DataError: There is no such folder yet.
    """
    return json.loads((store.folder(folder) / file).read_text(encoding="utf-8"))


def _text(value: Any) -> str:
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, default=_plain)
    return text + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no plain value")
