"""Calls of an API whose records are flat: one known layout, as JSON or as CSV."""

from collections.abc import Mapping

import ibis

from ccml.contracts.calls import CALLS
from ccml.sources.cast import as_text
from ccml.sources.layouts import Layout, match_layout
from ccml.sources.platforms.platform import (
    PLACE,
    Assumption,
    Legs,
    Platform,
    Reading,
    Records,
)
from ccml.sources.platforms.records_or_csv import records_or_csv
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view


def texts_of_calls(reading: Reading, raw: RawFiles, layout: Layout) -> ibis.Table:
    """Read the texts of all columns of the layout; those that are not there are null."""
    header = reading.source.header
    names = match_layout((layout,), raw.columns, header, raw.name, PLACE).names
    texts = {
        name: as_text(raw.rows[names[name]]).value
        if name in names
        else ibis.null("string")
        for name in layout.columns
    }
    others = [name for name in raw.rows.columns if name not in raw.columns]
    return as_view(raw.rows.select(*others, **texts))


def api_platform(
    label: str,
    legs: Legs,
    layout: Layout,
    assumption: Assumption,
    gaps: Mapping[str, str],
) -> Platform:
    """Describe an API that lists its calls under `calls`."""
    records = Records(dict.fromkeys(layout.columns, "VARCHAR"), ("calls",))
    return Platform(
        label=label,
        kind="other",
        legs=legs,
        layouts=(layout,),
        records=records,
        opening=records_or_csv(records),
        assumptions=(assumption,),
        gives=frozenset(CALLS.names) - gaps.keys(),
        gaps=gaps,
    )
