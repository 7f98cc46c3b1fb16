import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.kpis.figures import measure
from ccml.kpis.queueing import abandonment, service_level, speed_of_answer, volume

LOST = {"answered": False, "abandoned": True, "short_abandon": False}
FLOWN = {"answered": False, "abandoned": False}


def values(table, figures):
    tidy = measure(table, figures)
    short = tidy["variant"].str.split(":").str[0]
    return dict(zip(tidy["kpi"] + " " + short, tidy["value"], strict=True))


def levels(table, **options):
    found = values(table, service_level(table, 20, **options))
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


def test_speed_of_answer_leaves_abandoned_calls_out(calls):
    waits = [{"wait_s": float(s)} for s in (0, 10, 20, 90)]
    table = calls(*waits, {**LOST, "wait_s": 60.0})
    found = measure(table, speed_of_answer(table)).set_index("kpi")["value"]
    assert found["asa"] == pytest.approx(30)
    assert found["time_to_abandon"] == pytest.approx(60)
    assert found["wait_p50"] == pytest.approx(15)


def test_without_waits_nothing_is_said_of_them(calls):
    table = calls({}, LOST)
    found = measure(table, [*service_level(table, 20), *speed_of_answer(table)])
    assert found["value"].isna().all()
    assert (found["n"] == 0).all()


def test_without_any_call_nothing_is_said(calls):
    table = calls({"direction": "outbound"})
    found = measure(table, [*service_level(table, 20), *abandonment(table)])
    assert found["value"].isna().all()


def test_volume_counts_directions_and_unknown_callers(calls):
    table = calls({}, {"customer_id": None}, {"direction": "outbound"})
    found = values(table, volume(table))
    assert found["calls all directions"] == 3
    assert found["calls inbound"] == 2
    assert found["calls outbound"] == 1
    unknown = [value for name, value in found.items() if name.startswith("unknown")]
    assert unknown == [0.5]


def test_an_answered_call_was_offered_even_if_it_never_queued(calls):
    table = calls({"queued": False, "wait_s": 0.0}, {**LOST, "wait_s": 5.0})
    assert levels(table)[1] == 0.5


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
