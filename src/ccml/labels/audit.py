"""The checks of labels: they see their own window, all of it, and nothing else."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ccml.config.labels import EventLabelConfig
from ccml.errors import DataError
from ccml.features.audit.case import Case
from ccml.features.audit.described import Described
from ccml.features.audit.finding import NOTHING, Finding, judged
from ccml.features.audit.garbage import GONE, TEN, with_fates
from ccml.features.audit.memory import Tables, memory_project
from ccml.features.audit.sample import (
    LINKS,
    Sample,
    company,
    happened_column,
    instants,
    turns_of,
)
from ccml.features.audit.worlds import Spared, dice_of, linked
from ccml.features.reference_rows import CALLS, Company, valid_row
from ccml.features.reference_values import meets
from ccml.labels.build import build_labels
from ccml.labels.reference import slow_label
from ccml.project import Project
from ccml.windows import Horizon

WINDOW, RIPE, EDGES, SLOW = (
    "label's window",
    "label's maturity",
    "label's boundary rows",
    "label's slow reference",
)
SAID = {
    WINDOW: "it changes with rows outside its window",
    RIPE: "it is not null although its horizon is not over",
    EDGES: "events at the edges of its window are not counted exactly once",
    SLOW: "it differs from the slow reference",
}
NEAR = timedelta(days=1)
"""Calls so near the window may decide whether one in it is a new contact."""
Labels = Mapping[tuple[Any, ...], int | None]


@dataclass(frozen=True)
class Question:
    """One predictor's label on drawn customers.

    Args:
        case: The drawn customers, their rows and features.
        name: The predictor.
        label: What is looked for.
    """

    case: Case
    name: str
    label: EventLabelConfig

    @property
    def sample(self) -> Sample:
        """What was drawn."""
        return self.case.sample

    @property
    def base(self) -> Described:
        """The drawn spine and its features."""
        return self.case.base

    @property
    def horizon(self) -> Horizon:
        """Gap, horizon and settling time."""
        label = self.label
        return Horizon(label.horizon_days, label.gap_days, label.settle_days)


def labels_of(project: Project, spine: str) -> dict[str, EventLabelConfig]:
    """Name the predictors that ask about the rows of a spine, with their labels."""
    return {
        name: predictor.label
        for name, predictor in project.config.predictors.items()
        if predictor.spine == spine and isinstance(predictor.label, EventLabelConfig)
    }


def check_labels(case: Case, only: Collection[str] = ()) -> list[Finding]:
    """Check the labels that are asked of the rows of a spine.

    Args:
        case: What was drawn.
        only: Checks to make; all when empty.
    """
    found = []
    for name, label in labels_of(case.project, case.sample.spine).items():
        case.project.progress.step(f"labels of {name}")
        found += _of_label(Question(case, name, label), only or CHECKS)
    return found


def _of_label(asked: Question, checks: Collection[str]) -> list[Finding]:
    if not {*checks} & {*CHECKS}:
        return []
    try:
        base = _labels(asked, asked.sample.tables)
    except DataError:
        why = "no drawn row has a label yet"
        return [Finding(RIPE, "label", asked.name, NOTHING, 0, 0, why)]
    return [work(asked, base) for check, work in CHECKS.items() if check in checks]


def _labels(asked: Question, tables: Tables) -> Labels:
    """Make the labels of the drawn rows by the same stage as in a real run."""
    sample = asked.sample
    made = {f"spine__{sample.spine}": asked.base.spine}
    made |= {f"features__{sample.spine}": asked.base.rows}
    with memory_project(asked.case.project, {**tables, **made}, sample.config) as small:
        build_labels(small, asked.name)
        rows = small.store.read(f"labels__{asked.name}").to_pyarrow()
    keys = zip(*(rows[key].to_pylist() for key in sample.keys), strict=True)
    return dict(zip(keys, rows["label"].to_pylist(), strict=True))


def _finding(check: str, asked: Question, rows: int, faults: int) -> Finding:
    return judged(check, "label", asked.name, (rows, faults), SAID[check])


def _cutoff(asked: Question, key: tuple[Any, ...]) -> datetime:
    moment: datetime = key[asked.sample.keys.index("cutoff_at")]
    return moment


def _maturity(asked: Question, base: Labels) -> Finding:
    """No label where gap, horizon and settling do not lie inside the data."""
    until = asked.sample.config.data_until
    assert until is not None  # noqa: S101 - the sample writes it into the config
    unripe = [
        label
        for key, label in base.items()
        if _cutoff(asked, key) + asked.horizon.known_after > until
    ]
    lost = len({*_keys(asked)} ^ set(base))
    faults = lost + sum(label is not None for label in unripe)
    return _finding(RIPE, asked, len(base), faults)


def _keys(asked: Question) -> list[tuple[Any, ...]]:
    spine, keys = asked.base.spine, asked.sample.keys
    return list(zip(*(spine[key].to_pylist() for key in keys), strict=True))


def _reference(asked: Question, base: Labels) -> Finding:
    size = min(asked.sample.config.audit.reference_rows, len(base))
    chosen = asked.sample.chance(asked.name).sample(sorted(base), size)
    everything = company(asked.sample.tables, asked.sample.config)
    events = _events(asked, everything)
    features = _features(asked) if asked.label.eligible else {}
    faults = sum(
        base[key] != _slow(asked, everything, events, key, features.get(key, {}))
        for key in chosen
    )
    return _finding(SLOW, asked, size, faults)


def _events(asked: Question, everything: Company) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for event in everything.linked_events(asked.label.table):
        row = {**event, "counts": meets(event, asked.label.where)}
        found.setdefault(event["customer_id"], []).append(row)
    return found


def _features(asked: Question) -> dict[tuple[Any, ...], dict[str, Any]]:
    keys = asked.sample.keys
    rows = asked.base.rows.to_pylist()
    return {tuple(row[key] for key in keys): row for row in rows}


def _slow(
    asked: Question,
    everything: Company,
    events: Mapping[str, Sequence[Mapping[str, Any]]],
    key: tuple[Any, ...],
    features: Mapping[str, Any],
) -> int | None:
    row = dict(zip(asked.sample.keys, key, strict=True))
    customer_id, until = row["customer_id"], asked.sample.config.data_until
    valid = valid_row(everything, customer_id, row["cutoff_at"]) or {}
    row["is_eligible"] = meets({**valid, **features}, asked.label.eligible)
    assert until is not None  # noqa: S101 - the sample writes it into the config
    own = _is_over(asked)
    theirs = events.get(customer_id, [])
    return slow_label(row, theirs, asked.label, until, skips_own=own)


def _is_over(asked: Question) -> bool:
    """Tell whether the rows are such events, over at the cutoff or the first of many."""
    spine, label = asked.sample.config.spines[asked.sample.spine], asked.label
    if spine.each != label.table:
        return False
    return label.repeats is not None or spine.at not in ("event_at", "started_at")


def _window(asked: Question, base: Labels) -> Finding:
    """Garbage before and after the window of each customer's turn changes nothing."""
    keys = [key for key in base if _is_turn(asked, key)]
    ids = [key[0] for key in keys]
    each = asked.sample.config.spines[asked.sample.spine].each
    keep = Spared(each, frozenset(map(str, ids)) if each else frozenset())
    other = _labels(asked, _outside(asked, keep))
    faults = sum(base[key] != other.get(key) for key in keys)
    return _finding(WINDOW, asked, len(keys), faults)


def _is_turn(asked: Question, key: tuple[Any, ...]) -> bool:
    row = dict(zip(asked.sample.keys, key, strict=True))
    return bool(asked.sample.turns.get(row["customer_id"]) == row["cutoff_at"])


def _outside(asked: Question, keep: Spared) -> Tables:
    sample, table = asked.sample, asked.label.table
    rows = sample.tables[table]
    near = NEAR if asked.label.repeats else timedelta(0)
    turns = turns_of(sample, sample.tables, table)
    at = instants(rows[happened_column(table)])
    begin = turns + np.timedelta64(asked.horizon.starts_after - near)
    end = turns + np.timedelta64(asked.horizon.ends_after + near)
    dice = dice_of(sample, f"outside of {asked.name}")
    fates = dice.integers(GONE, TEN + 1, len(rows))
    fates[((at >= begin) & (at < end)) | keep.rows(table, rows)] = -1
    made = {**sample.tables, table: with_fates(table, rows, fates, dice)}
    return linked(sample, made) if table == CALLS else made


def _edges(asked: Question, base: Labels) -> Finding:
    """An event planted beside the window's edges counts where it lies inside."""
    label, planted = asked.label, asked.case.planted
    told = label.repeats is None and label.at_least is None
    if not told or label.table not in planted.events:
        return _finding(EDGES, asked, 0, 0)
    tables = {**asked.sample.tables, label.table: planted.tables[label.table]}
    if label.table == CALLS:
        tables[LINKS] = planted.tables[LINKS]
    other = _labels(asked, tables)
    compared = faults = 0
    for key, before in base.items():
        if before is not None and _is_turn(asked, key):
            customer_id = key[asked.sample.keys.index("customer_id")]
            inside = planted.spot[customer_id].in_horizon(asked.horizon)
            compared += 1
            faults += other.get(key) != _with_one_more(label, before, inside=inside)
    return _finding(EDGES, asked, compared, faults)


def _with_one_more(label: EventLabelConfig, before: int, *, inside: bool) -> int:
    if not inside:
        return before
    return {"event": 1, "inactivity": 0, "count": before + 1}[label.kind]


CHECKS: dict[str, Callable[[Question, Labels], Finding]] = {
    RIPE: _maturity,
    SLOW: _reference,
    WINDOW: _window,
    EDGES: _edges,
}
"""The checks of a label by name."""
