"""The contract of CRM records that name the platform's call (CTI)."""

from ccml.contracts.schema import Column, Contract

CALL_LINKS = Contract(
    table="call_links",
    about="One row per call id of the platform, customer and moment of the record.",
    keys=("call_ref", "customer_id", "known_at"),
    columns=(
        Column("call_ref", "text", required=True),
        Column("platform", "text"),
        Column("customer_id", "text", required=True),
        Column("known_at", "instant", required=True),
        Column("source_file", "text", required=True),
    ),
)
