"""Matrices of migration: nobody is lost, nobody counted twice."""

import numpy as np
import pandas as pd
import pytest
from history_company import NEXT, NOW, pair_of, plain_shot
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.segments.history.membership import membership_table, segment_memberships
from ccml.segments.history.migration import Moves, migration, segment_rows
from ccml.segments.history.snapshot import Pair


def moves_of(before, after, *, has_base=True, known=()):
    """Make two cutoffs from {customer: (segment, calls)}."""
    shots, ids = [], []
    for rows, at in ((before, NOW), (after, NEXT)):
        calls = {name: number for name, (_, number) in rows.items()}
        shots.append(plain_shot(calls, at, has_base=has_base))
        ids.append(np.array([rows[name][0] for name in sorted(rows)], dtype=object))
    pair = Pair.of(*shots)
    return Moves(pair, *ids, np.isin(shots[1].ids, known))


def cells(moves):
    rows = migration(moves)
    rows = rows[rows["customers"] > 0]
    return rows.set_index(["from_segment", "to_segment"])["customers"].to_dict()


def test_a_small_matrix_is_counted_by_hand():
    moves = moves_of(
        {"a": ("s1", 5), "b": ("s1", 3), "c": ("quiet", 0), "d": ("s2", 2)},
        {"a": ("s1", 4), "b": ("s2", 3), "c": ("quiet", 0), "e": ("s1", 1)},
    )
    assert cells(moves) == {
        ("s1", "s1"): 1,
        ("s1", "s2"): 1,
        ("quiet", "quiet"): 1,
        ("s2", "gone"): 1,
        ("new", "s1"): 1,
    }
    rows = segment_memberships(moves.pair.after, moves.after, moves, seed=1)
    found = {row.group: (row.stayed, row.entered, row.left, row.gone) for row in rows}
    assert found == {"s1": (1, 1, 1, 0), "s2": (0, 1, 1, 1), "quiet": (1, 0, 0, 0)}
    assert {row.group for row in rows if row.chance} == {"quiet"}


def test_without_a_record_of_customers_the_unseen_are_quiet():
    moves = moves_of(
        {"a": ("s1", 5), "b": ("s1", 3)},
        {"a": ("s1", 4), "d": ("s1", 1), "e": ("s1", 1)},
        has_base=False,
        known=["d"],
    )
    assert cells(moves) == {
        ("s1", "s1"): 1,
        ("s1", "quiet"): 1,
        ("quiet", "s1"): 1,
        ("new", "s1"): 1,
    }


customers = st.dictionaries(
    st.sampled_from([f"c{i}" for i in range(30)]),
    st.tuples(st.sampled_from(["s1", "s2", "quiet"]), st.integers(0, 9)),
    min_size=1,
)


@settings(max_examples=25, deadline=None)
@given(customers, customers, st.booleans())
def test_every_customer_is_counted_once_and_the_sums_agree(before, after, has_base):
    moves = moves_of(before, after, has_base=has_base)
    found = cells(moves)
    assert sum(found.values()) == len({*before, *after})
    rows = segment_memberships(moves.pair.after, moves.after, moves, seed=1)
    for row in rows:
        former = sum(1 for segment, _ in before.values() if segment == row.group)
        now = sum(1 for segment, _ in after.values() if segment == row.group)
        assert row.stayed + row.left == former
        assert row.stayed + row.entered == row.customers == now


def test_who_falls_silent_by_chance_is_expected_from_every_segment():
    pair, _, _ = pair_of(1)
    pair = Pair.of(pair.before.since_then(), pair.after.since_then())
    ids = [
        np.where(one.calls > 0, "s1", "quiet").astype(object)
        for one in (pair.before, pair.after)
    ]
    rows = migration(Moves(pair, *ids, np.ones(len(ids[1]), bool)))
    table = rows.set_index(["from_segment", "to_segment"])
    for start in ("s1", "quiet"):
        expected = table.loc[(start, "quiet"), "expected_by_chance"]
        counted = table.loc[(start, "quiet"), "customers"]
        assert counted == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert table.loc[("quiet", "s1"), "expected_by_chance"] != 0
    assert pd.isna(table.loc[("s1", "s1"), "expected_by_chance"])


def test_no_pair_of_cutoffs_gives_an_empty_table_with_its_columns():
    rows = segment_rows([])
    assert list(rows.columns)[:2] == ["from_cutoff_at", "to_cutoff_at"]
    assert rows.empty
    assert str(rows["from_cutoff_at"].dtype) == "datetime64[us, UTC]"


def test_the_table_of_groups_keeps_unknown_figures_null():
    one = plain_shot({"a": 1, "b": 0, "c": 4}, NOW)
    ids = np.array(["s1", "quiet", "s1"], dtype=object)
    table = membership_table(segment_memberships(one, ids, None, seed=1))
    assert table["left"].isna().all()
    assert table["left_by_chance"].isna().all()
    shares = table.set_index("group")["share_of_calls"]
    assert shares.to_dict() == {"quiet": 0, "s1": 1}
