"""How the files of a source are brought into groups and opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ibis

from ccml.config.files import FileSource
from ccml.sources.passing import PassingFolder
from ccml.sources.raw import FileGroup, RawFiles, group_files, open_group

Group = Callable[[list[Path], FileSource, str, PassingFolder], list[FileGroup]]
Open = Callable[[ibis.BaseBackend, FileGroup, str, bool], RawFiles]


def _open(
    backend: ibis.BaseBackend, group: FileGroup, place: str, tolerant: bool
) -> RawFiles:
    return open_group(backend, group, place, tolerant=tolerant)


@dataclass(frozen=True)
class Opening:
    """Brings files of one form together, and opens such a group.

    `open` is told whether broken lines are kept apart, which takes twice the time.
    """

    group: Group = group_files
    open: Open = _open


PLAIN = Opening()
"""Tables with a header, by the ending of the file or the config's reader."""
