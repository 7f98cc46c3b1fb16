"""What customers were asked, said and did lately, as far as it bars a contact."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import ibis

from ccml.config.contact_law import AttemptCap, ContactLawConfig
from ccml.config.contacting import ContactingConfig, OpenCaseConfig
from ccml.engine.conditions import condition
from ccml.features.events import customer_events, event_inputs
from ccml.project import Project

BARS = (
    "refused_lately",
    "attempts_used_up",
    "contacted_lately",
    "called_lately",
    "open_case",
)
"""What may bar a customer, in the order in which lists ask."""
FLAG = "barred_by_"


def history_inputs(contacting: ContactingConfig) -> list[str]:
    """Name the stored tables that `barred_customers` reads."""
    names = [*contacting.open_cases]
    names += [contacting.contacts] if contacting.contacts else []
    names += ["calls"] if contacting.called_within_days else []
    return sorted({table for name in names for table in event_inputs(name)})


def barred_customers(
    project: Project, law: ContactLawConfig | None, moment: datetime
) -> ibis.Table | None:
    """Say whom the past bars from a contact at a moment.

    What happened after the moment counts as well: it is known, so it bars.

    Args:
        project: Its `contacting` section names the tables.
        law: The profile of the list; none adds no caps and pauses.
        moment: When the contact would be made.

    Returns:
        One row per customer whom anything bars: barred_id and a flag `barred_by_<bar>`
        for each of BARS. None where nothing is asked.
    """
    found = [
        *_contact_bars(project, law, moment),
        *_call_bar(project, moment),
        *_case_bars(project),
    ]
    if not found:
        return None
    rows = ibis.union(*found) if len(found) > 1 else found[0]
    flags = {f"{FLAG}{name}": (rows.bar == name).any() for name in BARS}
    return rows.group_by("barred_id").agg(**flags)


def _bar(customer_ids: ibis.Value, name: str) -> ibis.Table:
    rows = customer_ids.name("barred_id").as_table().distinct()
    return rows.mutate(bar=ibis.literal(name))


def _contact_bars(
    project: Project, law: ContactLawConfig | None, moment: datetime
) -> Iterator[ibis.Table]:
    contacting = project.config.contacting
    if contacting.contacts is None:
        return
    rows = customer_events(project, contacting.contacts)
    attempts = rows.filter(
        condition(rows, contacting.attempts, "contacting.attempts").fill_null(True)
    )
    pause = law.pause_after_refusal_days if law else 0.0
    if contacting.refused and pause:
        said = condition(rows, contacting.refused, "contacting.refused")
        refusals = rows.filter(said.fill_null(False))
        lately = _since(refusals, moment, pause)
        yield _bar(lately.customer_id, "refused_lately")
    for cap in _caps(law):
        yield _used_up(attempts, cap, moment)
    if contacting.cool_off_days:
        lately = _since(attempts, moment, contacting.cool_off_days)
        yield _bar(lately.customer_id, "contacted_lately")


def _caps(law: ContactLawConfig | None) -> list[AttemptCap]:
    """List the caps; those of any region count, as the region may not be known."""
    if law is None:
        return []
    regions = [cap for region in law.regions.values() for cap in region.attempts]
    return [*law.attempts, *regions]


def _used_up(attempts: ibis.Table, cap: AttemptCap, moment: datetime) -> ibis.Table:
    """List who had so many attempts lately that one more would be too many."""
    lately = _since(attempts, moment, cap.within_days)
    counted = lately.group_by("customer_id").agg(n=lately.count())
    full = counted.filter(counted.n >= cap.at_most)
    return _bar(full.customer_id, "attempts_used_up")


def _call_bar(project: Project, moment: datetime) -> Iterator[ibis.Table]:
    days = project.config.contacting.called_within_days
    if days:
        calls = customer_events(project, "calls")
        inbound = calls.filter(calls.direction == "inbound")
        yield _bar(_since(inbound, moment, days).customer_id, "called_lately")


def _case_bars(project: Project) -> Iterator[ibis.Table]:
    cases: Mapping[str, OpenCaseConfig] = project.config.contacting.open_cases
    for name, about in cases.items():
        rows = customer_events(project, name)
        place = f"contacting.open_cases.{name}"
        opened = condition(rows, about.opened, f"{place}.opened").fill_null(False)
        closed = condition(rows, about.closed, f"{place}.closed").fill_null(False)
        marked = rows.select("customer_id", case=rows[about.case], o=opened, c=closed)
        counted = marked.group_by("customer_id", "case").agg(
            opened=marked.o.sum(), closed=marked.c.sum()
        )
        still = counted.filter(counted.opened > counted.closed)
        yield _bar(still.customer_id, "open_case")


def _since(rows: ibis.Table, moment: datetime, days: float) -> ibis.Table:
    """Keep the events after the moment so many days, of 24 hours each, before."""
    start = moment.astimezone(UTC) - timedelta(days=days)
    return rows.filter(rows.event_at > ibis.literal(start))
