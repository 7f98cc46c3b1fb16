"""The rules that leave customers out, in the order in which they are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import ibis

from ccml.config.contact_law import ContactLawConfig
from ccml.config.contacting import ContactingConfig
from ccml.config.lists import ListConfig
from ccml.config.project import ProjectConfig
from ccml.config.sources import CustomersSource
from ccml.engine.conditions import condition
from ccml.targets.law.history import BARS, FLAG

RULES = {
    "unknown_customer": "not in the customer table, so it is not known what they allow",
    "opted_out": "refuse marketing",
    "do_not_call": "must not be called",
    "never_contacted": "are never contacted, by `contacting.never`",
    "under_age": "are too young, or their age is not known",
    "no_consent": "have not consented to be called, as far as is known",
    "refused_lately": "refused lately; the law asks for a pause",
    "attempts_used_up": "were contacted as often lately as the law allows",
    "contacted_lately": "were contacted lately",
    "called_lately": "called in lately",
    "open_case": "have an open case",
    "not_matching": "do not match the list's condition",
    "below_min_probability": "are below the least probability",
    "not_worth_a_contact": "are expected to bring no more than a contact costs",
    "held_out": "held out at random, to learn what the list earns",
    "over_capacity": "rank behind the last place of the list",
}


def newest_customers(customers: ibis.Table) -> ibis.Table:
    """Keep the newest row of every customer, whatever the cutoff of the scores.

    A refusal that became known after the cutoff counts all the same.
    """
    newest_first = ibis.window(
        group_by=customers.customer_id,
        order_by=[
            ibis.desc(customers.valid_from, nulls_first=False),
            ibis.desc(customers.known_at, nulls_first=False),
            # Of two equally new rows the more cautious one counts.
            ibis.desc(customers.opted_out.fill_null(True)),
            ibis.desc(customers.do_not_call.fill_null(True)),
        ],
    )
    ranked = customers.mutate(place=ibis.row_number().over(newest_first))
    return ranked.filter(ranked.place == 0).drop("place")


def with_refusals(customers: ibis.Table, refusals: ibis.Table) -> ibis.Table:
    """Let what stands only on rows that were set aside refuse, too.

    Args:
        customers: One row per customer, such as `newest_customers`.
        refusals: One row per customer of the export; a customer without one counts as
            one whose refusals are not known.
    """
    told = refusals.select(
        told_id=refusals.customer_id,
        told_opted_out=refusals.opted_out,
        told_do_not_call=refusals.do_not_call,
    )
    joined = customers.left_join(told, customers.customer_id == told.told_id)
    both = joined.mutate(
        opted_out=joined.opted_out | joined.told_opted_out,
        do_not_call=joined.do_not_call | joined.told_do_not_call,
    )
    return both.drop("told_id", "told_opted_out", "told_do_not_call")


@dataclass(frozen=True)
class Asked:
    """What the rules of one list are read from.

    Attributes:
        name: The list.
        config: Its settings.
        source: Says which refusals the data hold.
        contacting: What speaks against a contact, for every list.
        law: The profile that the list obeys.
        moment: When the list is made.
    """

    name: str
    config: ListConfig
    source: CustomersSource
    contacting: ContactingConfig
    law: ContactLawConfig | None
    moment: datetime


def rule_column(candidates: ibis.Table, asked: Asked) -> ibis.Value:
    """Name the first rule that leaves a candidate out; null when none does.

    Args:
        candidates: Scores joined with `newest_customers`, and with the flags of
            `barred_customers`, if any; `is_known` says whether the customer was found.
        asked: What the rules are read from.
    """
    name, config, source = asked.name, asked.config, asked.source
    where = condition(candidates, config.where, f"lists.{name}.where")
    refuses = _refuses(candidates.opted_out, source.opted_out)
    not_called = _refuses(candidates.do_not_call, source.do_not_call)
    cases = [
        (~candidates.is_known, "unknown_customer"),
        (refuses, "opted_out"),
        (not_called, "do_not_call"),
        *_contacting_cases(candidates, asked),
        (~where.fill_null(False), "not_matching"),
        (candidates.probability < config.min_probability, "below_min_probability"),
    ]
    if has_values(config):
        worthless = expected_value(candidates.probability, config) <= 0
        cases.append((worthless, "not_worth_a_contact"))
    return ibis.cases(*cases, else_=ibis.null("string"))


def _contacting_cases(
    candidates: ibis.Table, asked: Asked
) -> Iterator[tuple[ibis.Value, str]]:
    """Give the rules of the law and of `contacting`; in doubt they bar."""
    contacting = asked.contacting
    if contacting.never:
        never = condition(candidates, contacting.never, "contacting.never")
        yield never.fill_null(True), "never_contacted"
    if contacting.min_age_years is not None:
        yield _under_age(candidates, contacting, asked.moment), "under_age"
    if asked.law and asked.law.consent == "opt_in":
        given = condition(candidates, contacting.consent, "contacting.consent")
        yield ~given.fill_null(False), "no_consent"
    for name in BARS:
        flag = f"{FLAG}{name}"
        if flag in candidates.columns:
            yield candidates[flag].fill_null(False), name


def _under_age(
    candidates: ibis.Table, contacting: ContactingConfig, moment: datetime
) -> ibis.Value:
    """Tell who was born too late, or on a day that is not known.

    Somebody born on 29 February is a year older on 1 March.
    """
    born = candidates[str(contacting.born_on)]
    years = int(contacting.min_age_years or 0)
    day, month = moment.day, moment.month
    if (month, day) == (2, 29):
        day = 28
    last = datetime(moment.year - years, month, day, tzinfo=moment.tzinfo)
    return (born > ibis.literal(last.astimezone(UTC))).fill_null(True)


def _refuses(flag: ibis.Value, column: str | None) -> ibis.Value:
    """Take an empty cell of a column that should say it for a refusal."""
    return flag.fill_null(column is not None)


def has_values(config: ListConfig) -> bool:
    """Tell whether the list knows what a success is worth."""
    return config.value_per_success_eur > 0


def expected_value(probability: ibis.Value, config: ListConfig) -> ibis.Value:
    """Expected gain of one contact in EUR, after its cost."""
    gain = config.success_rate * config.value_per_success_eur
    return probability * gain - config.cost_per_contact_eur


def open_questions(config: ListConfig, project: ProjectConfig) -> Iterator[str]:
    """List the settings that somebody should look at before the list is used."""
    source = project.sources.customers
    if source is not None and source.opted_out is None:
        yield (
            "sources.customers.opted_out is not set: nobody could be left out for "
            "refusing marketing."
        )
    if source is not None and source.do_not_call is None:
        yield (
            "sources.customers.do_not_call is not set: nobody could be left out because "
            "they must not be called."
        )
    yield from _open_law(config, project)
    yield from _open_values(config)
    if config.holdout_share == 0:
        yield (
            "holdout_share is 0: afterwards nobody can tell what the list earned; 0.1 is "
            "a good start."
        )


def _open_law(config: ListConfig, project: ProjectConfig) -> Iterator[str]:
    if config.contact_law is None:
        yield (
            "contact_law is not set: nobody could be left out for a pause after a "
            "refusal, for too many attempts, or for want of consent."
        )
        return
    law = project.contact_law[config.contact_law]
    yield f"the profile {law.title} is settings, not legal advice: let counsel check it."
    yield from (f"the dialler has to see to this: {text}" for text in law.dialler)


def _open_values(config: ListConfig) -> Iterator[str]:
    if not has_values(config):
        yield (
            "value_per_success_eur is 0: no expected value is shown, and nobody was left "
            "out for costing more than they bring."
        )
        return
    if config.cost_per_contact_eur == 0:
        yield "cost_per_contact_eur is 0: every contact looks free."
    if config.success_rate == 1 and "success_rate" not in config.model_fields_set:
        yield (
            "success_rate is not set: 1 assumes that every right contact succeeds; say "
            "success_rate: 1 if the probability is already that of a success."
        )
