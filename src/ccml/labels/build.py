"""The stage that makes the labels of one predictor."""

from collections.abc import Mapping

import ibis

from ccml.config.labels import CALLS, EventLabelConfig
from ccml.engine.conditions import condition
from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError
from ccml.features.events import customer_events, event_inputs
from ccml.features.spark_project import on_engine
from ccml.features.spine import spine_keys, with_row_id
from ccml.labels.population import population_inputs, with_eligible
from ccml.labels.rows import LABELLED, NOT_ELIGIBLE, Looked, horizon, label_rows
from ccml.project import Project
from ccml.sources.watermark import data_until

CODE = ("labels", "windows", "kpis/repeats", "features/as_of", "engine/conditions")
STARTS = ("event_at", "started_at")
"""Columns that cut a spine just before its own event happens."""


def build_labels(project: Project, name: str) -> bool:
    """Make the labels of one predictor with a spine, unless they stand."""
    label, spine = _event_label_of(project, name)
    stage = Stage(
        name=f"labels of {name}",
        outputs=[f"labels__{name}"],
        inputs=[
            f"spine__{spine}",
            *event_inputs(label.table),
            *population_inputs(project, name),
        ],
        settings={
            "label": label,
            "spine": project.config.spines[spine],
            "until": data_until(project),
        },
        code=CODE,
    )
    return project.stages.run(stage, lambda: _build(on_engine(project), name))


def spine_rows(project: Project, name: str) -> ibis.Table:
    """Open the rows that a predictor asks about.

    Returns:
        The keys of the spine, row_id and is_eligible.
    """
    _label, spine = _event_label_of(project, name)
    keys = spine_keys(project.config.spines[spine])
    rows = with_row_id(project.store.read(f"spine__{spine}"), keys)
    return with_eligible(project, name, rows)


def looked_for(project: Project, name: str) -> Looked:
    """Open the events that a predictor's label looks for, those that count marked."""
    label, spine = _event_label_of(project, name)
    events = customer_events(project, label.table)
    meets = condition(events, label.where, f"predictors.{name}.label.where")
    return Looked(
        events.mutate(counts=meets.fill_null(False)),
        label,
        data_until(project),
        skips_own=_skips_own(project, spine, label),
    )


def _event_label_of(project: Project, name: str) -> tuple[EventLabelConfig, str]:
    config = project.config.predictors[name]
    if not isinstance(config.label, EventLabelConfig) or config.spine is None:
        raise ConfigError(f"predictors.{name}: a label over time needs a spine.")
    return config.label, config.spine


def _skips_own(project: Project, spine: str, label: EventLabelConfig) -> bool:
    """Tell whether the spine's rows are among the events, and never count themselves.

    Other rows than repeats may be cut just before their own event, to foretell it.
    """
    config = project.config.spines[spine]
    if label.repeats:
        return config.each == CALLS
    return config.each == label.table and config.at not in STARTS


def _build(project: Project, name: str) -> Mapping[str, Table]:
    _label, spine = _event_label_of(project, name)
    looked = looked_for(project, name)
    rows = spine_rows(project, name).cache()
    labelled = label_rows(rows, looked).cache()
    told = _told(project, name, labelled, looked)
    project.progress.note(f"labels of {name}: {told}")
    keys = spine_keys(project.config.spines[spine])
    table = Table(
        labelled.select(*keys, "label", "status"),
        keys,
        f"one row per {', '.join(keys)}: {told}",
    )
    return {f"labels__{name}": table}


def _told(project: Project, name: str, labelled: ibis.Table, looked: Looked) -> str:
    """Say how many rows have a label, and why the others have none.

    Raises:
        DataError: None has.
    """
    found = labelled.group_by("status").agg(n=labelled.count()).to_pandas()
    counts = {status: int(n) for status, n in zip(found.status, found.n, strict=True)}
    total = sum(counts.values())
    if LABELLED not in counts:
        raise _without_labels(project, name, counts, looked)
    first = counts.pop(LABELLED)
    parts = [
        f"{first:,} labelled",
        *(f"{n:,} {why}" for why, n in sorted(counts.items())),
    ]
    return f"{total:,} rows = {' + '.join(parts)}"


def _without_labels(
    project: Project, name: str, counts: Mapping[str, int], looked: Looked
) -> DataError:
    if set(counts) == {NOT_ELIGIBLE}:
        return DataError(
            f"predictors.{name}.label.eligible: no row of the spine meets "
            f"{looked.label.eligible!r}; widen it or look at the features it names."
        )
    until = looked.until.astimezone(project.zone)
    return DataError(
        f"predictors.{name}: no label is known yet: every cutoff needs "
        f"{horizon(looked.label).known_after.days} days after it (gap_days + "
        f"horizon_days + settle_days) and the data end on {until:%Y-%m-%d}; shorten "
        f"`horizon_days`, add data or set earlier cutoffs."
    )
