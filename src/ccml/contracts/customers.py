"""The contracts of customers and of their phone numbers."""

from collections.abc import Mapping

import ibis

from ccml.contracts.schema import Column, Contract, Kind, Rule


def _ends_before_start(table: ibis.Table) -> ibis.Value:
    return table.valid_to < table.valid_from


VALIDITY = (
    Column("valid_from", "instant", required=True),
    Column("valid_to", "instant"),
    Column("known_at", "instant", required=True),
)
RULES = (Rule("validity ends before it starts", _ends_before_start),)
OVERLAP = "overlapping validity"


def customers_contract(attributes: Mapping[str, Kind]) -> Contract:
    """Build the contract of customers with the attributes that the source keeps.

    Args:
        attributes: Kind (text, number or instant) of each attribute.
    """
    kept = [Column(name, kind) for name, kind in attributes.items()]
    return Contract(
        table="customers",
        about="One row per customer and validity interval.",
        keys=("customer_id", "valid_from"),
        columns=(
            Column("customer_id", "text", required=True),
            *VALIDITY,
            *kept,
            Column("opted_out", "flag", required=True),
            Column("do_not_call", "flag", required=True),
        ),
        rules=RULES,
    )


CUSTOMER_PHONES = Contract(
    table="customer_phones",
    about="One row per phone pseudonym, customer and validity interval.",
    keys=("phone_key", "customer_id", "valid_from"),
    columns=(
        Column("phone_key", "text"),
        Column("customer_id", "text", required=True),
        *VALIDITY,
        Column("source", "text", required=True),
    ),
    rules=RULES,
)
