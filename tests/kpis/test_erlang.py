import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccml.errors import ConfigError
from ccml.kpis.erlang import agents_needed, erlang_b, erlang_c, load_erlangs, staffing

ROWS = [
    (11, 0.163232, 0.682118, 0.3896, 122.78, 0.9091),
    (12, 0.119739, 0.449388, 0.6402, 40.44, 0.8333),
    (13, 0.084339, 0.285270, 0.7956, 17.12, 0.7692),
    (14, 0.056819, 0.174132, 0.8884, 7.84, 0.7143),
]


def test_a_hundred_calls_in_half_an_hour_are_ten_erlangs():
    assert load_erlangs(100, 1800, 180) == 10


@pytest.mark.parametrize(("agents", "b", "c", "level", "asa", "occupancy"), ROWS)
def test_the_vectors(agents, b, c, level, asa, occupancy):
    found = staffing(10, agents, aht_s=180, target_s=20)
    assert found.blocked == pytest.approx(b, abs=5e-7)
    assert found.waits == pytest.approx(c, abs=5e-7)
    assert found.service_level == pytest.approx(level, abs=5e-5)
    assert found.asa_s == pytest.approx(asa, abs=5e-3)
    assert found.occupancy == pytest.approx(occupancy, abs=5e-5)


def test_five_thousand_agents_overflow_nothing():
    assert erlang_b(4900, 5000) == pytest.approx(0.00221577, abs=5e-9)
    assert erlang_c(4900, 5000) == pytest.approx(0.0999379, abs=5e-8)


@pytest.mark.parametrize("agents", [9, 10])
def test_too_few_agents_are_refused(agents):
    with pytest.raises(ConfigError, match="cannot carry 10 erlangs"):
        erlang_c(10, agents)


@given(load=st.floats(0.1, 60), more=st.integers(1, 40))
def test_more_agents_never_make_callers_wait_more(load, more):
    first = staffing(load, int(load) + 1, aht_s=180, target_s=20)
    then = staffing(load, int(load) + 1 + more, aht_s=180, target_s=20)
    assert then.waits <= first.waits
    assert then.asa_s <= first.asa_s
    assert then.service_level >= first.service_level


def test_with_many_agents_everybody_is_answered_at_once():
    assert staffing(10, 60, 180, 20).service_level == pytest.approx(1)


def test_the_fewest_agents_that_reach_a_level():
    assert agents_needed(10, 180, 20, service_level=0.80).agents == 14
    assert agents_needed(10, 180, 20, service_level=0.795).agents == 13
    with pytest.raises(ConfigError, match="below 1"):
        agents_needed(10, 180, 20, service_level=1)
