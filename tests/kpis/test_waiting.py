import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.kpis.abandonment import abandonment
from ccml.kpis.measure import measure
from ccml.kpis.service_level import LevelRule, service_levels
from ccml.kpis.waiting import QUEUE, speed_of_answer

LOST = {"answered": False, "abandoned": True}


def asa(table):
    tidy = measure(table, speed_of_answer(table))
    return tidy[tidy["kpi"] == "asa"].set_index("variant")["value"]


def test_speed_of_answer_leaves_abandoned_calls_out(calls):
    waits = [{"wait_s": float(s)} for s in (0, 10, 20, 90)]
    table = calls(*waits, {**LOST, "wait_s": 60.0})
    tidy = measure(table, speed_of_answer(table)).set_index("kpi")["value"]
    assert asa(table)[QUEUE] == pytest.approx(30)
    assert tidy["time_to_abandon"] == pytest.approx(60)
    assert tidy["wait_p50"] == pytest.approx(15)


def test_variants_of_asa_add_the_menu_or_later_queues_and_never_the_ringing(calls):
    table = calls({"wait_s": 30.0, "ivr_s": 12.0, "requeue_wait_s": 8.0, "ring_s": 5.0})
    assert sorted(asa(table)) == [5, 30, 38, 42]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rings=st.lists(st.floats(0, 300), min_size=3, max_size=3))
def test_ringing_changes_no_asa(calls, rings):
    waits = (5.0, 60.0, 20.0)
    with_rings = [
        {"wait_s": wait, "ring_s": ring}
        for wait, ring in zip(waits, rings, strict=True)
    ]
    without = [{"wait_s": wait} for wait in waits]
    assert asa(calls(*with_rings))[QUEUE] == asa(calls(*without))[QUEUE]


def test_without_waits_nothing_is_said_of_them_and_it_is_said_why(calls):
    table = calls({}, {**LOST, "short_abandon": None})
    figures = [*service_levels(table, LevelRule(20)), *speed_of_answer(table)]
    tidy = measure(table, figures)
    assert tidy["value"].isna().all()
    assert tidy["why_null"].str.startswith("not reported: ").all()
    in_queue = tidy[~tidy["variant"].str.contains("ringing")]
    assert in_queue["why_null"].str.contains("wait_s").all()
    short = measure(table, abandonment(table)).set_index("variant")["why_null"]
    assert short.filter(like="AB2").item() == "not reported: short_abandon"
