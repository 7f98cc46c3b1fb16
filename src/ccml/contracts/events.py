"""The contract of a business event table, as its config section names it."""

from ccml.config.sources import EventSource
from ccml.contracts.schema import Column, Contract


def renamed(columns: dict[str, str] | list[str]) -> dict[str, str]:
    """Map each stored column to the export's; a plain list keeps the names."""
    return columns if isinstance(columns, dict) else {name: name for name in columns}


def event_contract(name: str, source: EventSource) -> Contract:
    """Build the contract of one event table."""
    return Contract(
        table=name,
        about=f"One row per event of {name}.",
        keys=("event_id",),
        columns=(
            Column("event_id", "text", required=True),
            Column("customer_id", "text", required=True),
            Column("event_at", "instant", required=True),
            Column("known_at", "instant", required=True),
            *(Column(column, "instant") for column in source.times),
            *(Column(column, "number") for column in source.measures),
            *(Column(column, "text") for column in renamed(source.categories)),
            *(Column(column, "flag") for column in renamed(source.flags)),
            Column("source_file", "text", required=True),
        ),
        copies="older copy of the same event",
    )
