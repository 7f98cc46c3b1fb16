"""Which customers are scored, and at which cutoff: one row per customer, the newest."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import ibis
import pandas as pd

from ccml.errors import ConfigError, DataError
from ccml.features.spine import spine_keys, with_row_id
from ccml.labels.population import with_eligible
from ccml.project import Project
from ccml.sources.watermark import data_until

CHUNK_ROWS = 100_000  # fewer rows would pay the start of the fast reasons more often


def scoring_spine(project: Project, name: str) -> str:
    """Name the spine whose newest rows a predictor scores.

    Raises:
        ConfigError: The predictor learns from a flat table and names no spine.
    """
    config = project.config.predictors[name]
    spine = config.scoring.spine or config.spine
    if spine is None:
        raise ConfigError(
            f"predictors.{name}: it learns from the flat table {config.table!r}, which "
            f"has no customers and no cutoffs, so nobody can be scored; use a spine."
        )
    return spine


def newest_rows(project: Project, name: str) -> ibis.Table:
    """Choose the keys to be scored, numbered in chunks.

    Of a periodic spine: everybody at the newest cutoff. Of events: the latest event of
    each customer within `scoring.recent_days` before the end of the data. Rows that do
    not meet `label.eligible` are left out, as no model has learnt from such.

    Raises:
        DataError: Nobody is left.
    """
    spine = scoring_spine(project, name)
    config = project.config.spines[spine]
    keys = project.store.read(f"features__{spine}").select(*spine_keys(config))
    if config.each:
        chosen = _latest_events(project, name, keys)
    else:
        chosen = keys.filter(keys.cutoff_at == keys.cutoff_at.max().as_scalar())
    chosen = _eligible(project, name, chosen)
    position = ibis.row_number().over(order_by=chosen.customer_id)
    numbered = chosen.mutate(chunk=(position // CHUNK_ROWS).cast("int64")).cache()
    if numbered.count().execute() == 0:
        raise DataError(
            f"predictors.{name}.scoring: no customer of spine {spine!r} can be scored; "
            f"look at recent_days ({project.config.predictors[name].scoring.recent_days}) "
            f"and, where there is one, at label.eligible."
        )
    return numbered


def _eligible(project: Project, name: str, chosen: ibis.Table) -> ibis.Table:
    spine = scoring_spine(project, name)
    keys = spine_keys(project.config.spines[spine])
    rows = with_eligible(project, name, with_row_id(chosen, keys), spine)
    return rows.filter(rows.is_eligible).select(*keys)


def _latest_events(project: Project, name: str, keys: ibis.Table) -> ibis.Table:
    days = project.config.predictors[name].scoring.recent_days
    oldest = data_until(project) - timedelta(days=days)
    recent = keys.filter(keys.cutoff_at >= ibis.literal(oldest))
    newest_first = ibis.window(
        group_by=recent.customer_id,
        order_by=[recent.cutoff_at.desc(), recent.event_id.desc()],
    )
    ranked = recent.mutate(place=ibis.row_number().over(newest_first))
    return ranked.filter(ranked.place == 0).drop("place")


def chunks(
    project: Project, name: str, chosen: ibis.Table, given: Mapping[str, Any]
) -> Iterator[pd.DataFrame]:
    """Read keys and features of the chosen rows, some at a time, in order of customer.

    Args:
        project: The project.
        name: The predictor.
        chosen: What `newest_rows` gave.
        given: Feature values that are set for everybody.
    """
    spine = scoring_spine(project, name)
    features = project.store.read(f"features__{spine}")
    keys = spine_keys(project.config.spines[spine])
    last = int(chosen.chunk.max().execute())
    for number in range(last + 1):
        part = features.semi_join(chosen.filter(chosen.chunk == number), keys)
        frame = part.order_by("customer_id").to_pandas()
        yield frame.assign(**given)
