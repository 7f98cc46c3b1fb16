from datetime import UTC, datetime

import ibis
import pandas as pd
import pytest

from ccml.config.segments import TriggerConfig
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.clusters.triggers import (
    Trigger,
    is_triggered,
    read_triggers,
    trigger_trait,
    with_moments,
)
from ccml.segments.population import Population, window_calls

CUTOFF = datetime(2025, 7, 1, tzinfo=UTC)
PEOPLE = Population(
    pd.DataFrame({"customer_id": ["a", "b"], "exposure_days": [90, 90]}),
    CUTOFF,
    90,
    True,
)
CONFIG = """
version: 1
project: small
workspace: data
time_zone: UTC
sources:
  calls: {{path: x}}
  events: {{bills: {{path: x, id: id, event_at: at}}}}
segments: {{clusters: {{triggers: {{after_bill: {trigger}}}}}}}
"""


def instant(day):
    return (pd.Timestamp(CUTOFF) + pd.Timedelta(days=day)).as_unit("us")


def rows(*given):
    frame = pd.DataFrame(
        [(who, instant(at), instant(known), *more) for who, at, known, *more in given],
        columns=["customer_id", "event_at", "known_at", "reason"][: len(given[0])],
    )
    return ibis.memtable(frame)


def told(event, call=("a", -10, -10, "billing"), **config):
    given = TriggerConfig(table="bills", **{"days": 6, "from_days": 2, **config})
    trigger = Trigger(trigger_trait("after_bill", given), given, rows(event))
    calls = rows(call).mutate(call_id=ibis.literal("k"))
    seen = window_calls(PEOPLE, with_moments(calls, [trigger]))
    found = seen.select(is_after=is_triggered(seen, trigger)).to_pandas()
    return found["is_after"].tolist() == [True]


@pytest.mark.parametrize(
    ("event", "is_after"),
    [
        pytest.param(("a", -14, -14), True, id="inside"),
        pytest.param(("a", -12, -12), True, id="just-old-enough"),
        pytest.param(("a", -11, -11), False, id="too-soon"),
        pytest.param(("a", -16, -16), True, id="just-new-enough"),
        pytest.param(("a", -17, -17), False, id="too-late"),
        pytest.param(("a", -9, -9), False, id="afterwards"),
        pytest.param(("b", -14, -14), False, id="of-another"),
        pytest.param(("a", -14, -5), True, id="known-before-the-cutoff"),
        pytest.param(("a", -14, 0), False, id="known-too-late"),
    ],
)
def test_calls_soon_after_an_event_are_told(event, is_after):
    assert told(event) == is_after


def test_an_event_before_the_window_counts_for_a_call_inside():
    assert told(("a", -92, -92), ("a", -89, -89, "billing"))


def test_an_event_known_late_does_not_hide_one_known_before():
    given = TriggerConfig(table="bills", days=6, from_days=2)
    events = rows(("a", -15, -14), ("a", -13, 1))
    trigger = Trigger(trigger_trait("after_bill", given), given, events)
    calls = rows(("a", -10, -10)).mutate(call_id=ibis.literal("k"))
    seen = window_calls(PEOPLE, with_moments(calls, [trigger]))
    found = seen.select("row_id", is_after=is_triggered(seen, trigger)).to_pandas()
    assert found.to_dict("records") == [{"row_id": 0, "is_after": True}]


@pytest.mark.parametrize(("reason", "is_after"), [("billing", True), ("info", False)])
def test_calls_can_be_chosen(reason, is_after):
    call = ("a", -10, -10, reason)
    assert told(("a", -14, -14), call, calls="reason = 'billing'") == is_after


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"days": 7, "from_days": 2}, "2 to 7 days after a bill"),
        ({"days": 1, "table": "outages"}, "within 1 day of an outage"),
        ({"days": 0.5, "table": "web_visits"}, "within 12 hours of a web visit"),
        ({"days": 3, "words": "after dinner"}, "after dinner"),
    ],
)
def test_a_trigger_is_named_for_people(config, words):
    trait = trigger_trait("any", TriggerConfig(**{"table": "bills", **config}))
    assert trait.meaning == f"calls {words} in 30 days"
    assert trait.head == f"Callers {words}"


@pytest.mark.parametrize(
    ("trigger", "match"),
    [
        pytest.param("{table: bill, days: 3}", "Did you mean 'bills'", id="table"),
        pytest.param("{table: bills, days: 2, from_days: 3}", "less than", id="order"),
    ],
)
def test_a_wrong_trigger_is_refused(tmp_path, trigger, match):
    (tmp_path / "small.yaml").write_text(CONFIG.format(trigger=trigger))

    def read():
        project = Project.open(tmp_path / "small.yaml")
        return read_triggers(project, project.config.segments.clusters.triggers)

    with pytest.raises(ConfigError, match=match):
        read()
