"""The callers' section: who calls again, segments and their cards."""

from dataclasses import replace

import pandas as pd
import pytest
from report_tables import HOSTILE, repeat_callers, segment_summary

from ccml.reports.callers import callers_section, segment_cards, who_calls_again
from ccml.reports.page import render_page


@pytest.mark.parametrize(
    ("callers", "start"),
    [
        ({"persistent_customers": 3, "share_of_customers": 0.1}, "3 customers"),
        ({"persistent_customers": 0}, "No customer surely calls more often"),
        ({}, "Persistent repeat callers could not be told apart"),
    ],
)
def test_who_calls_again_is_answered_in_words(callers, start):
    assert who_calls_again({"repeat_callers": callers}).startswith(start)


def test_the_price_of_being_sure_is_told(empty):
    data = replace(empty, segments=segment_summary(), rates=rates())
    figures = {f.figure_id: f for f in callers_section(data).parts["figures"]}
    assert "only 44" in figures["persistence"].note
    assert set(figures) == {"lorenz", "segment-shares", "call-counts", "persistence"}


def rates():
    flagged = repeat_callers(100).is_persistent
    return pd.DataFrame(
        {"low": [0.0], "high": [0.5], "customers": [100], "persistent": [flagged.sum()]}
    )


def test_a_summary_of_nothing_has_no_figures(empty):
    summary = {"segments": [], "concentration": {}, "repeat_callers": {}}
    section = callers_section(replace(empty, segments=summary, rates=rates()))
    (only,) = section.parts["figures"]
    assert only.note == ""


def test_without_reliable_clusters_no_shares_are_drawn(empty):
    summary = segment_summary()
    summary["segments"] = [
        {**segment, "id": plain}
        for segment, plain in zip(
            summary["segments"], ("together", "quiet"), strict=False
        )
    ]
    section = callers_section(replace(empty, segments=summary))
    assert "segment-shares" not in {f.figure_id for f in section.parts["figures"]}
    assert len(section.parts["cards"]) == 2


def test_cards_do_not_say_the_size_twice():
    segment = segment_summary()["segments"][0]
    texts_ = ["1,840 customers (9.0 % of all) make 32 %.", "They call about bills."]
    (card,) = segment_cards([{**segment, "sentences": texts_}])
    assert card.sentences == ("They call about bills.",)
    assert "hours of agents' time" in card.size


def test_hostile_names_stay_text(empty):
    data = replace(empty, segments=segment_summary(HOSTILE), rates=rates())
    page = render_page(data)
    assert HOSTILE not in page
    assert "&lt;script&gt;alert" in page
