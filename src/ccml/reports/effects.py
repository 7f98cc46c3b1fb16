"""The section on what past campaigns brought, against customers held out at random."""

from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, whiskers
from ccml.reports.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    each_row,
    figure,
    table,
)
from ccml.reports.numbers import count, day, money, plain, plural, score
from ccml.reports.stored import ReportData
from ccml.reports.theme import BLUE, CONTEXT, QUIET, VERMILION
from ccml.targets.effects.measures import PROFIT
from ccml.targets.effects.sentences import STATES

TITLE = "What campaigns brought"
NEEDED = "Needed for this section: `ccml run effect CONFIG`."
COLUMNS = (
    *("campaign", "from", "contacted", "held out", "change", "95 % interval"),
    *("could have shown", "apart before"),
)
NOTE = (
    "Change: what contacting all of them brought beyond what leaving them alone would "
    "have. Could have shown: the smallest change that would have been found with a chance "
    "of 80 %. Apart before: the largest difference of the groups before the campaign, in "
    "standard deviations; chance keeps it under about 0.1 in large groups."
)
ROW_HEIGHT = 34


def effects_section(data: ReportData) -> Section:
    """Build the section with one picture per measure, profit first."""
    if data.effects is None:
        return Section("effects", TITLE, "", missing=NEEDED)
    known = data.effects[data.effects["state"] == "known"]
    parts = {
        "figures": [_figure(known, name) for name in _measures(known)],
        "untold": _untold(data.effects),
        "note": NOTE,
    }
    lead = (
        "Customers who were held out at random tell what the others would have done "
        "without the campaign."
    )
    return Section("effects", TITLE, lead, parts)


def _measures(known: pd.DataFrame) -> list[str]:
    """Name the measures, profit first, the others as the config has them."""
    order = known.sort_values("place")["measure"].drop_duplicates()
    return sorted(order, key=lambda name: name != PROFIT)


def _figure(known: pd.DataFrame, measure: str) -> FigureBlock:
    rows = known[known["measure"] == measure].sort_values("begins_at")
    rows = rows.reset_index(drop=True)
    chart = framed(_chart(rows), _title(rows), ROW_HEIGHT * len(rows) + 20)
    return figure(f"effects-{measure}", chart, _table(rows))


def _chart(rows: pd.DataFrame) -> alt.LayerChart:
    drawn = pd.DataFrame(
        {
            "campaign": rows["campaign"].astype(str),
            "total": rows["total"],
            "low": rows["total_low"],
            "high": rows["total_high"],
            "side": [_side(row) for row in each_row(rows)],
        }
    )
    axis = alt.Axis(title=_axis_title(rows), tickCount=5, format=",.0f")
    x = alt.X("total:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))
    names = alt.Axis(title=None, labelLimit=180)
    y = alt.Y("campaign:N", sort=list(drawn["campaign"]), axis=names)
    colours = alt.Scale(
        domain=["more", "less", "may be chance"], range=[BLUE, VERMILION, QUIET]
    )
    points = alt.Chart(drawn).mark_point(filled=True, size=90, opacity=1)
    nothing = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(
        color=CONTEXT, strokeDash=[5, 4]
    )
    return alt.layer(
        nothing.encode(x="zero:Q"),
        whiskers(drawn, y=y, x="low:Q", x2="high:Q"),
        points.encode(x=x, y=y, color=alt.Color("side:N", scale=colours, legend=None)),
    )


def _side(row: Any) -> str:
    if row.total_low <= 0 <= row.total_high:
        return "may be chance"
    return "more" if row.total > 0 else "less"


def _axis_title(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    unit = ", EUR" if first["unit"] == "EUR" else ""
    return f"change of {first['title']}{unit}, with 95 % interval"


def _title(rows: pd.DataFrame) -> str:
    sides = [_side(row) for row in each_row(rows)]
    what = rows.iloc[0]["title"]
    campaigns = plural(len(rows), "campaign")
    more, less = sides.count("more"), sides.count("less")
    if not more and not less:
        return f"No sure effect on {what} " + (
            f"in any of {campaigns}" if len(rows) > 1 else "of the campaign"
        )
    for found, word in ((more, "more"), (less, "less")):
        if found == len(rows) > 1:
            return f"All {campaigns} surely brought {word} {what}"
    told = [f"{more} surely brought more" if more else ""]
    told += [f"{less} surely brought less" if less else ""]
    words = " and ".join(text for text in told if text)
    return f"Of {campaigns}, {words} {what}"


def _table(rows: pd.DataFrame) -> TableBlock:
    is_money = rows.iloc[0]["unit"] == "EUR"
    show = money if is_money else _signed
    made = [
        (
            row.campaign,
            (day(row.begins_at), row.begins_at.timestamp()),
            (count(row.contacted), row.contacted),
            (count(row.held_out), row.held_out),
            (show(row.total), row.total),
            f"{show(row.total_low)} to {show(row.total_high)}",
            (show(row.could_show * row.contacted), row.could_show),
            (score(row.worst_difference, 2), row.worst_difference),
        )
        for row in each_row(rows)
    ]
    return table("Campaigns, oldest first", COLUMNS, made)


def _signed(value: float) -> str:
    return plain(round(value))


def _untold(effects: pd.DataFrame) -> list[str]:
    """Say of the other campaigns why nothing is told."""
    return list(_sentences(effects[effects["state"] != "known"]))


def _sentences(others: pd.DataFrame) -> Iterator[str]:
    for row in each_row(others.sort_values("begins_at")):
        sizes = f"{count(row.contacted)} contacted, {count(row.held_out)} held out"
        yield f"{row.campaign} ({sizes}): {STATES[str(row.state)]}."
