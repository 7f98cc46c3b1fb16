"""Rules that read what customers were asked, said and did lately."""

from collections.abc import Callable

import pandas as pd
import pytest
from conftest_targets import CONFIG, CUTOFF, customer

from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.targets.build import build_list

Make = Callable[..., Project]
SECOND = pd.Timedelta(seconds=1)
LAW = """
contact_law:
  land:
    title: Land
    country: PL
    zones: [Europe/Warsaw]
    consent: opt_out
    calling_hours: [{days: [mon], begin: "09:00", end: "20:00"}]
    attempts: [{at_most: 2, within_days: 30}]
    pause_after_refusal_days: 60
    sources: ["an assumption"]
contacting:
  contacts: dials
  attempts: attempt_no >= 1
  refused: outcome = 'refused'
  cool_off_days: 7
  open_cases:
    tickets: {case: ticket_id, opened: "event = 'opened'", closed: "event = 'resolved'"}
"""
SETTINGS = (
    CONFIG.replace(
        "    contracts: {path: k.csv, id: id, event_at: at}",
        """    contracts: {path: k.csv, id: id, event_at: at}
    dials:
      path: d.csv
      id: id
      event_at: at
      categories: [outcome]
      measures: {attempt_no: attempt_no}
    tickets: {path: t.csv, id: id, event_at: at, categories: [ticket_id, event]}""",
    ).replace("    title: Winback\n", "    title: Winback\n    contact_law: land\n")
    + LAW
)


def dial(days_ago: float, outcome: str = "no_answer", who: str = "b") -> dict:
    """One attempt to reach a customer, so many days before the list."""
    at = CUTOFF - pd.Timedelta(days=days_ago)
    return {"customer_id": who, "event_at": at, "outcome": outcome, "attempt_no": 1.0}


def ticket(days_ago: float, event: str, case: str = "t1") -> dict:
    """One event of a complaint of customer b."""
    at = CUTOFF - pd.Timedelta(days=days_ago)
    return {"customer_id": "b", "event_at": at, "ticket_id": case, "event": event}


def events(rows: list[dict], columns: tuple[str, ...]) -> Table:
    frame = pd.DataFrame(rows, columns=["customer_id", "event_at", *columns])
    frame["event_at"] = pd.to_datetime(frame["event_at"], utc=True)
    frame = frame.assign(known_at=frame["event_at"], event_id=frame.index.astype(str))
    kinds = {c: "float64" if c == "attempt_no" else "string" for c in columns}
    kinds["customer_id"] = "string"
    return Table(frame.astype(kinds), ["event_id"], "events")


def store(
    project: Project, dials: list[dict] | None = None, tickets: list[dict] | None = None
) -> Project:
    dialled = events(dials or [], ("outcome", "attempt_no"))
    project.store.write("dials", dialled, "d")
    opened = events(tickets or [], ("ticket_id", "event"))
    project.store.write("tickets", opened, "t")
    return project


def rules(project: Project) -> dict[str, str]:
    build_list(project, "winback")
    frame = project.store.frame("exclusions__winback")
    return dict(zip(frame["customer_id"], frame["rule"], strict=True))


@pytest.mark.parametrize(
    ("dials", "rule"),
    [
        pytest.param([dial(6.9)], "contacted_lately", id="within-the-cool-off"),
        pytest.param([dial(7)], None, id="cool-off-is-over"),
        pytest.param([dial(-3)], "contacted_lately", id="after-the-data-of-the-list"),
        pytest.param([dial(59.9, "refused")], "refused_lately", id="refused"),
        pytest.param([dial(60, "refused")], None, id="pause-is-over"),
        pytest.param([dial(29, "sale")], None, id="one-attempt"),
        pytest.param([dial(29), dial(20)], "attempts_used_up", id="two-attempts"),
        pytest.param([dial(30), dial(20)], None, id="one-of-two-is-old"),
        pytest.param([dial(1) | {"attempt_no": 0.0}], None, id="no-attempt"),
        pytest.param([dial(1, who="a")], None, id="somebody-else"),
    ],
)
def test_contacts_of_the_past_bar_another_one(
    make: Make, dials: list[dict], rule: str | None
) -> None:
    project = store(make({"a": 0.3, "b": 0.9}, config=SETTINGS), dials)
    assert rules(project).get("b") == rule


@pytest.mark.parametrize(
    ("tickets", "is_open"),
    [
        pytest.param([ticket(9, "opened")], True, id="opened"),
        pytest.param([ticket(9, "opened"), ticket(2, "resolved")], False, id="closed"),
        pytest.param(
            [ticket(9, "opened"), ticket(2, "resolved", "t2")],
            True,
            id="another-closed",
        ),
        pytest.param([ticket(9, "noted")], False, id="neither"),
        pytest.param(
            [ticket(9, "opened"), ticket(5, "resolved"), ticket(1, "opened")],
            True,
            id="opened-again",
        ),
    ],
)
def test_nobody_with_an_open_case_is_contacted(
    make: Make, tickets: list[dict], is_open: bool
) -> None:
    project = store(make({"a": 0.3, "b": 0.9}, config=SETTINGS), tickets=tickets)
    assert rules(project) == ({"b": "open_case"} if is_open else {})


@pytest.mark.parametrize(
    ("setting", "value", "rule"),
    [
        ("never=\"tariff = 'dead'\"", "dead", "never_contacted"),
        ("never=\"tariff = 'dead'\"", None, "never_contacted"),
        ("never=\"tariff = 'dead'\"", "flex", None),
        ("consent=\"tariff = 'yes'\"", "yes", None),
        ("consent=\"tariff = 'yes'\"", "no", "no_consent"),
        ("consent=\"tariff = 'yes'\"", None, "no_consent"),
    ],
)
def test_what_is_not_known_bars(
    make: Make, setting: str, value: str | None, rule: str | None
) -> None:
    consented = "consent" in setting
    people = [customer("a", tariff="yes"), customer("b", tariff=value)]
    ask = [f"contacting.{setting}"]
    ask += ["contact_law.land.consent=opt_in"] if consented else []
    project = store(make({"a": 0.3, "b": 0.9}, people, *ask, config=SETTINGS))
    assert rules(project).get("b") == rule


@pytest.mark.parametrize(
    ("born", "rule"),
    [
        pytest.param("2008-07-01", None, id="eighteen-today"),
        pytest.param("2008-07-02", "under_age", id="eighteen-tomorrow"),
        pytest.param("1950-01-01", None, id="old"),
        pytest.param(None, "under_age", id="not-known"),
    ],
)
def test_minors_are_left_out(make: Make, born: str | None, rule: str | None) -> None:
    config = SETTINGS.replace("attributes: [tariff", "attributes: [born_on, tariff")
    day = pd.to_datetime(born).tz_localize("Europe/Warsaw") if born else pd.NaT
    old = pd.Timestamp("1950-01-01", tz="Europe/Warsaw")
    people = [customer("a", born_on=old), customer("b", born_on=day)]
    for person in people:
        person["born_on"] = pd.Timestamp(person["born_on"]).tz_convert("UTC")
    asked = ["contacting.born_on=born_on", "contacting.min_age_years=18"]
    project = store(make({"a": 0.3, "b": 0.9}, people, *asked, config=config))
    assert rules(project).get("b") == rule


def test_every_customer_is_listed_or_left_out_by_a_rule(make: Make) -> None:
    people = dict.fromkeys("abcdefgh", 0.5)
    dials = [dial(1, who="a"), dial(50, "refused", who="b"), dial(3, who="c")]
    project = store(make(people, config=SETTINGS), dials)
    made = build_list(project, "winback")["lists"]["winback"]
    assert made["rows_in"] == made["rows_listed"] + sum(made["excluded"].values()) == 8
    assert made["excluded"]["contacted_lately"] == 2
    assert made["excluded"]["refused_lately"] == 1


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("lists.winback.contact_law=lnd", "Did you mean 'land'"),
        ("contact_law.land.consent=opt_in", "set contacting.consent"),
        (
            "contact_law.land.registers={dnc: {title: D, max_age_days: 31}}",
            "needs the register dnc",
        ),
        ("contacting.contacts=dial", "Did you mean 'dials'"),
        ("contacting.refused=null", "set contacting.refused"),
        ("contacting.open_cases.tickets.case=ticket", "Did you mean 'ticket_id'"),
        ("contacting.born_on=tarif", "Did you mean 'tariff'"),
        ("contacting.called_within_days=7", "no event table named 'calls'"),
        ("contacting.min_age_years=18", "needs born_on"),
    ],
)
def test_rules_that_nothing_could_decide_are_refused_before_any_data_is_read(
    make: Make, override: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        make({"a": 0.3}, None, override, config=SETTINGS)


def test_notes_name_the_law_and_ask_for_counsel(make: Make) -> None:
    project = store(make({"a": 0.3, "b": 0.9}, config=SETTINGS))
    notes = build_list(project, "winback")["lists"]["winback"]["notes"]
    assert any("Land" in note and "counsel" in note for note in notes)
