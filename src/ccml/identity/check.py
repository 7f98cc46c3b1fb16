"""All faults of the sources at once, from headers and first rows; nothing is written."""

from collections.abc import Callable, Iterator
from functools import partial

import ibis

from ccml.config.sources import FileSource
from ccml.contracts.schema import is_harmless
from ccml.contracts.split import FAULT
from ccml.errors import CcmlError
from ccml.identity.keys import load_key
from ccml.identity.recipes import calls_reader
from ccml.project import Project
from ccml.sources.customers import customers_shape, phones_shape
from ccml.sources.events import events_shape
from ccml.sources.files import find_files
from ccml.sources.flat import flat_shape, unpacked_files
from ccml.sources.raw import group_files
from ccml.sources.staging import Shape, sample_rows

SAMPLE_ROWS = 1000


def check_sources(project: Project) -> list[str]:
    """List what is wrong with the sources and the key, one sentence each."""
    backend = ibis.duckdb.connect(threads=1)
    backend.raw_sql("SET TimeZone = 'UTC'")
    faults = _caught(partial(_key_faults, project))
    for place, source, shape in _sources(project):
        faults += _caught(partial(_faults, backend, project, place, source, shape))
    for name in project.config.sources.flat:
        faults += _caught(partial(_flat_faults, backend, project, name))
    backend.disconnect()
    return faults


def _caught(check: Callable[[], list[str]]) -> list[str]:
    try:
        return check()
    except CcmlError as error:
        return str(error).splitlines()


def _key_faults(project: Project) -> list[str]:
    sources = project.config.sources
    if sources.calls or sources.customer_phones:
        load_key(project.config.identity, project.folder)
    return []


def _sources(project: Project) -> Iterator[tuple[str, FileSource, Shape]]:
    sources = project.config.sources
    if sources.calls:
        reader = calls_reader(sources.calls, project.config.time_zone)
        yield "sources.calls", sources.calls, reader
    if sources.customers:
        yield (
            "sources.customers",
            sources.customers,
            customers_shape(sources.customers),
        )
    if sources.customer_phones:
        phones = sources.customer_phones
        yield "sources.customer_phones", phones, phones_shape(phones)
    for name, events in sources.events.items():
        yield f"sources.events.{name}", events, events_shape(name, events)


def _faults(
    backend: ibis.BaseBackend,
    project: Project,
    place: str,
    source: FileSource,
    shape: Shape,
) -> list[str]:
    """Type the first rows of each kind of file, and count what cannot be read."""
    faults = []
    for group in group_files(find_files(project.folder, source, place), source, place):
        rows = sample_rows(backend, group, place, shape, SAMPLE_ROWS)
        total = int(rows.count().execute())
        counts = rows.filter(rows[FAULT].notnull())[FAULT].value_counts().to_pandas()
        bad = {
            str(reason): int(n)
            for reason, n in counts.itertuples(index=False)
            if not is_harmless(str(reason))
        }
        if sum(bad.values()) > source.max_bad_share * total:
            told = ", ".join(f"{reason}: {n:,}" for reason, n in sorted(bad.items()))
            faults.append(
                f"{place}: of the first {total:,} rows of {group.files[0].name} cannot be "
                f"read: {told}; mend the export or the column names."
            )
        if total == 0:
            faults.append(f"{place}.path: {group.files[0].name} holds no rows.")
    return faults


def _flat_faults(backend: ibis.BaseBackend, project: Project, name: str) -> list[str]:
    source = project.config.sources.flat[name]
    place = f"sources.flat.{name}"
    with unpacked_files(project.folder, source, place) as files:
        for group in group_files(files, source, place):
            sample_rows(backend, group, place, flat_shape(name, source), SAMPLE_ROWS)
    return []
