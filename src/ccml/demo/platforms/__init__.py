"""The call log of the demo company in each platform's own files."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

import pyarrow as pa

from ccml.errors import unknown_name

WRITERS: Mapping[str, str] = {
    name: f"{__name__}.{name}"
    for name in (
        "amazon_connect",
        "asterisk",
        "avaya",
        "callrail",
        "cxone",
        "cxone_download",
        "five9",
        "genesys_cloud",
        "genesys_interactions",
        "phonexa",
        "talkdesk_calls",
        "talkdesk_calls_old",
        "talkdesk_contacts",
        "twilio",
    )
}

Writer = Callable[[pa.Table, pa.Table, Path, int], dict[str, int]]
"""Writes calls and legs of one part of the company into a folder.

Returns the rows of each native file, by its path in the folder. The tables are those of
`ccml.demo.journey_schema`; the part's number keeps the files of parts apart.
"""


def check_platform(name: str) -> None:
    """Refuse the name of a platform that nobody writes.

    Raises:
        ConfigError: The name is not registered.
    """
    if name not in WRITERS:
        raise unknown_name("platform", name, WRITERS, "demo: --platform")


def writer_of(name: str) -> Writer:
    """Load the writer of a platform.

    Raises:
        ConfigError: The name is not registered.
    """
    check_platform(name)
    return cast("Writer", import_module(WRITERS[name]).write)
