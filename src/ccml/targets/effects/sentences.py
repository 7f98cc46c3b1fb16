"""What a campaign brought, as a sentence that can go into a mail."""

from collections.abc import Mapping
from typing import Any

STATES = {
    "known": "known",
    "observational": "nobody was held out at random, so no effect can be told",
    "not_over": "its time is not over",
}


def effect_sentence(row: Mapping[str, Any]) -> str:
    """Say one effect in words, for people who know no statistics."""
    campaign, size = row["campaign"], f"contacting {row['contacted']:,} customers"
    total, low, high = row["total"], row["total_low"], row["total_high"]
    if low <= 0 <= high:
        return (
            f"{campaign}: no sure effect; {size} changed {_of(row)} by {total:+,.0f} "
            f"({low:+,.0f} to {high:+,.0f}), which may be chance."
        )
    near, far = sorted((abs(low), abs(high)))
    return (
        f"{campaign}: {size} brought {_more(row)} ({near:,.0f} to {far:,.0f}) than "
        f"leaving them alone would have."
    )


def _of(row: Mapping[str, Any]) -> str:
    if row["unit"] == "EUR":
        return f"the {row['title']}, in EUR,"
    return f"the number of {row['title']}"


def _more(row: Mapping[str, Any]) -> str:
    amount, is_more = f"{abs(row['total']):,.0f}", row["total"] > 0
    if row["unit"] == "EUR":
        return f"{amount} EUR {'more' if is_more else 'less'} {row['title']}"
    return f"{amount} {'more' if is_more else 'fewer'} {row['title']}"
