"""The contracts of links: a platform's keys to customers, and calls to customers."""

from ccml.contracts.schema import Column, Contract

STATUSES = ("matched", "ambiguous", "anonymous", "internal", "unknown")

CUSTOMER_KEYS = Contract(
    table="customer_keys",
    about="One row per customer key of the platform, customer and moment.",
    keys=("platform_key", "customer_id", "known_at"),
    columns=(
        Column("platform_key", "text", required=True),
        Column("customer_id", "text", required=True),
        Column("known_at", "instant", required=True),
        Column("source_file", "text", required=True),
    ),
)

IDENTITY_MAP = Contract(
    table="identity_map",
    about="One row per call.",
    keys=("call_id",),
    columns=(
        Column("call_id", "text", required=True),
        Column("customer_id", "text"),
        Column("rule", "text", required=True),
        Column("status", "text", required=True, accepted=STATUSES),
        Column("known_at", "instant", required=True),
        Column("note", "text"),
    ),
)
