"""Plainly written numbers of the home country, told by the engine in one pass.

Parsing a number takes long, and a call log has a million of them. Numbers that stand
there as their country writes them, with or without its code, need no parsing: they are
valid when they match the numbering plan. Everything else goes to `normalise_phone`.
"""

from dataclasses import dataclass

import ibis
import phonenumbers
from phonenumbers import PhoneMetadata

from ccml.identity.phones import ANONYMOUS_DIGITS

KINDS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)
"""Kinds of numbers that are valid, as the numbering plans name them."""
MARKS = r"[ ().\-]"


@dataclass(frozen=True)
class Plan:
    """The numbering plan of a country: its code, and a pattern of national numbers."""

    code: str
    national: str
    prefix: str | None


def home_plan(region: str) -> Plan | None:
    """Look up the plan of a country; nothing when its code is mainly another one's."""
    found = PhoneMetadata.metadata_for_region(region)
    if found is None or found.country_code is None:
        return None
    shared = phonenumbers.region_codes_for_country_code(found.country_code)
    if shared[0] != region:
        return None
    kinds = [getattr(found, kind) for kind in KINDS]
    patterns = [
        f"(?:{kind.national_number_pattern})"
        for kind in kinds
        if kind is not None and kind.national_number_pattern
    ]
    return Plan(
        str(found.country_code), "|".join(patterns), found.national_prefix_for_parsing
    )


def plain_number(raw: ibis.Value, region: str, internal_digits: int) -> ibis.Value:
    """Turn plainly written numbers into E.164; null where that takes parsing.

    Args:
        raw: Texts of the export.
        region: Country of numbers without a prefix.
        internal_digits: Numbers of at most so many digits are internal.
    """
    plan = home_plan(region)
    if plan is None:
        return ibis.null("string")
    tidy = raw.re_replace(MARKS, "")
    national = ibis.ifelse(
        tidy.startswith(f"+{plan.code}"), tidy.substr(len(plan.code) + 1), tidy
    )
    is_plain = (
        national.re_search(f"^(?:{plan.national})$")
        & ~national.startswith("0")
        & (national.length() > internal_digits)
        & national.notin(sorted(ANONYMOUS_DIGITS))
    )
    if plan.prefix:
        is_plain &= ~national.re_search(f"^(?:{plan.prefix})")
    return ibis.ifelse(is_plain, f"+{plan.code}" + national, ibis.null("string"))
