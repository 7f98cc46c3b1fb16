"""The stage that finds customers who are one person."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import ibis

from ccml.config.duplicates import DuplicatesConfig
from ccml.config.sources import CustomersSource
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.identity.duplicates import ABOUT, customer_duplicates, tidy_people
from ccml.identity.recipes import customers_recipe
from ccml.project import Project
from ccml.sources.cast import INSTANT, Cast, as_instant, as_text
from ccml.sources.crm.read import carried, crm_raw
from ccml.sources.customers import ALWAYS
from ccml.sources.files import find_files
from ccml.sources.parts import base_folder
from ccml.sources.pulls import stage_whole
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import cleared_after, keep_aside
from ccml.sources.staging import typed_rows

DUPLICATES = "customer_duplicates"
PLACE = "identity.duplicates.columns"


def find_duplicates(project: Project) -> bool:
    """Make `customer_duplicates`; tell whether the stage ran.

    Raises:
        ConfigError: No customers' source is there to look at.
    """
    source, config = project.config.sources.customers, _config(project)
    if source is None:
        raise ConfigError(
            "identity.duplicates: customers are compared with one another, so "
            "sources.customers is needed; add it, or take identity.duplicates out."
        )
    identity = project.config.identity
    stage = Stage(
        name="find duplicates",
        outputs=(DUPLICATES,),
        inputs=("customers",),
        files=find_files(project.folder, source, "sources.customers"),
        settings={
            "source": source,
            "duplicates": config,
            "phones": [identity.phone_region, identity.internal_digits],
            "most_shared": identity.shared_by_at_most,
            "seed": project.config.seed,
        },
        code=("identity", "sources", "config/duplicates"),
        always=source.database is not None,
    )
    with cleared_after(project.store.backend):
        return project.stages.run(stage, lambda: _build(project, source, config))


def _config(project: Project) -> DuplicatesConfig:
    config = project.config.identity.duplicates
    if config is None:
        raise AssertionError("this stage needs identity.duplicates")
    return config


def _build(
    project: Project, source: CustomersSource, config: DuplicatesConfig
) -> Mapping[str, Output]:
    rows = _people(project, source, config)
    kept = rows.semi_join(project.store.read("customers"), "customer_id")
    people = tidy_people(
        keep_aside(project.store.backend, kept), project.config.identity
    )
    most_shared = project.config.identity.shared_by_at_most
    pairs = customer_duplicates(people, config, most_shared, project.config.seed)
    return {DUPLICATES: Table(pairs, ("customer_id", "same_as"), ABOUT)}


def _people(
    project: Project, source: CustomersSource, config: DuplicatesConfig
) -> ibis.Table:
    """Read the columns of persons from the customers' export, into memory only."""
    layer = customers_recipe(source, project.config.time_zone).layer
    shape = partial(_shape, source, config)
    layer = replace(layer, shape=shape, folder=project.folder)
    files = find_files(project.folder, source, layer.place)
    base = base_folder(project.folder, source.path)
    return stage_whole(project.store.backend, layer, files, base).table


def _shape(
    source: CustomersSource, config: DuplicatesConfig, raw: RawFiles
) -> ibis.Table:
    wanted = {str(name): column for name, column in config.columns.items()}
    wanted["customer_id"] = source.customer_id
    if source.valid_from:
        wanted["valid_from"] = source.valid_from
    raw = crm_raw(source, wanted, PLACE, raw)
    require_columns(raw, wanted, PLACE)
    since = Cast(ibis.literal(ALWAYS).cast(INSTANT))
    if source.valid_from:
        since = as_instant(raw.rows[source.valid_from], source.time_zone)
    casts = {name: as_text(raw.rows[column]) for name, column in wanted.items()}
    return typed_rows(raw.rows, casts | {"valid_from": since} | carried(source, raw))
