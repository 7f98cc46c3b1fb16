"""The audit of one spine: its features, and the labels asked of its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence

from ccml.config.labels import EventLabelConfig
from ccml.features.audit.case import Case
from ccml.features.audit.checks import (
    CUT,
    EDGES,
    FUTURE,
    KEYS,
    PAST,
    SLOW,
    STORED,
    WORDS,
    check_cut,
    check_edges,
    check_future,
    check_keys,
    check_past,
    check_reference,
    check_stored,
)
from ccml.features.audit.described import describe_sample
from ccml.features.audit.finding import Finding
from ccml.features.audit.leaks import LATER, check_columns
from ccml.features.audit.planted import Planted, plant, spots
from ccml.features.audit.sample import Sample, draw
from ccml.features.audit.vocabulary import check_vocabulary
from ccml.features.plan import Plan, plan_features
from ccml.labels.audit import check_labels, labels_of
from ccml.project import Project
from ccml.windows import Horizon

OF_FEATURES: dict[str, Callable[[Case], list[Finding]]] = {
    LATER: check_columns,
    WORDS: check_vocabulary,
    KEYS: check_keys,
    STORED: check_stored,
    SLOW: check_reference,
    FUTURE: check_future,
    PAST: check_past,
    CUT: check_cut,
    EDGES: check_edges,
}
"""The checks of features by name."""


def audit_spine(
    project: Project, name: str, only: Collection[str] = ()
) -> list[Finding]:
    """Check the features and labels of a spine whose features and labels stand.

    Args:
        project: The project.
        name: The spine.
        only: Checks to make, of features and of labels; all when empty.
    """
    project.progress.step("drawing customers")
    plan = plan_features(project, project.config.spines[name])
    labels = labels_of(project, name)
    sample = draw(project, name, plan, {label.table for label in labels.values()})
    base = describe_sample(project, sample, sample.tables)
    case = Case(project, plan, sample, base, _planted(sample, plan, labels))
    people, rows = len(sample.turns), len(base.rows)
    findings = []
    for check, work in OF_FEATURES.items():
        if check in (only or OF_FEATURES):
            project.progress.step(f"{people} customers, {rows:,} rows: {check}")
            findings += work(case)
    return [*findings, *check_labels(case, only)]


def _planted(
    sample: Sample, plan: Plan, labels: Mapping[str, EventLabelConfig]
) -> Planted:
    """Plant events that features and labels of their table count alike."""
    tables = sample.config.features.tables
    where: dict[str, list[str | None]] = {
        name: [tables[name].where] for name in plan.tables if name in tables
    }
    for label in labels.values():
        where.setdefault(label.table, []).append(label.where)
    places = spots(_windows(plan), [_horizon(label) for label in labels.values()])
    return plant(sample, places, where)


def _windows(plan: Plan) -> Sequence[int]:
    features = [f for table in plan.tables.values() for f in table.features]
    return sorted({f.window_days for f in features if f.window_days})


def _horizon(label: EventLabelConfig) -> Horizon:
    return Horizon(label.horizon_days, label.gap_days, label.settle_days)
