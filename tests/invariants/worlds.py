"""Random small worlds whose events lie on and beside the instants that matter."""

from datetime import timedelta
from itertools import pairwise

from builders import Row, at, bill, call, customer, link
from hypothesis import strategies as st

CUTOFFS = [
    at("2025-03-01T00:00:00+01:00"),
    at("2025-04-01T00:00:00+02:00"),
    at("2025-05-01T00:00:00+02:00"),
]
CUSTOMERS = ["A", "B", "C", "D"]
BACK = [
    timedelta(),
    timedelta(hours=3),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=20),
    timedelta(days=31),
]
TICKS = [timedelta(), timedelta(microseconds=1), -timedelta(microseconds=1)]
LAGS = [timedelta(), timedelta(microseconds=1), timedelta(days=2), timedelta(days=40)]
LENGTHS = [timedelta(), timedelta(minutes=5), timedelta(days=1)]
AMOUNTS = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_nan=False))

instants = st.builds(
    lambda cutoff, back, tick: cutoff - back + tick,
    st.sampled_from(CUTOFFS),
    st.sampled_from(BACK),
    st.sampled_from(TICKS),
)
flags = st.sampled_from([True, True, False, None])


@st.composite
def known(draw, happened):
    """Draw when something was known: at once, late, or exactly at a cutoff."""
    moments = [happened + lag for lag in LAGS]
    moments += [cutoff for cutoff in CUTOFFS if cutoff >= happened]
    return draw(st.sampled_from(moments))


@st.composite
def calls(draw, number: int) -> Row:
    start = draw(instants)
    end = start + draw(st.sampled_from(LENGTHS))
    return call(
        number,
        start,
        ended_at=end,
        known_at=draw(known(end)),
        direction=draw(st.sampled_from(["inbound", "inbound", "outbound"])),
        reason=draw(st.sampled_from(["bill", "fault", "move", "Żółw", None])),
        wait_s=draw(AMOUNTS),
        csat=draw(st.sampled_from([None, 1.0, 5.0])),
        answered=draw(flags),
    )


@st.composite
def links(draw, row: Row) -> Row:
    owner = draw(st.sampled_from([*CUSTOMERS, *CUSTOMERS, None]))
    return link(row, owner, known_at=draw(known(row["known_at"])))


@st.composite
def bills(draw, number: int) -> Row:
    happened = draw(instants)
    early = happened - timedelta(days=9)
    return bill(
        number,
        happened,
        customer_id=draw(st.sampled_from(CUSTOMERS)),
        known_at=draw(st.one_of(known(happened), st.just(early))),
        amount_eur=draw(AMOUNTS),
        late_days=draw(AMOUNTS),
        kind=draw(st.sampled_from(["regular", "final (end)", "final", None])),
        corrected=draw(flags),
    )


@st.composite
def intervals(draw, name: str) -> list[Row]:
    """Draw a customer's validity intervals, with gaps, an end, and late knowledge."""
    starts = sorted(set(draw(st.lists(instants, max_size=3))))
    rows = []
    for start, following in pairwise([*starts, None]):
        ends = [None if following is None else following]
        ends += [e for e in CUTOFFS if start <= e and (not following or e <= following)]
        rows.append(
            customer(
                name,
                valid_from=start,
                valid_to=draw(st.sampled_from(ends)),
                known_at=draw(known(start)),
                tariff=draw(st.sampled_from(["basic", "plus", None])),
                fee_eur=draw(st.sampled_from([None, 10.0, 35.5])),
                joined_on=draw(st.sampled_from([None, at("2041-02-03T04:05:06.7")])),
            )
        )
    return rows


class World(dict[str, list[Row]]):
    """Canonical tables; too long to be shown, and the same in every run."""

    def __repr__(self) -> str:
        return f"World({ {name: len(rows) for name, rows in self.items()} })"


@st.composite
def worlds(draw, events: int = 40) -> World:
    """Draw all canonical tables of a small company."""
    some_calls = [draw(calls(number)) for number in range(events)]
    first = customer("A", valid_from=at("2024-06-01"))
    people = [draw(intervals(name)) for name in CUSTOMERS[1:]]
    return World(
        calls=some_calls,
        identity_map=[draw(links(row)) for row in some_calls],
        bills=[draw(bills(number)) for number in range(events)],
        customers=[first, *(row for rows in people for row in rows)],
    )
