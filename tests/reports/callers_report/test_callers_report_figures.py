"""Pictures that are laid out by our own code."""

import re
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.reports.callers_report.figures import shown_cells
from ccml.reports.callers_report.sankey import FLOWING, WIDTH, sankey
from ccml.reports.callers_report.segment_map import _labels, _overlap, segment_map

NAMES = {"a": "Billing callers", "b": "A" * 70, "quiet": "No call"}
COLOURS = {"a": "--fig-blue", "b": "--fig-green"}


def flows(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["from_segment", "to_segment", "customers"])


def heights(svg: str) -> list[float]:
    return [float(h) for h in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]


def test_bars_of_both_sides_are_as_high_as_their_bands():
    made = flows(("a", "a", 60), ("a", "quiet", 20), ("quiet", "b", 20))
    svg = str(sankey(made, NAMES, COLOURS, ("before", "after"), "Moves"))
    found = heights(svg)
    assert sum(found[:2]) == pytest.approx(FLOWING, abs=0.2)
    assert sum(found[2:]) == pytest.approx(FLOWING, abs=0.2)
    assert svg.count("<path") == 3
    assert "Billing callers to No call: 20" in svg


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("ab"), st.integers(5, 5000)),
        min_size=1,
        unique_by=lambda row: row[:2],
    )
)
def test_labels_of_one_side_never_meet(rows):
    svg = str(sankey(flows(*rows), NAMES, COLOURS, ("before", "after"), "Moves"))
    for anchor in ("start", "end"):
        found = re.findall(
            rf'y="([\d.]+)" text-anchor="{anchor}" font-size="13" fill', svg
        )
        places = [float(y) for y in found]
        assert all(b - a > 12 for a, b in pairwise(places))


def test_names_in_a_sankey_are_escaped_and_stay_inside():
    made = flows(("<b>x", "<b>x", 9))
    svg = str(sankey(made, {"<b>x": "<b>x</b>"}, {}, ("<i>", "&"), '"Moves" <1>'))
    assert "<b>" not in svg
    assert "<i>" not in svg
    assert 'aria-label="&#34;Moves&#34; &lt;1&gt;"' in svg
    xs = [float(x) for x in re.findall(r'<(?:text|rect) x="([\d.]+)"', svg)]
    assert min(xs) > 0
    assert max(xs) < WIDTH


def test_labels_of_bubbles_do_not_cover_each_other():
    frame = pd.DataFrame(
        {
            "name": ["One", "Two", "Three", "Four"],
            "customers": [900.0, 910, 700, 300],
            "rate": [1.0, 1.02, 1.5, 0.9],
            "size": [900.0, 400, 1200, 300],
        }
    )
    boxes = [box for _, box in _labels(frame, 1100, 2.0)]
    pairs = [(a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :]]
    assert max(_overlap(a, b) for a, b in pairs) == 0


@pytest.mark.parametrize(
    ("cost", "hours", "words"),
    [
        (3000.0, 100.0, "A cost most: 75 %"),
        (0.0, 100.0, "A take most of the agents' time"),
        (0.0, 0.0, "A make most calls"),
    ],
)
def test_the_map_weighs_by_what_is_known(cost, hours, words):
    segments = [
        {
            "name": name, "customers": 100, "calls": 300 * part, "colour": "#0072b2",
            "cost_per_30d_eur": cost * part, "handle_hours_per_30d": hours * part,
            "share_of_calls": part,
        }
        for name, part in (("A", 0.75), ("B", 0.25))
    ]  # fmt: skip
    title = str(segment_map(segments, 90).title).replace("\u00a0", " ")
    assert title.startswith(words)


def test_a_frame_needs_more_than_one_lucky_cell_among_many():
    """Of two hundred cells that are all as usual, hardly any is called worse."""
    cells = pd.DataFrame(
        {
            "reason": [f"r{n % 8}" for n in range(48)],
            "queue": [f"q{n % 6}" for n in range(48)],
            "calls": 400,
            "repeated": [120 + (n % 5) * 6 for n in range(48)],
            "expected_rate": 0.3,
            "rate": 0.3,
        }
    ).drop_duplicates(["reason", "queue"])
    shown = shown_cells(cells, 30)
    assert len(shown) == len(cells)
    assert not shown["is_worse"].any()
    far = cells.assign(repeated=lambda c: c["repeated"].where(c.index > 0, 200))
    assert list(shown_cells(far, 30)["is_worse"]).count(True) == 1
