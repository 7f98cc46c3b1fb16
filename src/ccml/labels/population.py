"""Which rows of a spine are asked about at all."""

from collections.abc import Sequence

import ibis

from ccml.config.expressions import condition_columns
from ccml.engine.conditions import condition
from ccml.errors import ConfigError, unknown_name
from ccml.features.as_of import rows_valid_at
from ccml.project import Project


def with_eligible(
    project: Project, name: str, spine: ibis.Table, described_by: str | None = None
) -> ibis.Table:
    """Add `is_eligible` to rows that a predictor may ask about.

    The condition reads features of the spine, and attributes of customers as they were
    known at the cutoff; a feature comes first where both have a name.

    Args:
        project: The project.
        name: The predictor.
        spine: row_id, customer_id, cutoff_at and the keys.
        described_by: Spine whose features describe the rows; default: the predictor's.

    Raises:
        ConfigError: The condition names a column that is neither, or an attribute of
            which only the newest value is on record.
    """
    predictor = project.config.predictors[name]
    text = getattr(predictor.label, "eligible", None)
    if text is None:
        return spine.mutate(is_eligible=ibis.literal(True))
    where = f"predictors.{name}.label.eligible"
    described = project.store.read(f"features__{described_by or predictor.spine}")
    wanted = condition_columns(text)
    attributes = [c for c in wanted if c not in described.columns]
    features = [c for c in wanted if c in described.columns]
    keys = [c for c in spine.columns if c != "row_id"]
    rows = spine.join(described.select(*keys, *features), keys)
    if attributes:
        valid = _valid(project, spine, attributes, [*described.columns], where)
        rows = rows.left_join(valid, "row_id").drop("row_id_right")
    kept = rows.filter(condition(rows, text, where)).select(eligible_row="row_id")
    found = spine.left_join(kept, spine.row_id == kept.eligible_row)
    return found.mutate(is_eligible=found.eligible_row.notnull()).drop("eligible_row")


def population_inputs(
    project: Project, name: str, described_by: str | None = None
) -> list[str]:
    """Name the stored tables that tell who is eligible."""
    predictor = project.config.predictors[name]
    if getattr(predictor.label, "eligible", None) is None:
        return []
    customers = ["customers"] if project.config.sources.customers else []
    return [f"features__{described_by or predictor.spine}", *customers]


def _valid(
    project: Project,
    spine: ibis.Table,
    attributes: Sequence[str],
    features: Sequence[str],
    where: str,
) -> ibis.Table:
    """Read attributes as of the cutoff: row_id and the attributes."""
    source = project.config.sources.customers
    known = list(source.attributes) if source else []
    for column in attributes:
        if column not in known:
            raise unknown_name("column", column, [*features, *known], where)
    if source and source.current_only and not source.i_know_this_leaks:
        raise ConfigError(
            f"{where}: {list(attributes)} are read from sources.customers, which is "
            f"current_only, so they would leak the future into the past; give valid_from, "
            f"name features instead, or set i_know_this_leaks: true."
        )
    customers = project.store.read("customers")
    valid = rows_valid_at(spine, customers, attributes)
    return valid.select("row_id", *attributes)
