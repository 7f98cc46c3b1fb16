"""The stage that makes the labels of one predictor."""

from collections.abc import Mapping

from ccml.config.predictors import EventLabelConfig
from ccml.engine.conditions import condition
from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError
from ccml.features.events import customer_events, event_inputs
from ccml.features.spine import spine_keys, with_row_id
from ccml.labels.event_label import event_label
from ccml.project import Project
from ccml.sources.watermark import data_until
from ccml.windows import Horizon

STARTS = ("event_at", "started_at")
"""Columns that cut a spine just before its own event happens."""


def build_labels(project: Project, name: str) -> bool:
    """Make the labels of one predictor with a spine, unless they stand."""
    label, spine = _event_label_of(project, name)
    stage = Stage(
        name=f"labels of {name}",
        outputs=[f"labels__{name}"],
        inputs=[f"spine__{spine}", *event_inputs(label.table)],
        settings={"label": label, "until": data_until(project)},
        code=("labels", "windows"),
    )
    return project.stages.run(stage, lambda: _build(project, name))


def label_rule(project: Project, name: str) -> str:
    """Say in words what the label of a predictor means."""
    config = project.config.predictors[name]
    label = config.label
    if not isinstance(label, EventLabelConfig):
        return f"{label.column} is {label.positive}"
    what = f"an event of {label.table}" + (
        f" where {label.where}" if label.where else ""
    )
    start = f"{label.gap_days} days after" if label.gap_days else "right after"
    return (
        f"{what} happens within {label.horizon_days} days, counted from {start} the "
        f"cutoff"
    )


def _event_label_of(project: Project, name: str) -> tuple[EventLabelConfig, str]:
    config = project.config.predictors[name]
    if not isinstance(config.label, EventLabelConfig) or config.spine is None:
        raise ConfigError(f"predictors.{name}: a label over time needs a spine.")
    return config.label, config.spine


def _is_over(project: Project, spine: str, label: EventLabelConfig) -> bool:
    """Tell whether the label's events make the spine, each cut after its own start."""
    config = project.config.spines[spine]
    return config.each == label.table and config.at not in STARTS


def _build(project: Project, name: str) -> Mapping[str, Table]:
    label, spine_name = _event_label_of(project, name)
    keys = spine_keys(project.config.spines[spine_name])
    spine = with_row_id(project.store.read(f"spine__{spine_name}"), keys).cache()
    events = customer_events(project, label.table)
    where = f"predictors.{name}.label.where"
    events = events.filter(condition(events, label.where, where))
    horizon = Horizon(label.horizon_days, label.gap_days, label.settle_days)
    until = data_until(project)
    labelled = event_label(
        spine, events, horizon, until, skip_own=_is_over(project, spine_name, label)
    ).cache()
    if labelled.label.count().execute() == 0:
        raise DataError(
            f"predictors.{name}: no label is known yet: every cutoff needs "
            f"{horizon.known_after.days} days after it (gap_days + horizon_days + "
            f"settle_days) and the data end on {until.astimezone(project.zone):%Y-%m-%d}; "
            f"shorten `horizon_days`, add data or set earlier cutoffs."
        )
    table = Table(
        labelled.select(*keys, "label"), keys, f"one row per {', '.join(keys)}"
    )
    return {f"labels__{name}": table}
