"""What lists and their profiles of contact law ask that the config cannot answer."""

from collections.abc import Collection, Iterator

from ccml.config.contact_law import ContactLawConfig
from ccml.config.document import KeyPath
from ccml.config.missing import Fault, missing
from ccml.config.project import ProjectConfig
from ccml.config.questions import event_columns


def contacting_faults(
    config: ProjectConfig, event_tables: Collection[str]
) -> Iterator[Fault]:
    """List names that point at nothing, and rules that nothing could decide.

    Args:
        config: The whole config.
        event_tables: Tables whose rows are events of customers.
    """
    contacting = config.contacting
    named: list[tuple[KeyPath, str]] = [
        (("contacting", "open_cases", name), name) for name in contacting.open_cases
    ]
    if contacting.contacts:
        named.append((("contacting", "contacts"), contacting.contacts))
    if contacting.called_within_days:
        named.append((("contacting", "called_within_days"), "calls"))
    for path, name in named:
        yield from missing(path, "event table", name, event_tables)
    for name, case in contacting.open_cases.items():
        here = ("contacting", "open_cases", name, "case")
        yield from _column_fault(config, here, name, case.case)
    customers = config.sources.customers
    if contacting.born_on and customers:
        path = ("contacting", "born_on")
        kind = "attribute of sources.customers"
        yield from missing(path, kind, contacting.born_on, customers.attributes)
    for name, target in config.lists.items():
        if target.contact_law:
            path = ("lists", name, "contact_law")
            yield from _law_faults(config, path, target.contact_law)


def campaign_faults(
    config: ProjectConfig, event_tables: Collection[str]
) -> Iterator[Fault]:
    """List tables and columns of `campaigns` that do not exist."""
    campaigns = config.campaigns
    if campaigns is None:
        return
    yield from missing(
        ("campaigns", "table"), "event table", campaigns.table, event_tables
    )
    for key in ("campaign", "held_out"):
        column = getattr(campaigns, key)
        yield from _column_fault(config, ("campaigns", key), campaigns.table, column)
    for name, outcome in campaigns.outcomes.items():
        path: KeyPath = ("campaigns", "outcomes", name)
        tables = event_tables
        yield from missing((*path, "table"), "event table", outcome.table, tables)
        if outcome.value:
            here = (*path, "value")
            yield from _column_fault(config, here, outcome.table, outcome.value)


def _column_fault(
    config: ProjectConfig, path: KeyPath, table: str, column: str
) -> Iterator[Fault]:
    """Find a column that an event table of the config will not hold."""
    source = config.sources.events.get(table)
    if source is not None:
        yield from missing(path, f"column of {table}", column, event_columns(source))


def _law_faults(config: ProjectConfig, path: KeyPath, name: str) -> Iterator[Fault]:
    laws = config.contact_law
    if name not in laws:
        hint = "Include one of configs/contact_law."
        yield from missing(path, "profile of contact law", name, laws, hint)
        return
    for register in laws[name].registers:
        yield (
            path,
            f"the profile {name} needs the register {register}, and registers cannot be "
            f"compared yet; take another profile.",
        )
    for key, why in _unanswered(config, laws[name]):
        yield path, f"the profile {name} {why}; set {key}, or take another profile."


def _unanswered(
    config: ProjectConfig, law: ContactLawConfig
) -> Iterator[tuple[str, str]]:
    contacting = config.contacting
    if law.consent == "opt_in" and contacting.consent is None:
        yield "contacting.consent", "allows only calls to those who consented"
    regions = law.regions.values()
    if (law.attempts or any(r.attempts for r in regions)) and not contacting.contacts:
        yield "contacting.contacts", "counts attempts"
    if law.pause_after_refusal_days and not contacting.refused:
        yield "contacting.refused", "asks for a pause after a refusal"
