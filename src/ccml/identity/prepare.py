"""The stages from exports to canonical tables, and from calls to customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from ccml.config.sources import FileSource
from ccml.contracts.summary import summary_counts
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.identity.agreement import check_agreement
from ccml.identity.check import require_inputs
from ccml.identity.keys import load_key
from ccml.identity.link import identity_map
from ccml.identity.quality import identity_shares, match_quality
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
CODE = ("contracts", "identity", "sources", "config/sources")


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
    if sources.customer_phones:
        prepare_phones(project)
    if sources.calls:
        prepare_calls(project)
        link_calls(project)
    for name in sources.events:
        prepare_events(project, name)
    for name in sources.flat:
        prepare_flat(project, name)
    check_agreement(project, keyed_tables(project))
    return prepared(project)


def prepare_missing(project: Project) -> None:
    """Run the stages up to linked calls if a source has not been read yet."""
    stored = [*source_tables(project)]
    if project.config.sources.calls:
        stored.append("identity_map")
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
    fixed = ("calls", "customers", "customer_phones")
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
    )

    def build() -> Mapping[str, Output]:
        return ingest_flat(project.store.backend, project.folder, name, source)

    with cleared_after(project.store.backend):
        return project.stages.run(stage, build)


def link_calls(project: Project) -> bool:
    """Make `identity_map` and `match_quality`; tell whether the stage ran."""
    sources = project.config.sources
    others = [
        name for name in ("customers", "customer_phones") if getattr(sources, name)
    ]
    zone = project.config.time_zone
    stage = Stage(
        name="link calls",
        outputs=("identity_map", "match_quality"),
        inputs=("calls", *others),
        settings={"time_zone": zone},
        code=CODE,
    )
    return project.stages.run(stage, lambda: _links(project, others, zone))


def _links(project: Project, others: Sequence[str], zone: str) -> dict[str, Output]:
    store = project.store
    tables = {name: store.read(name) for name in others}
    calls = store.read("calls")
    links = identity_map(calls, tables.get("customers"), tables.get("customer_phones"))
    links = links.cache()
    quality = match_quality(calls, links, zone)
    return {
        "identity_map": Table(links, ("call_id",), "one row per call"),
        "match_quality": Table(
            quality, ("month", "queue"), "one row per local month and queue"
        ),
    }


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
    is_database = layer.source.database is not None
    files = [] if is_database else find_files(project.folder, layer.source, layer.place)
    stage = Stage(
        name=f"read {outputs[0]}",
        outputs=outputs,
        files=files,
        settings={"source": layer.source, **recipe.settings},
        code=CODE,
        always=is_database,
    )
    named = source_files(project, layer.source, files)
    located = replace(recipe, layer=replace(layer, folder=project.folder))
    with cleared_after(project.store.backend):
        return project.stages.run(stage, lambda: build(located, named))


def _required(source: Source | None) -> Source:
    if source is None:
        raise AssertionError("this stage needs its section of `sources`")
    return source
