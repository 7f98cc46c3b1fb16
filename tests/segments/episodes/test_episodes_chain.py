"""Which calls make one episode, on ledgers written by hand and on drawn ones."""

from datetime import timedelta

import ibis
import numpy as np
import pytest
from episode_calls import at, call, episodes_of, given_up, rules, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.segments.episodes.chain import chained
from ccml.segments.episodes.describe import episode_call_rows, episode_rows
from ccml.segments.episodes.ledger import ledger

SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _engine(shared_backend):
    ibis.set_backend(shared_backend)


def grouped(rows, **episodes):
    chosen = rules(**episodes)
    calls = ledger(ibis.memtable(table(rows)), chosen)
    chains = chained(calls, chosen.episodes)
    found = episode_call_rows(calls, chains).to_pylist()
    marks = zip(chains.is_redial.tolist(), chains.is_repeat.tolist(), strict=True)
    return {
        row["call_id"]: (row["episode_id"], *mark)
        for row, mark in zip(found, marks, strict=True)
    }


def triggers(rows, **episodes):
    return [episode for episode, *_ in grouped(rows, **episodes).values()]


@pytest.mark.parametrize(
    ("later", "is_one"),
    [
        pytest.param(at(7) - INSTANT, True, id="just-inside"),
        pytest.param(at(7), True, id="exactly-the-window"),
        pytest.param(at(7) + INSTANT, False, id="just-outside"),
        pytest.param(at(0), True, id="same-instant"),
    ],
)
def test_a_call_goes_on_within_the_window(later, is_one):
    rows = [call(1, "A", at(0)), call(2, "A", later)]
    assert (triggers(rows) == ["k0001", "k0001"]) is is_one


def test_the_window_runs_from_call_to_call_not_from_the_trigger():
    rows = [call(n, "A", at(6 * n)) for n in range(4)]
    assert set(triggers(rows)) == {"k0000"}


def test_calls_at_the_same_instant_do_not_repeat_each_other():
    found = grouped([call(1, "A", at(0)), call(2, "A", at(0)), call(3, "A", at(1))])
    assert [repeat for *_, repeat in found.values()] == [False, False, True]


@pytest.mark.parametrize(
    ("first", "gap", "is_redial"),
    [
        pytest.param(given_up, timedelta(minutes=12), True, id="ten-after-giving-up"),
        pytest.param(given_up, timedelta(minutes=12) + SECOND, False, id="later"),
        pytest.param(call, timedelta(minutes=1), False, id="after-an-answered-call"),
        pytest.param(given_up, timedelta(0), False, id="same-instant"),
    ],
)
def test_a_call_soon_after_giving_up_is_a_redial_and_no_repeat(first, gap, is_redial):
    rows = [first(1, "A", at(0)), call(2, "A", at(0) + gap)]
    episode, redial, repeat = grouped(rows)["k0002"]
    assert (episode, redial) == ("k0001", is_redial)
    assert repeat is (not is_redial and gap > timedelta(0))


def test_a_customer_never_redials_for_another():
    found = grouped([given_up(1, "A", at(0)), call(2, "B", at(0, 3))])
    assert found["k0002"] == ("k0002", False, False)


def test_unknown_customers_and_other_directions_take_no_part():
    rows = [
        call(1, None, at(0)),
        call(2, None, at(1)),
        call(3, "A", at(0), direction="outbound", callback=True),
        call(4, "A", at(1)),
        call(5, "A", at(2), direction="internal"),
    ]
    assert grouped(rows) == {"k0004": ("k0004", False, False)}


def test_families_are_kept_apart_only_when_asked():
    rows = [
        call(1, "A", at(0), reason="billing"),
        call(2, "A", at(1), reason="fault"),
        call(3, "A", at(2), reason="payment"),
        call(4, "A", at(3), reason=None, queue=None),
        call(5, "A", at(4), reason=None, queue=None),
    ]
    assert set(triggers(rows)) == {"k0001"}
    kept = {key: value[0] for key, value in grouped(rows, same_family=True).items()}
    own = {f"k000{n}": f"k000{n}" for n in (1, 2, 4, 5)}
    assert kept == own | {"k0003": "k0001"}


def test_a_given_up_call_takes_the_family_of_its_redial():
    rows = [
        call(1, "A", at(0), reason="fault"),
        given_up(2, "A", at(1), reason=None, queue=None),
        call(3, "A", at(1, 4), reason="fault"),
    ]
    assert set(triggers(rows, same_family=True)) == {"k0001"}


MINUTES = st.sampled_from([0, 1, 5, 12, 13, 60, 1440, 5 * 1440, 7 * 1440, 9 * 1440])
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", None]),
        MINUTES,
        st.sampled_from(["answered", "given up", "outbound"]),
        st.sampled_from(["fault", "offer", None]),
    ),
    max_size=25,
)


def drawn_rows(steps):
    rows, now = [], at(0)
    for number, (customer, minutes, kind, reason) in enumerate(steps):
        now += timedelta(minutes=minutes)
        make = given_up if kind == "given up" else call
        direction = "outbound" if kind == "outbound" else "inbound"
        queue = "care" if reason is None and number % 2 else None
        row = make(
            number, customer, now, reason=reason, queue=queue, direction=direction
        )
        rows.append(row)
    return rows


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(DRAWN, st.booleans(), st.integers(0, 2**32))
def test_the_grouping_agrees_with_plain_python(steps, same_family, seed):
    rows = drawn_rows(steps)
    chosen = rules(same_family=same_family)
    expected = episodes_of(rows, chosen.episodes)
    mixed = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    assert grouped(mixed, same_family=same_family) == expected


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(DRAWN, st.booleans())
def test_every_call_of_a_known_customer_is_in_exactly_one_episode(steps, same_family):
    rows, chosen = drawn_rows(steps), rules(same_family=same_family)
    calls = ledger(ibis.memtable(table(rows)), chosen)
    chains = chained(calls, chosen.episodes)
    stored = episode_call_rows(calls, chains).to_pylist()
    episodes = episode_rows(calls, chains, chosen).to_pylist()
    known = [r for r in rows if r["customer_id"] and r["direction"] == "inbound"]
    assert sorted(r["call_id"] for r in stored) == [r["call_id"] for r in known]
    assert sum(one["calls"] for one in episodes) == len(known)
    assert {one["episode_id"] for one in episodes} == {r["episode_id"] for r in stored}
    for one in episodes:
        inside = [r["place"] for r in stored if r["episode_id"] == one["episode_id"]]
        assert sorted(inside) == list(range(1, one["calls"] + 1))
        assert one["calls"] >= 1 + one["repeats"] + one["redials"]
