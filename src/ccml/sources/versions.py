"""Records delivered more than once: the newest version stays."""

from dataclasses import dataclass

import ibis

from ccml.contracts.schema import DUPLICATE
from ccml.contracts.split import POSITION, REASON
from ccml.sources.scratch import as_view, keep_aside

OLDER = "older copy of the same record"
NOT_CONTENT = (*POSITION, "version_at")


@dataclass(frozen=True)
class Versions:
    """Legs of the newest version of each record, and where the others stood."""

    newest: ibis.Table
    aside: ibis.Table


def newest_versions(legs: ibis.Table) -> Versions:
    """Keep the newest version of each record.

    The newest is the one with the last `version_at`; then one that has ended goes before
    one that is open, and at last the content decides, never the place in the files.

    Args:
        legs: Good legs with row_key, version_at, ended_at and their positions; several
            legs may stand at one position.
    """
    place = ibis.struct({name: legs[name] for name in POSITION}).hash()
    spread = legs.group_by("row_key").agg(low=place.min(), high=place.max())
    many = keep_aside(
        ibis.get_backend(legs), spread.filter(spread.low != spread.high)[["row_key"]]
    )
    if many.count().execute() == 0:
        return Versions(legs, legs.limit(0).select(*POSITION, **{REASON: "row_key"}))
    ranked = keep_aside(
        ibis.get_backend(legs), _ranked(legs.semi_join(many, "row_key"))
    )
    late = ranked.filter(ranked["rank"] > 0)
    reason = ibis.ifelse(late.same, DUPLICATE, OLDER)
    aside = late.select(*POSITION, **{REASON: reason})
    return Versions(as_view(legs.anti_join(late, POSITION)), aside)


def _ranked(repeated: ibis.Table) -> ibis.Table:
    """Rank the deliveries of each record, the newest first."""
    columns = [name for name in repeated.columns if name not in NOT_CONTENT]
    content = ibis.struct({name: repeated[name] for name in columns}).hash()
    deliveries = repeated.mutate(content=content).group_by("row_key", *POSITION)
    found = as_view(
        deliveries.agg(
            version_at=lambda rows: rows.version_at.max(),
            is_open=lambda rows: rows.ended_at.isnull().any(),
            content=lambda rows: rows.content.bit_xor(),
        )
    )
    order = [
        found.version_at.desc(nulls_first=False),
        found.is_open,
        found.content,
        *(found[name] for name in POSITION),
    ]
    by_record = ibis.window(group_by=found.row_key, order_by=order)
    first = found.content.first().over(by_record)
    ranked = found.mutate(rank=ibis.row_number().over(by_record), best=first)
    return ranked.mutate(same=ranked.content == ranked.best)
