"""All faults of the sources at once, from headers and first rows; nothing is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

import ibis

from ccml.config.files import FileSource
from ccml.config.sources import CallsSource
from ccml.contracts.personal import refuse_personal
from ccml.contracts.schema import is_harmless
from ccml.contracts.split import FAULT, POSITION
from ccml.errors import CcmlError, DataError
from ccml.identity.call_links import call_links_recipe, customer_keys_recipe
from ccml.identity.keys import load_key
from ccml.identity.recipes import (
    calls_recipe,
    customers_recipe,
    event_recipe,
    legs_recipe,
    phones_recipe,
)
from ccml.project import Project
from ccml.sources.files import find_files
from ccml.sources.flat import flat_shape, own_columns
from ccml.sources.ingest import Recipe
from ccml.sources.platforms.registry import FOLDING
from ccml.sources.raw import FileGroup
from ccml.sources.staging import Layer, Staged, sample_rows, stage_raw

SAMPLE_ROWS = 1000
NO_KEY = b""
"""Recipes are only looked at here: no pseudonym is made."""


def check_sources(project: Project) -> list[CcmlError]:
    """List what is wrong with the sources and the key, an error for each thing."""
    backend = ibis.duckdb.connect(threads=1)
    backend.raw_sql("SET TimeZone = 'UTC'")
    faults = _caught(partial(_check_key, project))
    for recipe in _recipes(project):
        faults += _caught(partial(_check_source, backend, project, recipe))
    for name in project.config.sources.flat:
        faults += _caught(partial(_check_flat, backend, project, name))
    backend.disconnect()
    return faults


def require_inputs(project: Project) -> None:
    """Stop before anything is read when a file of a source, or the key, is missing.

    Raises:
        CcmlError: With one sentence for each of them.
    """
    sources = project.config.sources
    flat = ((f"sources.flat.{name}", source) for name, source in sources.flat.items())
    named = ((recipe.place, recipe.layer.source) for recipe in _recipes(project))
    faults = _caught(partial(_check_key, project))
    for place, source in chain(named, flat):
        faults += _caught(partial(_check_files, project, source, place))
    raise_faults(faults)


def raise_faults(faults: Iterable[CcmlError]) -> None:
    """Raise many errors as one, if there are any.

    Raises:
        CcmlError: Of the kind that has to be mended first: the config's, then the data's.
    """
    found = sorted(faults, key=lambda fault: fault.exit_code)
    if found:
        raise type(found[0])("\n".join(str(fault) for fault in found))


def _caught(check: Callable[[], None]) -> list[CcmlError]:
    try:
        check()
    except CcmlError as error:
        return [type(error)(line) for line in str(error).splitlines()]
    return []


def _check_key(project: Project) -> None:
    sources = project.config.sources
    if sources.calls or sources.customer_phones:
        load_key(project.config.identity, project.folder)


def _check_files(project: Project, source: FileSource, place: str) -> None:
    if source.database is None:
        find_files(project.folder, source, place)


def _recipes(project: Project) -> Iterator[Recipe]:
    sources, identity = project.config.sources, project.config.identity
    if sources.calls:
        yield _calls_recipe(project, sources.calls)
    if sources.customers:
        yield customers_recipe(sources.customers, project.config.time_zone)
    if sources.customer_phones:
        yield phones_recipe(sources.customer_phones, identity, NO_KEY)
    if sources.call_links:
        yield call_links_recipe(sources.call_links)
    if sources.customer_keys:
        yield customer_keys_recipe(sources.customer_keys)
    for name, events in sources.events.items():
        yield event_recipe(name, events)


def _calls_recipe(project: Project, source: CallsSource) -> Recipe:
    identity = project.config.identity
    if source.reader in FOLDING:
        return legs_recipe(source, identity, NO_KEY)
    return calls_recipe(source, identity, NO_KEY, project.config.time_zone)


def _check_source(backend: ibis.BaseBackend, project: Project, recipe: Recipe) -> None:
    layer = recipe.layer
    if layer.source.database:
        sample = _judged(_sample_of_database(backend, project, layer), layer, "rows")
        refuse_personal(sample.table, recipe.open_texts, layer.place)
        return
    files = find_files(project.folder, layer.source, layer.place)
    for group in layer.opening.group(files, layer.source, layer.place):
        sample = _sample(backend, group, layer)
        refuse_personal(sample.table, recipe.open_texts, layer.place)


def _check_flat(backend: ibis.BaseBackend, project: Project, name: str) -> None:
    source = project.config.sources.flat[name]
    layer = Layer(source, f"sources.flat.{name}", flat_shape(name, source))
    files = find_files(project.folder, source, layer.place)
    for group in layer.opening.group(files, source, layer.place):
        sample = _sample(backend, group, layer)
        refuse_personal(sample.table, own_columns(sample.table), layer.place)


def _sample(backend: ibis.BaseBackend, group: FileGroup, layer: Layer) -> Staged:
    """Type the first rows of each kind of file, and count what cannot be read."""
    sample = sample_rows(backend, group, layer, SAMPLE_ROWS)
    return _judged(sample, layer, f"rows of {group.files[0].name}")


def _sample_of_database(
    backend: ibis.BaseBackend, project: Project, layer: Layer
) -> Staged:
    from ccml.sources.databases import pull

    source, place = layer.source, layer.place
    raw = pull(backend, source, place, folder=project.folder, limit=SAMPLE_ROWS)
    return stage_raw(backend, raw, layer, raw.label)


def _judged(sample: Staged, layer: Layer, what: str) -> Staged:
    """Stop when too many rows of a sample cannot be read."""
    bad, allowed = _bad_rows(sample), layer.source.max_bad_share
    if bad.total() > allowed * sample.rows_in:
        told = ", ".join(f"{reason}: {n:,}" for reason, n in sorted(bad.items()))
        raise DataError(
            f"{layer.place}: {bad.total():,} of the first {sample.rows_in:,} {what} "
            f"cannot be read ({told}), above the share "
            f"{allowed:g} that is allowed; mend the export or the column "
            f"names, or raise {layer.place}.max_bad_share."
        )
    return sample


def _bad_rows(sample: Staged) -> Counter[str]:
    table = sample.table
    faulty = table.filter(table[FAULT].notnull()).select(*POSITION, FAULT).distinct()
    counts = faulty[FAULT].value_counts().to_pandas()
    bad = {str(reason): int(n) for reason, n in counts.itertuples(index=False)}
    return Counter({reason: n for reason, n in bad.items() if not is_harmless(reason)})
