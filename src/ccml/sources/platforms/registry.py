"""All platforms by the name of their reader, and how their files are opened."""

from functools import partial
from importlib import import_module
from typing import get_args

import ibis

from ccml.config.files import PlatformReader
from ccml.config.sources import CallsSource
from ccml.errors import ConfigError
from ccml.sources.opening import Opening
from ccml.sources.platforms.platform import PLACE, Platform, Reading, Records
from ccml.sources.raw import FileGroup, RawFiles, group_files, open_group
from ccml.sources.staging import Layer

ONE_ROW_PER_CALL = ("anonymous_bank",)
"""Readers that make calls at once, without legs."""
FOLDING = tuple(
    name for name in get_args(PlatformReader) if name not in ONE_ROW_PER_CALL
)


def find_platform(reader: str) -> Platform:
    """Load the platform of a reader: `PLATFORM` of the module with its name."""
    module = import_module(f"ccml.sources.platforms.{reader}")
    platform: Platform = module.PLATFORM
    return platform


def platform_layer(source: CallsSource) -> Layer:
    """Describe how a platform's files become legs.

    Raises:
        ConfigError: The times depend on a setting of the export, and no zone is named.
    """
    platform = find_platform(source.reader)
    if platform.zone == "needed" and source.time_zone is None:
        raise ConfigError(
            f"{PLACE}.time_zone: the times of a {source.reader} export depend on the "
            f"settings of who exported it; write the zone, such as Europe/Warsaw, with "
            f"which it was made."
        )
    reading = platform.reading(source)
    return Layer(
        source, PLACE, partial(_shape, platform, reading), platform_opening(platform)
    )


def _shape(platform: Platform, reading: Reading, raw: RawFiles) -> ibis.Table:
    return platform.legs(reading, raw)


def platform_opening(platform: Platform) -> Opening:
    """Choose how a platform's files are opened."""
    if platform.opening:
        return platform.opening
    if platform.records:
        opened = partial(_open_records, platform.records)
        return Opening(partial(group_files, kind="json"), opened)
    return Opening(partial(group_files, kind="csv"))


def _open_records(
    records: Records,
    backend: ibis.BaseBackend,
    group: FileGroup,
    place: str,
    tolerant: bool,
) -> RawFiles:
    return open_group(backend, group, place, tolerant=tolerant, records=records)
