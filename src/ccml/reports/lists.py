"""The section on target lists: how many, who was left out and why, first reasons."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccml.config.lists import ListConfig
from ccml.reports.blocks import Section, TableBlock, slug, table
from ccml.reports.numbers import chance, count, is_known, money, percent, plural
from ccml.reports.stored import ListData, ReportData

NEEDED = (
    "Needed for this section: a `lists` section in the config, customers with their "
    "opt-outs, and a trained predictor (`ccml run target`)."
)
RULES = {
    "unknown_customer": "not in the customer table, so consent is unknown",
    "opted_out": "opted out of marketing",
    "do_not_call": "must not be called",
    "not_matching": "do not match the list's condition",
    "below_min_probability": "too unlikely",
    "not_worth_a_contact": "not worth a contact",
    "held_out": "held out at random, to learn what the list earns",
    "over_capacity": "beyond the capacity",
}


@dataclass(frozen=True)
class ListBlock:
    """All that is said of one list; no customer appears."""

    anchor: str
    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    left_out: TableBlock | None
    first: TableBlock | None


def lists_section(data: ReportData) -> Section:
    """Build the section with one block per list."""
    if not data.lists:
        return Section("lists", "Target lists", "", missing=NEEDED)
    blocks = [
        _block(name, found, data.config.lists[name])
        for name, found in data.lists.items()
    ]
    lead = "Whom to contact. Customers are named in the list files only, never here."
    return Section("lists", "Target lists", lead, {"blocks": blocks})


def list_title(name: str, config: ListConfig) -> str:
    """Name a list for people."""
    return config.title or name.replace("_", " ").capitalize()


def list_sentence(found: ListData) -> str:
    """Say how long a list is and what it is expected to bring."""
    listed = f"{plural(found.rows_listed, 'customer')} to contact"
    if found.rows_listed == 0:
        return "Nobody is to be contacted."
    if is_known(found.expected_value_eur) and found.expected_value_eur:
        worth = money(found.expected_value_eur)
        return f"{listed}, expected to be worth {worth} after cost."
    return f"{listed}."


def _block(name: str, found: ListData, config: ListConfig) -> ListBlock:
    return ListBlock(
        anchor=slug("list", name),
        title=list_title(name, config),
        sentence=list_sentence(found),
        facts=tuple(_facts(found, config)),
        left_out=_left_out(found.excluded, found.rows_listed),
        first=_first_table(found),
    )


def _facts(found: ListData, config: ListConfig) -> list[tuple[str, str]]:
    facts = [("Ranked by", f"predictor {config.predictor.replace('_', ' ')}")]
    facts.append(("Capacity", plural(config.capacity, "contact")))
    if found.probability:
        low, high = found.probability
        words = f"from {chance(high)} ({percent(high, 0)}) down to {chance(low)} ({percent(low, 0)})"
        facts.append(("Chance on the list", words))
    held = found.excluded.get("held_out")
    if held:
        facts.append(("Held out", f"{count(held)} customers, never exported"))
    if config.value_per_success_eur:
        facts.append(
            (
                "Reckoned with",
                f"{money(config.value_per_success_eur)} per success, success with "
                f"{percent(config.success_rate, 0)} of the rightly contacted, "
                f"{money(config.cost_per_contact_eur)} per contact",
            )
        )
    return facts


def _left_out(excluded: Mapping[str, int], listed: int) -> TableBlock | None:
    if not excluded:
        return None
    order = {rule: position for position, rule in enumerate(RULES)}
    total = sum(excluded.values()) + listed
    rules = sorted(excluded, key=lambda rule: (order.get(rule, 99), rule))
    rows = [
        (
            RULES.get(rule, rule.replace("_", " ")),
            (count(excluded[rule]), excluded[rule]),
            (percent(excluded[rule] / total), excluded[rule] / total),
        )
        for rule in rules
    ]
    rows.append(
        (
            "on the list",
            (count(listed), listed),
            (percent(listed / total), listed / total),
        )
    )
    return table(
        "Each customer is counted once, under the first rule that applies",
        ("left out because", "customers", "share"),
        rows,
    )


def _first_table(found: ListData) -> TableBlock | None:
    reasons = [name for name in found.first.columns if name.startswith("reason")]
    if found.first.empty:
        return None
    rows = [
        (
            (str(int(row["rank"])), int(row["rank"])),
            (
                f"{chance(row['probability'])} ({percent(row['probability'], 0)})",
                row["probability"],
            ),
            _reason_words(row[name] for name in reasons),
        )
        for row in found.first.to_dict("records")
    ]
    return table(
        "The first rows, without the customers", ("rank", "chance", "why"), rows, (1, 2)
    )


def _reason_words(values: Any) -> str:
    texts: list[str] = []
    for value in values:
        if isinstance(value, str) and value:
            texts += _texts(value)
    return "; ".join(texts)


def _texts(value: str) -> list[str]:
    """Read one reason, or several stored as JSON with a sentence each."""
    if not value.startswith("["):
        return [value]
    try:
        found = json.loads(value)
    except ValueError:
        return [value]
    return [
        str(r.get("sentence", "")) if isinstance(r, dict) else str(r) for r in found
    ]
