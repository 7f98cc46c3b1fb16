import pandas as pd
from report_tables import segment_summary

from ccml.reports.callers import coloured, top_row
from ccml.reports.figures_callers import (
    call_counts,
    lorenz,
    persistence,
    segment_shares,
)
from ccml.reports.theme import CONTEXT


def test_concentration_is_told_beside_chance():
    summary = segment_summary()
    title = lorenz(summary["concentration"]["lorenz"], top_row(summary)).title
    assert title.startswith("The top 14")
    assert "chance alone would give" in title


def test_a_segment_has_one_colour_in_whatever_order_it_comes():
    segments = segment_summary()["segments"]
    before = {s["id"]: s["colour"] for s in coloured(segments)}
    after = {s["id"]: s["colour"] for s in coloured(segments[::-1])}
    assert before == after
    assert before["quiet"] == CONTEXT
    assert len({before[i] for i in "123"}) == 3


def test_at_most_five_segments_are_coloured():
    many = [{"id": str(n), "share_of_calls": 0.3 - n / 100} for n in range(1, 9)]
    colours = [segment["colour"] for segment in coloured(many)]
    assert len(set(colours)) == 6
    assert colours[5:] == [CONTEXT] * 3


def test_the_title_names_the_segment_with_most_calls():
    chart = segment_shares(coloured(segment_summary()["segments"]))
    assert chart.title.startswith("Evening callers")
    chart.to_dict()


def test_the_fit_is_praised_only_where_it_fits():
    fit = segment_summary()["repeat_callers"]["fit"]
    assert "expects almost the same" in call_counts(fit).title
    wrong = [{**row, "expected": row["observed"] * (row["calls"] % 2)} for row in fit]
    assert "does not follow" in call_counts(wrong).title


def test_persistent_callers_are_counted_among_all():
    rates = pd.DataFrame(
        {
            "low": [0.0, 1.0],
            "high": [1.0, 2.0],
            "customers": [90, 10],
            "persistent": [0, 4],
        }
    )
    assert persistence(rates, 1.5).title.startswith("4 of 100 customers")
    assert "strokeDash" in str(persistence(rates, 1.5).to_dict())
    persistence(rates, None).to_dict()
