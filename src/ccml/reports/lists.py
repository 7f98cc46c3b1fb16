"""The section on target lists: how many, who was left out and why, first reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccml.config.lists import ListConfig
from ccml.reports.blocks import Section, TableBlock, slug, table
from ccml.reports.numbers import (
    chance,
    count,
    day,
    is_known,
    local_day,
    money,
    percent,
    plural,
    price,
)
from ccml.reports.stored import ListData, ReportData
from ccml.targets.rules import RULES

NEEDED = (
    "Needed for this section: a `lists` section in the config, customers with their "
    "opt-outs, and a trained predictor; then `ccml run target CONFIG`."
)


@dataclass(frozen=True)
class ListBlock:
    """All that is said of one list; no customer appears."""

    anchor: str
    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    left_out: TableBlock
    first: TableBlock | None


def lists_section(data: ReportData) -> Section:
    """Build the section with one block per list."""
    if not data.lists:
        return Section("lists", "Target lists", "", missing=NEEDED)
    blocks = [
        _block(name, found, data.config.lists[name], data.config.time_zone)
        for name, found in data.lists.items()
    ]
    lead = "Whom to contact. Customers are named in the list files only, never here."
    return Section("lists", "Target lists", lead, {"blocks": blocks})


def list_title(name: str, config: ListConfig) -> str:
    """Name a list for people."""
    return config.title or name.replace("_", " ").capitalize()


def list_sentence(found: ListData) -> str:
    """Say how long a list is and what it is expected to bring."""
    listed, value = found.summary["rows_listed"], found.summary["expected_value_eur"]
    if not listed:
        return "Nobody is to be contacted."
    words = f"{plural(listed, 'customer')} to contact"
    if is_known(value):
        return f"{words}, expected to be worth {money(value)} after cost."
    return f"{words}."


def _block(name: str, found: ListData, config: ListConfig, zone: str) -> ListBlock:
    return ListBlock(
        anchor=slug("list", name),
        title=list_title(name, config),
        sentence=list_sentence(found),
        facts=tuple(_facts(found, config, zone)),
        notes=tuple(str(note) for note in found.summary.get("notes") or ()),
        left_out=_left_out(found.summary),
        first=_first_table(found),
    )


def _facts(found: ListData, config: ListConfig, zone: str) -> list[tuple[str, str]]:
    summary = found.summary
    version = summary.get("model_version")
    facts = [
        ("Ranked by", f"{config.predictor.replace('_', ' ')}, version {version}"),
        ("From data before", day(local_day(summary.get("cutoff_at"), zone))),
        ("Capacity", plural(config.capacity, "contact")),
    ]
    if found.probability:
        low, high = found.probability
        facts.append(
            ("Chance on the list", f"from {_chance(high)} down to {_chance(low)}")
        )
    if summary.get("rows_held_out"):
        held = plural(summary["rows_held_out"], "customer")
        facts.append(("Held out to learn what it earns", f"{held}, never exported"))
    if config.value_per_success_eur:
        facts.append(("Reckoned with", _values(config)))
    return facts


def _chance(probability: float) -> str:
    return f"{chance(probability)} ({percent(probability, 0)})"


def _values(config: ListConfig) -> str:
    works = (
        f" (success with {percent(config.success_rate, 0)} of those rightly contacted)"
        if config.success_rate < 1
        else ""
    )
    return (
        f"{price(config.value_per_success_eur)} per success{works}, "
        f"{price(config.cost_per_contact_eur)} per contact"
    )


def _left_out(summary: Mapping[str, Any]) -> TableBlock:
    total = max(int(summary["rows_in"]), 1)
    counts = [
        (RULES.get(rule, rule.replace("_", " ")), int(number))
        for rule, number in summary["excluded"].items()
    ]
    counts.append(("on the list", int(summary["rows_listed"])))
    rows = [
        (words, (count(number), number), (percent(number / total), number / total))
        for words, number in counts
    ]
    return table(
        f"What became of {count(summary['rows_in'])} customers with a score; each is "
        "counted once, under the first rule that applies",
        ("customers who", "number", "share"),
        rows,
    )


def _first_table(found: ListData) -> TableBlock | None:
    if found.first.empty:
        return None
    reasons = [name for name in found.first.columns if name.startswith("reason_")]
    rows = [
        (
            (str(int(row["rank"])), int(row["rank"])),
            (_chance(row["probability"]), row["probability"]),
            "; ".join(str(row[name]) for name in reasons if isinstance(row[name], str)),
        )
        for row in found.first.to_dict("records")
    ]
    return table(
        "The first rows, without the customers", ("rank", "chance", "why"), rows, (1, 2)
    )
