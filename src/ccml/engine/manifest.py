"""What a stored table or folder says of itself; no manifest means it does not exist."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ccml.config.strict import StrictConfig
from ccml.engine.atomic import write_text

MANIFEST = "manifest.json"


class StoredFile(StrictConfig):
    """One file of a table or folder."""

    path: str
    bytes: Annotated[int, Field(ge=0)]
    sha256: str


class Manifest(StrictConfig):
    """A table's or folder's identity.

    `about` says what one row is; `fingerprint` covers config, inputs and code.
    """

    name: str
    about: str
    rows: int | None
    keys: list[str]
    columns: dict[str, str]
    fingerprint: str
    files: list[StoredFile]

    @property
    def content(self) -> str:
        """Hash of the bytes of all files together."""
        return ":".join(file.sha256 for file in self.files)


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a folder, or nothing when there is none."""
    file = folder / MANIFEST
    if not file.is_file():
        return None
    return Manifest.model_validate_json(file.read_text(encoding="utf-8"))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest atomically: from here on the table exists."""
    text = json.dumps(manifest.model_dump(), indent=2)
    write_text(folder / MANIFEST, text + "\n")
