"""From a chart to inline SVG for the page, and to PNG for the model store."""

import re
import textwrap
from typing import Any

import altair as alt
import vl_convert

from ccml.reports.theme import CONFIG, CONTEXT, HATCHED, VARIABLES

PNG_SCALE = 2.0
PAGE_SCALE = 1.15
TITLE_WIDTH = 58
HATCH = (
    '<pattern id="{id}" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" '
    'stroke="{colour}" stroke-width="2.5"/></pattern>'
)
TAG = re.compile(r"<[^<>]*>")
NOISE = re.compile(
    r" (?:aria-[a-z]+|role|pointer-events|class|version|font-family|xmlns(?::xlink)?)"
    r'="[^"]*"'
)
EMPTY_PATH = re.compile(r'<path[^>]* d="(?:M0,0h0v0h0Z)?"[^>]*(?:/>|></path>)')
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
HOLLOW_GROUP = re.compile(r"<g(?: [^>]*)?></g>")


def title_of(chart: alt.TopLevelMixin) -> str:
    """Read a chart's title: one sentence."""
    return str(getattr(chart, "title"))  # noqa: B009 - altair hides it from type checkers


def inline_svg(chart: alt.TopLevelMixin, figure_id: str) -> str:
    """Draw a chart for the page.

    The title is left to the page. Colours become CSS variables, ids start with the
    figure's id, numbers are cut to a hundredth of a pixel.
    """
    title = title_of(chart)
    svg = _shrink(_svg(chart, with_title=False))
    svg = _own_ids(_with_hatch(svg, "var(--fig-context)"), figure_id)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"var({variable})"')
    label = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def png(chart: alt.TopLevelMixin) -> bytes:
    """Draw a chart as a PNG picture on white, with its title."""
    svg = _with_hatch(_svg(chart, with_title=True), CONTEXT)
    paper = r'\1<rect width="100%" height="100%" fill="white"/>'
    svg = re.sub(r"(<svg [^>]*>)", paper, svg, count=1)
    return bytes(vl_convert.svg_to_png(svg, scale=PNG_SCALE))


def _svg(chart: alt.TopLevelMixin, *, with_title: bool) -> str:
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec["config"] = CONFIG
    if with_title:
        spec["title"] = wrapped(title_of(chart))
    else:
        spec.pop("title", None)
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def wrapped(text: str, width: int = TITLE_WIDTH) -> list[str]:
    """Break a sentence into lines."""
    return textwrap.wrap(text, width) or [text]


def _with_hatch(svg: str, colour: str) -> str:
    if f'"{HATCHED}"' not in svg:
        return svg
    pattern = HATCH.format(id="hatch", colour=colour)
    svg = re.sub(r"(<svg [^>]*>)", rf"\1<defs>{pattern}</defs>", svg, count=1)
    return svg.replace(f'"{HATCHED}"', '"url(#hatch)"')


def _shrink(svg: str) -> str:
    svg = TAG.sub(lambda tag: _short_tag(tag[0]), svg)
    svg = EMPTY_PATH.sub("", svg)
    svg = re.sub(r'<rect [^>]*fill="transparent"[^>]*></rect>', "", svg)
    while HOLLOW_GROUP.search(svg):
        svg = HOLLOW_GROUP.sub("", svg)
    return re.sub(r"<svg ([^>]*)>", _scalable, svg, count=1)


def _short_tag(tag: str) -> str:
    return LONG_NUMBER.sub(_short_number, NOISE.sub("", tag))


def _short_number(found: re.Match[str]) -> str:
    text = f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _scalable(found: re.Match[str]) -> str:
    """Let the page shrink a picture, and keep letters the same size in all of them."""
    box = re.search(r'viewBox="0 0 ([0-9.]+) [0-9.]+"', found[1])
    if box is None:
        return found[0]
    return f'<svg {box[0]} width="{PAGE_SCALE * float(box[1]):.0f}">'


def _own_ids(svg: str, figure_id: str) -> str:
    names = dict.fromkeys(re.findall(r' id="([^"]+)"', svg))
    for number, name in enumerate(names):
        svg = re.sub(rf'id="{re.escape(name)}"', f'id="{figure_id}-{number}"', svg)
        svg = re.sub(rf"#{re.escape(name)}(?=[)\"])", f"#{figure_id}-{number}", svg)
    return svg
