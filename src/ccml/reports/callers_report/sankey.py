"""A Sankey diagram as plain SVG: who moved from which segment to which."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from ccml.reports.numbers import count
from ccml.reports.render import wrapped

WIDTH = 900
SIDE = 232  # room of the labels on either side
NODE = 14
GAP = 10
FLOWING = 300  # pixels of height that all customers share
LETTERS = 30
LINE, TOP = 16, 34
BAND = Markup('<path d="{}" fill="var({})" opacity="{}"><title>{}</title></path>')


@dataclass(frozen=True)
class Node:
    """A segment on one side.

    Args:
        name: Its name.
        customers: What is written under it.
        colour: CSS variable of its colour.
        top: Upper edge of its bar in pixels.
        height: Height of its bar.
        slot_top: Upper edge of the room for its label.
        slot: Height of that room.
    """

    name: str
    customers: float
    colour: str
    top: float
    height: float
    slot_top: float
    slot: float

    @property
    def middle(self) -> float:
        """Where its label is centred."""
        return self.slot_top + self.slot / 2


def sankey(
    flows: pd.DataFrame,
    names: Mapping[str, str],
    colours: Mapping[str, str],
    sides: tuple[str, str],
    title: str,
) -> Markup:
    """Draw it.

    Args:
        flows: from_segment, to_segment, customers.
        names: Names by id; their order is that of the nodes.
        colours: CSS variables by id.
        sides: What stands above the left and above the right side.
        title: The sentence, for readers who do not see.
    """
    ends = (flows["from_segment"], flows["to_segment"], flows["customers"])
    rows = [
        (str(start), str(end), float(size))
        for start, end, size in zip(*ends, strict=True)
    ]
    scale = FLOWING / max(sum(size for *_, size in rows), 1.0)
    left = _nodes([(start, size) for start, _, size in rows], names, colours, scale)
    right = _nodes([(end, size) for _, end, size in rows], names, colours, scale)
    height = max(
        node.slot_top + node.slot for node in [*left.values(), *right.values()]
    )
    parts = [
        *_bands(rows, (left, right), scale, list(names)),
        *_bars(left, SIDE, "end"),
        *_bars(right, WIDTH - SIDE - NODE, "start"),
        _head(sides[0], SIDE, "end"),
        _head(sides[1], WIDTH - SIDE, "start"),
    ]
    box = f"0 0 {WIDTH} {height + 6:.0f}"
    frame = Markup('<svg role="img" aria-label="{}" viewBox="{}" width="{}">{}</svg>')
    return frame.format(title, box, WIDTH, Markup("").join(parts))


def _nodes(
    ends: Sequence[tuple[str, float]],
    names: Mapping[str, str],
    colours: Mapping[str, str],
    scale: float,
) -> dict[str, Node]:
    """Stack the nodes of one side; each has room for its label."""
    sums: dict[str, float] = {}
    for name, size in ends:
        sums[name] = sums.get(name, 0.0) + size
    found: dict[str, Node] = {}
    edge = float(TOP)
    for key in names:
        if key not in sums:
            continue
        height = max(sums[key] * scale, 1.5)
        lines = len(wrapped(names[key], LETTERS)) + 1
        slot = max(height, LINE * lines)
        middle = edge + (slot - height) / 2
        colour = colours.get(key, "--fig-context")
        found[key] = Node(names[key], sums[key], colour, middle, height, edge, slot)
        edge += slot + GAP
    return found


def _bands(
    rows: Sequence[tuple[str, str, float]],
    sides: tuple[Mapping[str, Node], Mapping[str, Node]],
    scale: float,
    order: Sequence[str],
) -> Iterator[Markup]:
    """Draw every flow as a band in the colour of where it comes from."""
    left, right = sides
    place = {name: number for number, name in enumerate(order)}
    from_top = {key: node.top for key, node in left.items()}
    to_top = {key: node.top for key, node in right.items()}
    x0, x1 = SIDE + NODE, WIDTH - SIDE - NODE
    middle = (x0 + x1) / 2
    made: dict[tuple[str, str], tuple[float, float, float]] = {}
    for start, end, size in sorted(rows, key=lambda r: (place[r[0]], place[r[1]])):
        made[start, end] = (from_top[start], 0.0, size * scale)
        from_top[start] += size * scale
    for start, end, size in sorted(rows, key=lambda r: (place[r[1]], place[r[0]])):
        top, _, thick = made[start, end]
        made[start, end] = (top, to_top[end], thick)
        to_top[end] += size * scale
    sizes = {(start, end): size for start, end, size in rows}
    for (start, end), (top, under, thick) in made.items():
        low, high = top + thick, under + thick
        path = (
            f"M{x0} {top:.1f}C{middle:.0f} {top:.1f} {middle:.0f} {under:.1f} {x1} "
            f"{under:.1f}V{high:.1f}C{middle:.0f} {high:.1f} {middle:.0f} {low:.1f} "
            f"{x0} {low:.1f}Z"
        )
        told = f"{left[start].name} to {right[end].name}: {count(sizes[start, end])}"
        shade = "0.6" if start == end else "0.3"
        yield BAND.format(path, left[start].colour, shade, told)


def _bars(nodes: Mapping[str, Node], x: float, anchor: str) -> Iterator[Markup]:
    for node in nodes.values():
        yield Markup(
            '<rect x="{}" y="{}" width="{}" height="{}" fill="var({})"></rect>'
        ).format(x, f"{node.top:.1f}", NODE, f"{node.height:.1f}", node.colour)
        yield from _label(node, x, anchor)


def _label(node: Node, x: float, anchor: str) -> Iterator[Markup]:
    lines = wrapped(node.name, LETTERS)
    edge = x - 8 if anchor == "end" else x + NODE + 8
    top = node.middle - LINE * (len(lines) + 1) / 2 + 12
    for number, text in enumerate([*lines, count(node.customers)]):
        colour = "--fig-ink" if number < len(lines) else "--fig-quiet"
        yield Markup(
            '<text x="{}" y="{}" text-anchor="{}" font-size="13" fill="var({})">{}</text>'
        ).format(edge, f"{top + LINE * number:.1f}", anchor, colour, text)


def _head(text: str, x: float, anchor: str) -> Markup:
    return Markup(
        '<text x="{}" y="14" text-anchor="{}" font-size="13" font-weight="bold" '
        'fill="var(--fig-quiet)">{}</text>'
    ).format(x, "start" if anchor == "end" else "end", escape(text))
