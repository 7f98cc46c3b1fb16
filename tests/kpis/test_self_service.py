from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ccml.config.kpis import KpisConfig
from ccml.kpis.measure import measure
from ccml.kpis.prepared import narrow_calls, prepared_calls
from ccml.kpis.repeats import GROSS
from ccml.kpis.self_service import callbacks, containment

END = datetime(2025, 2, 1, tzinfo=UTC)
LOST = {"answered": False, "abandoned": True}
MENU = {"answered": False, "queued": False, "ivr_only": True}


def prepared(table, **options):
    config = KpisConfig(**options)
    rows = narrow_calls(table, config, ZoneInfo("UTC"))
    return prepared_calls(rows, config, GROSS, None)


def shares(table, end=END):
    tidy = measure(table, containment(table, end))
    return dict(zip(tidy["variant"].str.split(":").str[0], tidy["value"], strict=True))


def vector():
    asked = [{"ivr_s": 30.0, "ivr_only": False}] * 40
    early = [{**MENU, "ivr_s": 4.0}] * 15
    served = [{**MENU, "ivr_s": 60.0}] * 40
    rows = [
        row | {"customer_id": f"c{i}"} for i, row in enumerate(asked + early + served)
    ]
    for i in range(5):
        again = {"customer_id": f"x{i}", "started_at": "2025-01-03 09:59"}
        rows += [{**MENU, "ivr_s": 60.0, "customer_id": f"x{i}"}, again]
    return rows


def test_containment_of_the_vector(calls):
    found = shares(prepared(calls(*vector())))
    assert found["loose"] == pytest.approx(0.45)
    assert found["strict"] == pytest.approx(0.40)


def test_an_agent_a_day_later_undoes_nothing(calls):
    late = {"started_at": "2025-01-03 10:01"}
    found = shares(prepared(calls({**MENU, "ivr_s": 60.0}, late)))
    assert found == {"loose": 1, "strict": 1}


def test_strictly_only_known_customers_whose_day_is_over_are_told_of(calls):
    rows = [
        {**MENU, "ivr_s": 60.0, "customer_id": None},
        {**MENU, "ivr_s": 60.0, "started_at": "2025-01-31 20:00"},
    ]
    found = shares(prepared(calls(*rows)))
    assert found["loose"] == 1
    assert found["strict"] != found["strict"]


def test_callbacks_are_counted_with_their_delay(calls):
    rows = [
        {"call_id": "a", **LOST, "flow_out": True, "ended_at": "2025-01-02 10:10"},
        {"call_id": "b", **LOST, "system_outcome": "Callback requested"},
        {"call_id": "c", "callback": True, "callback_of": "a", **LOST,
         "started_at": "2025-01-02 10:20"},
        {"call_id": "d", "callback": True, "callback_of": "a",
         "started_at": "2025-01-02 11:00"},
        {"call_id": "e"},
    ]  # fmt: skip
    table = prepared(calls(*rows))
    tidy = measure(table, callbacks(table)).set_index(["kpi", "variant"])["value"]
    assert tidy["callbacks", "asked for"] == 2
    assert tidy["callbacks", "calls that are one"] == 2
    assert tidy["callback_made"].item() == 0.5
    assert tidy["callback_reached"].item() == 0.5
    assert tidy["time_to_callback"].item() == 600


def test_without_a_call_that_asked_callbacks_are_unknown(calls):
    table = prepared(calls({}), callback_asked_outcomes=[])
    tidy = measure(table, callbacks(table)).set_index("variant")
    assert tidy["value"].isna().all()
    assert "asked for a callback" in tidy.loc["asked for", "why_null"]
