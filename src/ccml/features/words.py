"""Words for columns and values in the names and meanings of features."""

import re
from collections.abc import Sequence

UNITS = {"_s": "seconds", "_eur": "EUR", "_days": "days", "_minutes": "minutes"}


def slugs(values: Sequence[str]) -> dict[str, str]:
    """Map each value to its part of a name; letters of all alphabets stay apart."""
    found: dict[str, str] = {}
    for value in values:
        slug = re.sub(r"[\W_]+", "_", value.lower()).strip("_") or "blank"
        if value not in found:
            taken = sum(_stem(other) == slug for other in found.values())
            found[value] = f"{slug}__{taken + 1}" if taken else slug
    return found


def words(text: str) -> str:
    """Write a column's name as people say it, without its unit."""
    return re.sub(r"_(s|eur|kb)$", "", text).replace("_", " ")


def singular(name: str) -> str:
    """Name one row of a table."""
    return words(name.removesuffix("s"))


def unit(column: str) -> str:
    """Read the unit from the ending of a column's name."""
    for ending, found in UNITS.items():
        if column.endswith(ending):
            return found
    return "value"


def _stem(slug: str) -> str:
    return slug.partition("__")[0]
