import altair as alt
import pandas as pd
import pytest

from ccml.reports.axes import framed
from ccml.reports.render import inline_svg, png, title_of, wrapped
from ccml.reports.theme import BLUE, HATCHED, VARIABLES


def bars(
    colour: str = BLUE, label: str = "a", title: str = "Calls rise"
) -> alt.LayerChart:
    frame = pd.DataFrame({"x": [label, "b"], "y": [1.23456, 2.0]})
    mark = alt.Chart(frame).mark_bar(color=colour).encode(x="x:N", y="y:Q")
    return framed(alt.layer(mark), title)


def test_colours_of_the_page_are_variables():
    svg = inline_svg(bars(), "calls")
    assert f'fill="var({VARIABLES[BLUE]})"' in svg
    assert not [colour for colour in VARIABLES if f'"{colour}"' in svg]


def test_the_title_is_left_to_the_page_and_named_for_readers():
    svg = inline_svg(bars(title='Calls "rise" & <fall>'), "calls")
    assert 'aria-label="Calls &quot;rise&quot; &amp; &lt;fall>"' in svg
    assert svg.count("rise") == 1


def test_hostile_labels_are_escaped():
    svg = inline_svg(bars(label="<script>alert(1)</script>"), "calls")
    assert "<script" not in svg
    assert "&lt;script" in svg


def test_a_label_that_looks_like_an_attribute_is_kept():
    assert 'role="admin"' in inline_svg(bars(label='a role="admin"'), "calls")


def test_hatched_parts_use_a_pattern_of_their_own_figure():
    first, second = (inline_svg(bars(HATCHED), name) for name in ("one", "two"))
    assert 'id="one-0"' in first
    assert 'fill="url(#one-0)"' in first
    assert "two-0" in second
    assert "one-0" not in second


def test_the_same_chart_gives_the_same_bytes():
    assert inline_svg(bars(), "calls") == inline_svg(bars(), "calls")
    assert png(bars()) == png(bars())


def test_a_picture_can_shrink_and_carries_no_fonts_of_its_own():
    svg = inline_svg(bars(), "calls")
    assert "viewBox=" in svg
    assert "height=" not in svg.split(">")[0]
    assert "font-family" not in svg


def test_numbers_are_short():
    svg = inline_svg(bars(), "calls")
    assert "0000" not in svg


@pytest.mark.parametrize("colour", [BLUE, HATCHED])
def test_png_pictures_are_png(colour):
    assert png(bars(colour)).startswith(b"\x89PNG")


def test_long_titles_are_broken_into_lines():
    lines = wrapped("word " * 40)
    assert len(lines) > 2
    assert " ".join(lines) == ("word " * 40).strip()


def test_the_title_is_read_back():
    assert title_of(bars(title="Calls rise")) == "Calls rise"
