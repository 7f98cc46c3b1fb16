"""Legs: what a platform's reader makes of its rows, before they are folded into calls."""

from collections.abc import Mapping
from typing import Literal

import ibis

from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import Cast
from ccml.sources.csv_files import FILE
from ccml.sources.scratch import as_view
from ccml.sources.staging import note_columns, typed_rows

LegKind = Literal["text", "number", "flag", "instant", "texts"]

TYPES: Mapping[LegKind, str] = {
    "text": "string",
    "number": "float64",
    "flag": "boolean",
    "instant": "timestamp('UTC')",
    "texts": "array<string>",
}
KINDS: Mapping[LegKind, tuple[str, ...]] = {
    "text": (
        "row_key",
        "link_id",
        "call_ref",
        "leg_type",
        "direction",
        "channel",
        "customer_phone",
        "customer_key",
        "dialed_number",
        "agent_id",
        "queue",
        "skill",
        "reason",
        "disposition",
        "system_outcome",
        "disconnect_by",
        "transfer_type",
        "callback_of",
        "source",
        "medium",
        "campaign",
        "keyword",
        "click_id",
        "region",
        "parse_flags",
    ),
    "number": (
        "order_no",
        "ivr_s",
        "wait_s",
        "ring_s",
        "talk_s",
        "hold_s",
        "wrap_s",
        "consult_s",
        "handle_s",
        "duration_s",
        "n_transfers",
        "csat",
        "nps",
        "ces",
        "quality_score",
        "priority",
    ),
    "flag": (
        "is_origin",
        "queued",
        "answered",
        "abandoned",
        "short_abandon",
        "flow_out",
        "voicemail",
        "transferred",
        "callback",
        "is_first_call",
    ),
    "instant": ("version_at", "started_at", "ended_at", "known_at"),
    "texts": ("links",),
}
KIND: Mapping[str, LegKind] = {
    name: kind for kind, names in KINDS.items() for name in names
}
REQUIRED = ("row_key", "link_id", "leg_type", "started_at")
"""Without these a leg cannot be put anywhere: its row is set aside."""


def leg_rows(rows: ibis.Table, casts: Mapping[str, Cast]) -> ibis.Table:
    """Make legs of raw rows: typed, complete, each with the first thing wrong with it.

    Args:
        rows: Rows with `_row_no`, `_file` and, where something is wrong already, `_fault`.
        casts: Columns of legs that the export gives; the others become null.

    Returns:
        All columns of legs, `_row_no`, `_file`, `_fault`, and the notes.
    """
    return complete_legs(typed_rows(rows, casts))


def complete_legs(typed: ibis.Table) -> ibis.Table:
    """Add the columns that are not there as null, and the faults of missing keys."""
    absent = {
        name: ibis.null(TYPES[kind])
        for name, kind in KIND.items()
        if name not in typed.columns
    }
    whole = as_view(typed.mutate(**absent))
    missing = [(whole[name].isnull(), f"missing {name}") for name in REQUIRED]
    fault = ibis.cases(
        (whole[FAULT].notnull(), whole[FAULT]), *missing, else_=ibis.null("string")
    )
    notes = note_columns(whole)
    return whole.mutate(**{FAULT: fault}).select(*KIND, *notes, ROW, FILE, FAULT)
