import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.kpis.abandonment import abandonment
from ccml.kpis.measure import measure
from ccml.kpis.service_level import LevelRule, service_levels, usual_levels

LOST = {"answered": False, "abandoned": True, "short_abandon": False}
FLOWN = {"answered": False, "abandoned": False}


def values(table, figures):
    tidy = measure(table, figures)
    short = tidy["variant"].str.split(":").str[0]
    return dict(zip(tidy["kpi"] + " " + short, tidy["value"], strict=True))


def levels(table, **options):
    found = values(table, usual_levels(table, LevelRule(20, **options)))
    return [found[f"service_level SL{i}"] for i in (1, 2, 3, 4)]


def second_vector(calls):
    return calls(
        *[{"wait_s": 10.0}] * 70,
        *[{"wait_s": 40.0}] * 15,
        *[{**LOST, "wait_s": 3.0, "short_abandon": True}] * 3,
        *[{**LOST, "wait_s": 15.0}] * 2,
        *[{**LOST, "wait_s": 60.0}] * 7,
        *[{**FLOWN, "wait_s": 90.0}] * 3,
    )


def test_service_level_of_the_first_vector(calls):
    table = calls(
        *[{"wait_s": 10.0}] * 70,
        *[{**LOST, "wait_s": 10.0}] * 10,
        *[{"wait_s": 30.0}] * 20,
    )
    assert levels(table)[:3] == pytest.approx([70 / 90, 0.70, 0.80], abs=5e-5)


def test_service_level_of_the_second_vector(calls):
    expected = [0.7368, 0.70, 0.75, 0.8235]
    assert levels(second_vector(calls)) == pytest.approx(expected, abs=5e-5)


def vendors(table):
    tidy = measure(table, service_levels(table, LevelRule(20)))
    return dict(
        zip(tidy["variant"].str.split(" \\(20").str[0], tidy["value"], strict=True)
    )


def test_vendor_levels_of_the_second_vector(calls):
    rows = second_vector(calls)
    found = vendors(rows.mutate(flow_out=~rows.answered & ~rows.abandoned))
    plain = "SL5: answered in time / (answered + abandoned"
    assert found[f"{plain})"] == pytest.approx(0.7216, abs=5e-5)
    assert found[f"{plain} + flow-outs)"] == pytest.approx(0.70, abs=5e-5)
    both = f"{plain} + flow-outs - short abandons)"
    assert found[both] == pytest.approx(0.7216, abs=5e-5)
    assert found[f"{plain} - short abandons)"] == pytest.approx(70 / 94, abs=5e-5)
    assert found["SL6: left the queue in time / queued"] == pytest.approx(0.75)
    within = found["SL7: calls within / calls within or missed"]
    assert within == pytest.approx(70 / (70 + 15 + 9))


def test_a_callback_asked_for_in_time_leaves_the_queue_in_time(calls):
    table = calls({"wait_s": 5.0}, {**FLOWN, "wait_s": 9.0, "asked_callback": True})
    assert vendors(table)["SL6: left the queue in time / queued"] == 1


def test_switches_on_flow_outs_need_them_reported(calls):
    table = calls({"wait_s": 5.0}, {**LOST, "wait_s": 5.0})
    tidy = measure(table, service_levels(table, LevelRule(20)))
    rows = tidy[tidy["variant"].str.contains("flow-outs")]
    assert rows["value"].isna().all()
    assert rows["why_null"].str.contains("not reported: flow_out").all()


def test_short_abandons_may_be_no_events_at_all(calls):
    rows = second_vector(calls)
    expected = [70 / 95, 70 / 97, 72 / 97, 70 / 85]
    assert levels(rows, without_short=True) == pytest.approx(expected)


def test_abandonment_of_the_second_vector(calls):
    table = second_vector(calls)
    found = values(table, abandonment(table))
    assert found["abandonment AB1"] == pytest.approx(0.12, abs=5e-5)
    assert found["abandonment AB2"] == pytest.approx(9 / 97, abs=5e-5)


def test_abandonment_without_short_ones_is_unknown_when_they_are_not_told(calls):
    table = calls({}, {**LOST, "short_abandon": None})
    found = values(table, abandonment(table))
    assert found["abandonment AB1"] == pytest.approx(0.5)
    assert found["abandonment AB2"] != found["abandonment AB2"]


@pytest.mark.parametrize(("inclusive", "level"), [(True, 1.0), (False, 0.0)])
def test_a_wait_of_exactly_the_threshold_counts_as_told(calls, inclusive, level):
    table = calls({"wait_s": 20.0})
    assert levels(table, inclusive=inclusive)[1] == level


def test_without_any_call_nothing_is_said(calls):
    table = calls({"direction": "outbound"})
    found = measure(table, [*service_levels(table, LevelRule(20)), *abandonment(table)])
    assert found["value"].isna().all()


def test_an_answered_call_was_offered_even_if_it_never_queued(calls):
    table = calls({"queued": False, "wait_s": 0.0}, {**LOST, "wait_s": 5.0})
    assert levels(table)[1] == 0.5


def test_abandonment_of_all_calls_counts_the_menu_in(calls):
    menu = {"queued": False, "answered": False, "ivr_only": True}
    table = calls(
        {"ivr_only": False},
        {**LOST, "ivr_only": False},
        {**menu, "ivr_s": 4.0},
        {**menu, "ivr_s": 40.0},
    )
    found = values(table, abandonment(table))
    assert found["abandonment AB1"] == 0.5
    assert found["abandonment AB3"] == 0.25
    assert found["abandonment AB4"] == 0.5


def test_live_answers_must_meet_an_agent_in_two_seconds(calls):
    out = {"direction": "outbound"}
    table = calls(
        {**out, "wait_s": 2.0},
        {**out, "wait_s": 2.5},
        {**out, **LOST, "wait_s": 1.0},
        {**out, **FLOWN, "wait_s": 30.0},
    )
    found = values(table, abandonment(table))
    assert found["compliance_abandonment AB5"] == pytest.approx(2 / 3)


one_call = st.builds(
    lambda kind, wait: {**kind, "wait_s": wait},
    st.sampled_from([{}, LOST, {**LOST, "short_abandon": True}, FLOWN]),
    st.floats(0, 60),
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=st.lists(one_call, min_size=1, max_size=20))
def test_variants_are_ordered(calls, rows):
    table = calls(*rows)
    sl1, sl2, sl3, _ = levels(table)
    lost = values(table, abandonment(table))
    assert not sl1 < sl2
    assert not sl3 < sl2
    assert not lost["abandonment AB2"] > lost["abandonment AB1"] + 1e-12
