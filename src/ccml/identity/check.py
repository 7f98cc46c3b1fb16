"""All faults of the sources at once, by headers and first rows; nothing stays behind."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import ibis

from ccml.config.questions import date_faults
from ccml.config.sources import CallsSource
from ccml.contracts.personal import refuse_personal
from ccml.contracts.schema import is_harmless
from ccml.contracts.split import FAULT, POSITION
from ccml.engine.connection import connect
from ccml.engine.stage import within_memory
from ccml.errors import CcmlError, ConfigError, DataError
from ccml.identity.call_links import call_links_recipe, customer_keys_recipe
from ccml.identity.keys import NO_KEY, load_key
from ccml.identity.recipes import (
    calls_recipe,
    customers_recipe,
    event_recipe,
    legs_recipe,
    phones_recipe,
)
from ccml.project import Project
from ccml.sources.files import find_files
from ccml.sources.flat import flat_layer, own_columns
from ccml.sources.ingest import Recipe
from ccml.sources.platforms.registry import FOLDING
from ccml.sources.raw import FileGroup
from ccml.sources.scratch import cleared_after, passing_folder
from ccml.sources.staging import Layer, Staged, sample_rows, stage_raw

SAMPLE_ROWS = 1000


def check_sources(project: Project) -> list[CcmlError]:
    """List what is wrong with the sources and the key, an error for each thing."""
    faults = _caught(partial(_check_key, project))
    faults += [ConfigError(sentence) for sentence in date_faults(project.config)]
    with _engine(project) as backend:
        for make in _recipe_makers(project):
            faults += _caught(partial(_check_recipe, backend, project, make))
        for layer in _flat_layers(project):
            faults += _caught(partial(_check_layer, backend, project, layer))
    return faults


@contextmanager
def _engine(project: Project) -> Iterator[ibis.BaseBackend]:
    """Open an engine; folders that were made for it go with it."""
    spill = project.workspace / "spill"
    made = [folder for folder in (spill, *spill.parents) if not folder.exists()]
    config = project.config.engine.model_copy(update={"threads": 1})
    backend = connect(config, spill)
    try:
        yield backend
    finally:
        backend.disconnect()
        # A run that has begun meanwhile keeps its folders.
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


def require_inputs(project: Project) -> None:
    """Stop before anything is read when a file of a source, or the key, is missing.

    Raises:
        CcmlError: With one sentence for each of them.
    """
    faults = _caught(partial(_check_key, project))
    for make in _recipe_makers(project):
        faults += _caught(partial(_find_files_of_recipe, project, make))
    for layer in _flat_layers(project):
        faults += _caught(partial(_find_files, project, layer))
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


def _find_files_of_recipe(project: Project, make: Callable[[], Recipe]) -> None:
    _find_files(project, make().layer)


def _find_files(project: Project, layer: Layer) -> None:
    find_files(project.folder, layer.source, layer.place)


def _recipe_makers(project: Project) -> Iterator[Callable[[], Recipe]]:
    """Give what makes each recipe, as a platform's may be refused for its config."""
    sources, identity = project.config.sources, project.config.identity
    zone = project.config.time_zone
    if sources.calls:
        yield partial(_calls_recipe, project, sources.calls)
    if sources.customers:
        yield partial(customers_recipe, sources.customers, zone)
    if sources.customer_phones:
        yield partial(phones_recipe, sources.customer_phones, identity, NO_KEY)
    if sources.call_links:
        yield partial(call_links_recipe, sources.call_links)
    if sources.customer_keys:
        yield partial(customer_keys_recipe, sources.customer_keys)
    for name, events in sources.events.items():
        yield partial(event_recipe, name, events)


def _calls_recipe(project: Project, source: CallsSource) -> Recipe:
    identity = project.config.identity
    if source.reader in FOLDING:
        return legs_recipe(source, identity, NO_KEY)
    return calls_recipe(source, identity, NO_KEY, project.config.time_zone)


def _flat_layers(project: Project) -> list[Layer]:
    flat = project.config.sources.flat
    return [flat_layer(name, source) for name, source in flat.items()]


def _check_recipe(
    backend: ibis.BaseBackend, project: Project, make: Callable[[], Recipe]
) -> None:
    recipe = make()
    _check_layer(backend, project, recipe.layer, recipe.open_texts)


def _check_layer(
    backend: ibis.BaseBackend,
    project: Project,
    layer: Layer,
    open_texts: tuple[str, ...] | None = None,
) -> None:
    """Look at the first rows of a source; without named texts at all of its columns."""
    with within_memory(f"check {layer.place}"), cleared_after(backend):
        for sample in _samples(backend, project, layer):
            texts = own_columns(sample.table) if open_texts is None else open_texts
            refuse_personal(sample.table, texts, layer.place)


def _samples(
    backend: ibis.BaseBackend, project: Project, layer: Layer
) -> Iterator[Staged]:
    """Type the first rows of a database, or of each kind of file."""
    source, place = layer.source, layer.place
    if source.database:
        from ccml.sources.databases import pull

        raw = pull(backend, source, place, folder=project.folder, limit=SAMPLE_ROWS)
        yield _judged(stage_raw(backend, raw, layer, raw.label), layer, "rows")
        return
    files = find_files(project.folder, source, place)
    passing = passing_folder(backend)
    for group in layer.opening.group(files, source, place, passing):
        yield _sample(backend, group, layer)


def _sample(backend: ibis.BaseBackend, group: FileGroup, layer: Layer) -> Staged:
    sample = sample_rows(backend, group, layer, SAMPLE_ROWS)
    return _judged(sample, layer, f"rows of {group.files[0].name}")


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
