"""The checks of features: each builds drawn tables with a change, and compares."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ccml.features.audit.case import Case
from ccml.features.audit.described import (
    Difference,
    at_turns,
    compare,
    describe_sample,
    until,
    until_turns,
)
from ccml.features.audit.finding import FAILS, HOLDS, NOTHING, Finding, judged
from ccml.features.audit.planted import counting
from ccml.features.audit.sample import Sample, company, turns_of, usable_from
from ccml.features.audit.worlds import cut_at, other_future, other_past, spared
from ccml.features.catalogue import Feature
from ccml.features.plan import CUSTOMERS, Plan
from ccml.features.reference import Moment, expected, is_same
from ccml.features.reference_rows import spine_rows
from ccml.project import Project

FUTURE, PAST, CUT = "future perturbation", "past sensitivity", "truncation"
EDGES, KEYS, SLOW = "boundary rows", "keys", "slow reference"
STORED, WORDS = "stored values", "vocabulary"
ADVICE = {
    FUTURE: "it changes with rows that happened or were known at or after the cutoff",
    PAST: "nothing changes with the past of the table",
    CUT: "it differs from what a database cut at the cutoff gives",
    EDGES: "events at the edges of its window are not counted exactly once",
    KEYS: "rows in are not rows out, or keys stand twice",
    SLOW: "it differs from the slow reference",
    STORED: "the stored values are not those that the same code gives now",
    WORDS: "values are told apart that were not known before the first cutoff",
}


def check_future(case: Case) -> list[Finding]:
    """Garbage, deletion and tenfold rows from each customer's turn on change nothing."""
    sample = case.sample
    rows = until_turns(sample, case.base.rows)
    tables = other_future(sample, spared(sample, rows))
    made = until_turns(sample, describe_sample(case.project, sample, tables).rows)
    return _unchanged(FUTURE, sample, compare(rows, made, sample.keys))


def check_cut(case: Case) -> list[Finding]:
    """Features equal those of a database that was physically cut at the cutoff."""
    sample = case.sample
    cutoffs = sorted(case.base.rows["cutoff_at"].to_pylist())
    moment = cutoffs[len(cutoffs) // 2]
    rows = until(moment, case.base.rows)
    tables = cut_at(sample, moment, spared(sample, rows))
    config = sample.config.model_copy(update={"data_until": moment})
    made = describe_sample(case.project, sample, tables, config)
    return _unchanged(CUT, sample, compare(rows, until(moment, made.rows), sample.keys))


def _unchanged(check: str, sample: Sample, found: Difference) -> list[Finding]:
    lost = found.missing + found.added
    findings = [
        judged(check, "feature", name, (found.rows, int(differs.sum())), ADVICE[check])
        for name, differs in found.changed.items()
    ]
    said = "rows of the spine came or went"
    keys = judged(check, "spine", sample.spine, (found.rows + lost, lost), said)
    return [keys, *findings]


def check_past(case: Case) -> list[Finding]:
    """Each table is really looked at: another past gives other features."""
    sample = case.sample
    rows = at_turns(sample, case.base.rows)
    tables = other_past(sample, spared(sample, rows))
    made = at_turns(sample, describe_sample(case.project, sample, tables).rows)
    changed = compare(rows, made, sample.keys).changed
    return [
        _sees(sample, table, features, changed)
        for table, features in _by_table(case.plan).items()
    ]


def _by_table(plan: Plan) -> dict[str, Sequence[Feature]]:
    tables = {name: t.features for name, t in plan.tables.items() if t.features}
    return tables | ({CUSTOMERS: plan.attributes} if plan.attributes else {})


def _sees(
    sample: Sample, table: str, features: Sequence[Feature], changed: Mapping[str, Any]
) -> Finding:
    """A count tells that the table's own past was seen, whatever else changed."""
    usable = usable_from(sample.tables, table) < turns_of(sample, sample.tables, table)
    rows = int(usable.sum())
    seen = sum(bool(changed[f.name].any()) for f in features)
    verdict = NOTHING if not rows else HOLDS if seen else FAILS
    detail = f"{seen} of {len(features)} features changed with {rows:,} other rows"
    if verdict == FAILS:
        detail = ADVICE[PAST]
    return Finding(PAST, "table", table, verdict, rows, int(verdict == FAILS), detail)


def check_edges(case: Case) -> list[Finding]:
    """An event planted beside a cutoff is counted by the windows it lies in, and once."""
    sample = case.sample
    made = describe_sample(case.project, sample, case.planted.tables)
    rows = at_turns(sample, case.base.rows)
    one, other = _same_rows(rows, at_turns(sample, made.rows), sample.keys)
    spots = [case.planted.spot[i] for i in one["customer_id"].to_pylist()]
    findings = []
    for table in sorted(case.planted.events & {*case.plan.tables}):
        for feature in counting(case.plan.tables[table].features):
            wanted = np.array([s.in_window(feature.window_days) for s in spots], int)
            counted = _counts(other, feature) - _counts(one, feature)
            wrong = {s.name for s, w in zip(spots, counted != wanted, strict=True) if w}
            said = f"{ADVICE[EDGES]}: {', '.join(sorted(wrong))}"
            faults = int((counted != wanted).sum())
            found = (len(spots), faults)
            findings.append(judged(EDGES, "feature", feature.name, found, said))
    return findings


def _counts(rows: pa.Table, feature: Feature) -> Any:
    return rows[feature.name].to_numpy().astype(np.int64)


def _same_rows(
    one: pa.Table, other: pa.Table, keys: list[str]
) -> tuple[pa.Table, pa.Table]:
    """Choose the rows of the same keys, in the same order."""
    left = list(zip(*(one[key].to_pylist() for key in keys), strict=True))
    right = {
        key: i
        for i, key in enumerate(
            zip(*(other[key].to_pylist() for key in keys), strict=True)
        )
    }
    both = [(i, right[key]) for i, key in enumerate(left) if key in right]
    return one.take([i for i, _ in both]), other.take([j for _, j in both])


def check_keys(case: Case) -> list[Finding]:
    """The spine has exactly the rows that it must have, and so have its features."""
    sample = case.sample
    wanted = spine_rows(sample.company, sample.spine)
    findings = []
    for what, table in (
        ("rows of the spine", case.base.spine),
        ("rows of features", case.base.rows),
    ):
        found = list(zip(*(table[key].to_pylist() for key in sample.keys), strict=True))
        missing, more = len(wanted - {*found}), len({*found} - wanted)
        twice = len(found) - len({*found})
        said = f"{what}: {missing} missing, {more} that should not be, {twice} twice"
        counted = (len(wanted), missing + more + twice)
        findings.append(judged(KEYS, "spine", sample.spine, counted, said))
    return findings


def check_reference(case: Case) -> list[Finding]:
    """Features equal what plain Python makes of the same rows."""
    sample = case.sample
    size = min(sample.config.audit.reference_rows, len(case.base.rows))
    places = sorted(sample.chance("reference").sample(range(len(case.base.rows)), size))
    rows = case.base.rows.take(places)
    faults = dict.fromkeys(case.base.names, 0)
    for moment, values in _moments(sample, case.plan, rows):
        for feature in case.plan.features:
            wanted = expected(moment, feature)
            faults[feature.name] += not is_same(values[feature.name], wanted)
    return [
        judged(SLOW, "feature", name, (size, wrong), ADVICE[SLOW])
        for name, wrong in faults.items()
    ]


def _moments(
    sample: Sample, plan: Plan, rows: pa.Table
) -> Iterator[tuple[Moment, dict[str, Any]]]:
    everything = company(sample.tables, sample.config)
    features = {feature.name: feature for feature in plan.features}
    for place, values in enumerate(rows.to_pylist()):
        keys = {key: values[key] for key in sample.keys}
        made = rows.slice(place, 1).select(list(features))
        yield Moment(everything, features, keys, made), values


def check_stored(case: Case) -> list[Finding]:
    """What is stored is what the code makes now, of the same keys as its spine."""
    sample = case.sample
    stored = case.project.store.read(f"features__{sample.spine}")
    rows = stored.filter(stored.customer_id.isin(sorted(sample.turns))).to_pyarrow()
    exact = case.project.config.engine.backend == sample.config.engine.backend
    found = compare(case.base.rows, rows, sample.keys, exact=exact)
    return [
        *_unchanged(STORED, sample, found),
        *_stored_keys(case.project, sample),
    ]


def _stored_keys(project: Project, sample: Sample) -> Iterator[Finding]:
    spine = project.store.read(f"spine__{sample.spine}")
    features = project.store.read(f"features__{sample.spine}")
    keys = sample.keys
    rows = int(spine.count().execute())
    for what, one, other in (
        ("rows of the spine have no features", spine, features),
        ("rows of features are not in the spine", features, spine),
    ):
        lost = int(one.anti_join(other, keys).count().execute())
        yield judged(KEYS, "spine", sample.spine, (rows, lost), what)
    twice = int(features.count().execute())
    twice -= int(features.select(keys).distinct().count().execute())
    said = "keys stand in more than one row of features"
    yield judged(KEYS, "spine", sample.spine, (rows, twice), said)
