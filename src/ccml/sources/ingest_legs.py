"""From a platform's legs to calls, every row of the export accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass

import ibis

from ccml.config.sources import CallsSource
from ccml.contracts.calls import CALL_LEGS, CALLS
from ccml.contracts.schema import OPEN_CALL
from ccml.contracts.split import FAULT, POSITION, REASON, judge
from ccml.engine.stage import Output
from ccml.engine.store import Store
from ccml.sources.buckets import buckets
from ccml.sources.calls import finish_calls
from ccml.sources.folding import fold, sequenced
from ccml.sources.ingest import (
    Recipe,
    account,
    note_counts,
    source_parts,
    stored_rows,
)
from ccml.sources.linking import CHAIN, chained
from ccml.sources.parts import SourceFile
from ccml.sources.platforms.platform import Platform
from ccml.sources.scratch import add_rows, as_view, drop, keep_aside
from ccml.sources.staging import note_columns
from ccml.sources.versions import newest_versions

STATES = {"queued", "abandoned", "short_abandon", "ivr_only", "flow_out"}
"""States that would follow from others, where a platform does not tell them."""
GIVEN_LATER = {"call_id", "source_row_id"}
OF_LEGS = tuple(
    dict.fromkeys(
        (
            CHAIN,
            "row_key",
            *POSITION,
            *(name for name in CALL_LEGS.names if name not in GIVEN_LATER),
        )
    )
)
"""What is kept of legs once their calls are made."""


@dataclass(frozen=True)
class Folded:
    """Calls with their `_chain` and `_fault`, their legs, and the rows of neither.

    Args:
        calls: One row per call, judged.
        legs: The legs of all calls, numbered.
        aside: source_file, _row_no and reason of rows that belong to no call.
    """

    calls: ibis.Table
    legs: ibis.Table
    aside: ibis.Table


@dataclass(frozen=True)
class Rules:
    """What folding must know of the platform.

    Args:
        platform: Its name, the beginning of call ids.
        short_abandon_s: Abandons sooner than this are short, where the platform does
            not say so itself.
        untold: States of which the platform knows nothing: null, whatever would follow.
    """

    platform: str
    short_abandon_s: float = 5.0
    untold: frozenset[str] = frozenset()


def rules_of(platform: Platform, source: CallsSource) -> Rules:
    """Read the rules from the platform's reader and the config."""
    untold = STATES & set(platform.gaps) - platform.gives
    return Rules(platform.label, source.short_abandon_s, frozenset(untold))


def fold_legs(legs: ibis.Table, rules: Rules) -> Folded:
    """Fold typed legs into judged calls, piece by piece where they are many.

    Args:
        legs: Legs without personal values, with source_file, _row_no and _fault.
        rules: What the platform tells.
    """
    faults = keep_aside(ibis.get_backend(legs), _faults(legs))
    good = as_view(legs.anti_join(faults, POSITION).drop(FAULT))
    versions = newest_versions(good)
    size = int(legs.count().execute())
    linked = as_view(chained(versions.newest))
    folded = [_fold_piece(piece, rules) for piece in buckets(linked, CHAIN, size)]
    calls, numbered, open_rows = (
        _together(tables) for tables in zip(*folded, strict=True)
    )
    aside = faults.union(versions.aside).union(open_rows)
    return Folded(calls, numbered, aside)


def _fold_piece(
    linked: ibis.Table, rules: Rules
) -> tuple[ibis.Table, ibis.Table, ibis.Table]:
    """Fold the legs of some calls: the calls, their legs, and rows of open calls."""
    backend = ibis.get_backend(linked)
    is_open = linked.filter(linked.ended_at.isnull()).select(CHAIN).distinct()
    open_rows = _rows_of(linked.semi_join(is_open, CHAIN), ibis.literal(OPEN_CALL))
    numbered = sequenced(linked, is_open)
    calls = fold(numbered)
    call_id = f"{rules.platform}:" + calls.call_ref
    named = as_view(calls.mutate(call_id=call_id).drop("call_ref"))
    finished = finish_calls(named, rules.short_abandon_s, rules.platform)
    nulls = {name: ibis.null("boolean") for name in rules.untold}
    judged = judge(CALLS, finished.mutate(**nulls, **{FAULT: ibis.null("string")}))
    wanted = dict.fromkeys((CHAIN, *CALLS.names, *note_columns(judged), FAULT))
    return (
        keep_aside(backend, judged.select(*wanted)),
        keep_aside(backend, numbered.select(*OF_LEGS)),
        keep_aside(backend, open_rows),
    )


def _together(tables: Sequence[ibis.Table]) -> ibis.Table:
    """Bring passing tables together in the first one."""
    for table in tables[1:]:
        add_rows(tables[0], table)
        drop(ibis.get_backend(table), table)
    return tables[0]


def ingest_legs(
    store: Store,
    files: list[SourceFile],
    recipe: Recipe,
    platform: Platform,
    source: CallsSource,
) -> dict[str, Output]:
    """Read a platform's files, fold their legs, and judge the calls.

    Raises:
        DataError: Too many rows are bad, or a file is not what the config says.
    """
    parts = source_parts(store, "calls", files, recipe)
    folded = fold_legs(parts.rows, rules_of(platform, source))
    good = folded.calls.filter(folded.calls[FAULT].isnull())
    bad = folded.calls.filter(folded.calls[FAULT].notnull()).select(CHAIN, FAULT)
    lost = folded.legs.join(bad, CHAIN)
    aside = folded.aside.union(_rows_of(lost, lost[FAULT])).distinct().to_pandas()
    kept = folded.legs.semi_join(good, CHAIN)
    rows_kept = kept.select(*POSITION).distinct().count()
    made = {"calls made of the rows kept": int(good.count().execute())}
    assumed = dict.fromkeys(platform.assumed(source), parts.rows_in)
    notes = made | note_counts(good) | assumed
    return {
        "calls": stored_rows(good, CALLS),
        "call_legs": stored_rows(_call_legs(kept, good), CALL_LEGS),
        **account(recipe, CALLS, parts, aside, (int(rows_kept.execute()), notes)),
    }


def _faults(legs: ibis.Table) -> ibis.Table:
    """List the rows of which a leg is wrong, with one reason each."""
    bad = legs.filter(legs[FAULT].notnull())
    return bad.group_by(*POSITION).agg(**{REASON: bad[FAULT].min()})


def _rows_of(legs: ibis.Table, reason: ibis.Value) -> ibis.Table:
    return legs.select(*POSITION, **{REASON: reason}).distinct()


def _call_legs(legs: ibis.Table, calls: ibis.Table) -> ibis.Table:
    named = legs.join(calls.select(CHAIN, "call_id"), CHAIN)
    return named.mutate(
        leg_seq=named.leg_seq.cast("float64"), source_row_id=named.row_key
    )
