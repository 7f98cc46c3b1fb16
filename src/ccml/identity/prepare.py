"""The stages from exports to canonical tables, and from calls to customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ccml.config.files import FileSource
from ccml.contracts.summary import summary_counts
from ccml.engine.stage import Output, Stage
from ccml.identity.agreement import check_agreement
from ccml.identity.call_links import call_links_recipe, customer_keys_recipe
from ccml.identity.check import require_inputs
from ccml.identity.duplicates_stage import find_duplicates
from ccml.identity.journey import build_contacts, contact_tables
from ccml.identity.keys import load_key
from ccml.identity.link_stage import link_calls
from ccml.identity.quality import identity_shares
from ccml.identity.recipes import (
    calls_recipe,
    customers_recipe,
    event_recipe,
    legs_recipe,
    phones_recipe,
)
from ccml.project import Project
from ccml.sources.files import find_files
from ccml.sources.flat import flat_name, ingest_flat
from ccml.sources.ingest import Recipe, ingest, result_tables, source_outputs
from ccml.sources.ingest_legs import ingest_legs
from ccml.sources.parts import SourceFile, source_files
from ccml.sources.platforms.registry import FOLDING, find_platform
from ccml.sources.scratch import cleared_after

Source = TypeVar("Source", bound=FileSource)
CODE = (
    "contracts",
    "identity",
    "sources",
    "config/files",
    "config/sources",
    "config/table_columns",
    "config/identity",
    "config/contacts",
)


def prepare_all(project: Project) -> dict[str, Any]:
    """Run every stage up to linked calls.

    Returns:
        `sources`: rows_in, rows_kept, set_aside and notes of each source's table;
        `identity`: number of calls and shares of how they were linked, when there
        are calls.

    Raises:
        ConfigError: A file of a source, or the key, is missing; nothing was read then.
    """
    require_inputs(project)
    sources = project.config.sources
    if sources.customers:
        prepare_customers(project)
        if project.config.identity.duplicates:
            find_duplicates(project)
    if sources.customer_phones:
        prepare_phones(project)
    prepare_links(project)
    if sources.calls:
        prepare_calls(project)
        link_calls(project)
    for name in sources.events:
        prepare_events(project, name)
    if contact_tables(project.config):
        build_contacts(project)
    for name in sources.flat:
        prepare_flat(project, name)
    check_agreement(project, keyed_tables(project))
    return prepared(project)


def prepare_missing(project: Project) -> None:
    """Run the stages up to linked calls if a source has not been read yet."""
    stored = [*source_tables(project)]
    if project.config.sources.calls:
        stored.append("identity_map")
    if contact_tables(project.config):
        stored.append("contacts")
    if any(project.store.manifest(name) is None for name in stored):
        prepare_all(project)


def prepared(project: Project) -> dict[str, Any]:
    """Read what the stages did from the stored tables."""
    names = source_tables(project)
    store = project.store
    counts = {
        name: summary_counts(store.frame(f"ingest_summary__{name}")) for name in names
    }
    has_calls = "calls" in names
    return {
        "sources": counts,
        "identity": identity_shares(store) if has_calls else {},
    }


def source_tables(project: Project) -> list[str]:
    """Name the stored table of every source of the config."""
    sources = project.config.sources
    fixed = ("calls", "customers", "customer_phones", "call_links", "customer_keys")
    named = [name for name in fixed if getattr(sources, name)]
    return [*named, *sources.events, *(flat_name(name) for name in sources.flat)]


def keyed_tables(project: Project) -> list[str]:
    """Name the stored tables of sources that have customers and times."""
    flat = {flat_name(name) for name in project.config.sources.flat}
    return [name for name in source_tables(project) if name not in flat]


def prepare_calls(project: Project) -> bool:
    """Make `calls`; tell whether the stage ran."""
    source = _required(project.config.sources.calls)
    identity = project.config.identity
    zone = project.config.time_zone
    key = load_key(identity, project.folder)
    if source.reader not in FOLDING:
        recipe = calls_recipe(source, identity, key, zone)
        return _ingest_stage(project, "calls", recipe)
    recipe = legs_recipe(source, identity, key)
    platform = find_platform(source.reader)

    def build(located: Recipe, files: list[SourceFile]) -> dict[str, Output]:
        return ingest_legs(project.store, files, located, platform, source)

    return _read_stage(project, (*source_outputs("calls"), "call_legs"), recipe, build)


def prepare_customers(project: Project) -> bool:
    """Make `customers` and `refusals`; tell whether the stage ran."""
    source = _required(project.config.sources.customers)
    recipe = customers_recipe(source, project.config.time_zone)
    return _ingest_stage(project, "customers", recipe)


def prepare_phones(project: Project) -> bool:
    """Make `customer_phones`; tell whether the stage ran."""
    source = _required(project.config.sources.customer_phones)
    identity = project.config.identity
    key = load_key(identity, project.folder)
    recipe = phones_recipe(source, identity, key)
    return _ingest_stage(project, "customer_phones", recipe)


def prepare_links(project: Project) -> None:
    """Make `call_links` and `customer_keys`, where the config names them."""
    sources = project.config.sources
    if sources.call_links:
        _ingest_stage(project, "call_links", call_links_recipe(sources.call_links))
    if sources.customer_keys:
        recipe = customer_keys_recipe(sources.customer_keys)
        _ingest_stage(project, "customer_keys", recipe)


def prepare_events(project: Project, name: str) -> bool:
    """Make one business event table; tell whether the stage ran."""
    source = project.config.sources.events[name]
    return _ingest_stage(project, name, event_recipe(name, source))


def prepare_flat(project: Project, name: str) -> bool:
    """Make one flat table; tell whether the stage ran."""
    source = project.config.sources.flat[name]
    table = flat_name(name)
    stage = Stage(
        name=f"read {table}",
        outputs=result_tables(table),
        files=find_files(project.folder, source, f"sources.flat.{name}"),
        settings={"source": source},
        code=CODE,
        always=source.database is not None,
    )

    def build() -> Mapping[str, Output]:
        return ingest_flat(project.store.backend, project.folder, name, source)

    with cleared_after(project.store.backend):
        return project.stages.run(stage, build)


def _ingest_stage(project: Project, table: str, recipe: Recipe) -> bool:
    def build(located: Recipe, files: list[SourceFile]) -> dict[str, Output]:
        return ingest(project.store, table, files, located)

    return _read_stage(project, (*source_outputs(table), *recipe.more), recipe, build)


def _read_stage(
    project: Project,
    outputs: Sequence[str],
    recipe: Recipe,
    build: Callable[[Recipe, list[SourceFile]], dict[str, Output]],
) -> bool:
    """Run the stage that reads one source; its first output is the source's table."""
    layer = recipe.layer
    files = find_files(project.folder, layer.source, layer.place)
    stage = Stage(
        name=f"read {outputs[0]}",
        outputs=outputs,
        files=files,
        settings={"source": layer.source, **recipe.settings},
        code=CODE,
        always=layer.source.database is not None,
    )
    named = source_files(project, layer.source, files)
    located = replace(recipe, layer=replace(layer, folder=project.folder))
    with cleared_after(project.store.backend):
        return project.stages.run(stage, lambda: build(located, named))


def _required(source: Source | None) -> Source:
    if source is None:
        raise AssertionError("this stage needs its section of `sources`")
    return source
