"""A contract: the columns, ranges, accepted values and keys of one canonical table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import ibis

Kind = Literal["text", "number", "flag", "instant"]

TYPES: dict[Kind, str] = {
    "text": "string",
    "number": "float64",
    "flag": "boolean",
    "instant": "timestamp('UTC')",
}
DUPLICATE = "duplicate"
DELETED = "deleted in the CRM"
LEAD = "about a lead, no customer"
NO_CUSTOMER = "names no customer"
NO_PHONE = "names no phone number"
NO_CALL = "names no call"
TEST_CALL = "test call"
INTERNAL_CALL = "internal call"
JUNK_CALLBACK = "queue callback without talk"
OPEN_CALL = "open call"
"""It had not ended when the export was made; a later one brings it."""
HARMLESS = frozenset(
    {
        DUPLICATE,
        OPEN_CALL,
        "header again",
        "blank row",
        "total line",
        "duplicate row",
        "phantom",
        DELETED,
        LEAD,
        NO_CUSTOMER,
        NO_PHONE,
        NO_CALL,
        TEST_CALL,
        INTERNAL_CALL,
        JUNK_CALLBACK,
    }
)
"""Reasons that say nothing bad of the source, beside older copies."""


@dataclass(frozen=True)
class Column:
    """One column: its kind, and the values that it may hold."""

    name: str
    kind: Kind
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    accepted: Sequence[str] = ()


@dataclass(frozen=True)
class Rule:
    """A row is bad when the condition holds; null is not bad."""

    reason: str
    is_bad: Callable[[ibis.Table], ibis.Value]


@dataclass(frozen=True)
class Contract:
    """What one row is, its columns, keys and rules over several columns.

    `copies` is the reason of rows that an equal key with a later `known_at` replaces.
    """

    table: str
    about: str
    keys: Sequence[str]
    columns: Sequence[Column]
    rules: Sequence[Rule] = ()
    copies: str = "older copy of the same row"

    @property
    def names(self) -> list[str]:
        """Names of the columns in their order."""
        return [column.name for column in self.columns]


def broken_rules(contract: Contract, table: ibis.Table) -> list[tuple[str, ibis.Value]]:
    """List every reason with the condition under which a row has it, in fixed order."""
    return [
        *_missing(contract, table),
        *((rule.reason, rule.is_bad(table)) for rule in contract.rules),
        *_out_of_range(contract, table),
    ]


def is_harmless(reason: str) -> bool:
    """Tell whether a reason does not count against the source's quality."""
    return reason in HARMLESS or reason.startswith("older copy")


def _missing(contract: Contract, table: ibis.Table) -> Iterator[tuple[str, ibis.Value]]:
    for column in contract.columns:
        if column.required:
            yield f"missing {column.name}", table[column.name].isnull()


def _out_of_range(
    contract: Contract, table: ibis.Table
) -> Iterator[tuple[str, ibis.Value]]:
    for column in contract.columns:
        value = table[column.name]
        if column.accepted:
            yield f"unknown {column.name}", value.notin(list(column.accepted))
        if column.minimum is not None:
            word = "negative" if column.minimum == 0 else "too small"
            yield f"{word} {column.name}", value < column.minimum
        if column.maximum is not None:
            yield f"too large {column.name}", value > column.maximum
