"""Pictures of what a predictor earns, and of what if the assumptions are wrong."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, label
from ccml.reports.numbers import count, is_known, money, percent, plural, price
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, VERMILION

Evaluation = Mapping[str, Any]
HALF, DOUBLE = "half", "double"
ASSUMED = {
    "success_rate": "success rate",
    "value_times": "worth of a success",
    "cost_times": "costs",
}


def profit_figures(evaluation: Evaluation) -> dict[str, alt.LayerChart]:
    """Draw what is known of the profit; nothing where the config has no payoff."""
    found = evaluation.get("profit") or {}
    made: dict[str, alt.LayerChart] = {}
    if found.get("curve"):
        made["profit"] = profit_curve(found)
    if sensitivity_rows(evaluation):
        made["profit_sensitivity"] = profit_sensitivity(evaluation)
    return made


def profit_curve(found: Mapping[str, Any]) -> alt.LayerChart:
    """Draw the profit of growing numbers of contacts, with its interval."""
    frame = pd.DataFrame(found["curve"])
    x = alt.X(
        "contacts:Q",
        axis=alt.Axis(
            title="customers contacted, best first", tickCount=5, format=",.0f"
        ),
    )
    base = alt.Chart(frame).encode(x=x)
    band = base.mark_area(color=BLUE, opacity=0.18).encode(y=_euros("low"), y2="high:Q")
    line = base.mark_line(color=BLUE).encode(y=_euros("profit"))
    layers = [_level(0.0), band, line, *_cut(found), *_capacity(found, frame)]
    return framed(alt.layer(*layers), _curve_title(found))


def _euros(field: str) -> alt.Y:
    axis = alt.Axis(title="profit in the test period, EUR", tickCount=5, format=",.0f")
    return alt.Y(f"{field}:Q", axis=axis)


def _level(at: float) -> alt.Chart:
    mark = alt.Chart(pd.DataFrame({"at": [at]})).mark_rule(
        color=CONTEXT, strokeDash=[5, 4], strokeWidth=1.5
    )
    return mark.encode(y="at:Q")


def _cut(found: Mapping[str, Any]) -> list[alt.Chart]:
    """Mark the advised number of contacts."""
    made = found["decision"]
    frame = pd.DataFrame({"x": [made["contacts"]], "y": [made["profit"]["value"]]})
    dot = alt.Chart(frame).mark_point(color=VERMILION, filled=True, size=110, opacity=1)
    return [dot.encode(x="x:Q", y="y:Q")]


def _capacity(found: Mapping[str, Any], frame: pd.DataFrame) -> list[alt.Chart]:
    """Draw where the capacity ends."""
    if not is_known(found["assumptions"].get("capacity")):
        return []
    at = found["everybody"]["contacts"]
    rule = alt.Chart(pd.DataFrame({"at": [at]})).mark_rule(color=QUIET, strokeWidth=1.5)
    return [rule.encode(x="at:Q"), label(at, float(frame.low.min()), "capacity", dy=-6)]


def _curve_title(found: Mapping[str, Any]) -> str:
    made, everybody = found["decision"], found["everybody"]
    rest = f"all {count(everybody['contacts'])} would come to {_plain(everybody)}"
    if found["nobody"]:
        return f"Nobody should be contacted: no contacts surely pay, and {rest}"
    whom = f"{plural(made['contacts'], 'contact')} (orange) earn {_sum(made)}"
    if made["contacts"] == everybody["contacts"]:
        return f"{whom}, all that may be made"
    return f"{whom}; {rest}"


def _plain(made: Mapping[str, Any]) -> str:
    return money(made["profit"]["value"])


def _sum(made: Mapping[str, Any]) -> str:
    found = made["profit"]
    if not is_known(found["low"]) or found["low"] < 0:
        return _plain(made)
    return money(found["value"], found["low"], found["high"])


def profit_sensitivity(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the profit if one assumption is half or twice as much."""
    rows = sensitivity_rows(evaluation)
    frame = pd.DataFrame([row for row in rows if row["times"]])
    usual = next(row["profit"] for row in rows if not row["times"])
    place = alt.Y(
        "assumption:N",
        sort=list(ASSUMED.values()),
        title=None,
        axis=alt.Axis(labelLimit=190, labelColor=INK, grid=False),
    )
    axis = alt.Axis(title="profit in the test period, EUR", tickCount=4, format=",.0f")
    x = alt.X("profit:Q", axis=axis, scale=alt.Scale(zero=True))
    ends = frame.groupby("assumption", sort=False)["profit"].agg(["min", "max"])
    spans = alt.Chart(ends.reset_index()).mark_rule(color=CONTEXT, strokeWidth=2)
    colour = alt.Color(
        "times:N",
        scale=alt.Scale(domain=[HALF, DOUBLE], range=[VERMILION, BLUE]),
        legend=alt.Legend(title=None),
    )
    dots = alt.Chart(frame).mark_point(filled=True, size=110, opacity=1)
    layers = [
        _upright(0.0, CONTEXT, [5, 4]),
        _upright(usual, QUIET, [1, 0]),
        spans.encode(x="min:Q", x2="max:Q", y=place),
        dots.encode(x=x, y=place, color=colour),
    ]
    chart = framed(alt.layer(*layers), _sensitivity_title(rows, usual), height=130)
    return chart.properties(width=300)


def _upright(at: float, colour: str, dash: list[int]) -> alt.Chart:
    mark = alt.Chart(pd.DataFrame({"at": [at]})).mark_rule(
        color=colour, strokeDash=dash, strokeWidth=1.5
    )
    return mark.encode(x="at:Q")


def _sensitivity_title(rows: list[dict[str, Any]], usual: float) -> str:
    worst = min((row for row in rows if row["times"]), key=lambda row: row["profit"])
    return (
        f"As assumed the profit is {money(usual)} (grey line); with "
        f"{worst['times']} the {worst['assumption']} it is {money(worst['profit'])}"
    )


def sensitivity_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """List the profit with one assumption changed, the unchanged ones first.

    Where the advice is to contact nobody, the profit is that of the list one would
    make if the changed assumption were known.
    """
    found = evaluation.get("profit") or {}
    grid = found.get("sensitivity") or []
    usual = _usual(found)
    rows = [
        {**row, "assumption": said, "times": times, "profit": _earned(row, found)}
        for row in grid
        if (named := _changed(row, usual)) is not None
        for said, times in [named]
    ]
    known = any(row["profit"] for row in rows) and len(rows) > 1
    return sorted(rows, key=lambda row: (row["times"] != "", row["assumption"]))[
        : len(rows) if known else 0
    ]


def _usual(found: Mapping[str, Any]) -> dict[str, float]:
    assumed = (found.get("assumptions") or {}).get("success_rate", 1.0)
    return {"value_times": 1.0, "cost_times": 1.0, "success_rate": float(assumed)}


def _changed(
    row: Mapping[str, Any], usual: Mapping[str, float]
) -> tuple[str, str] | None:
    """Name the one assumption that a row halves or doubles; nothing where several are."""
    moved = [key for key in usual if row[key] != usual[key]]
    if not moved:
        return "as assumed", ""
    if len(moved) > 1:
        return None
    (key,) = moved
    times = {0.5: HALF, 2.0: DOUBLE}.get(round(row[key] / usual[key], 6))
    return (ASSUMED[key], times) if times else None


def _earned(row: Mapping[str, Any], found: Mapping[str, Any]) -> float:
    return float(row["profit_adapted" if found.get("nobody") else "profit"])


def assumption_words(evaluation: Evaluation) -> str:
    """Say what is assumed of money, in one sentence."""
    found = (evaluation.get("profit") or {}).get("assumptions")
    if not found:
        return ""
    said = [
        _value_words(found),
        f"a contact costs {price(found['cost_per_contact_eur'])}",
        *_offer_words(found),
        f"it works on {percent(found['success_rate'])} of those rightly chosen",
    ]
    if is_known(found.get("capacity")):
        said.append(f"at most {count(found['capacity'])} contacts at a time")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _value_words(found: Mapping[str, Any]) -> str:
    column = found.get("value_column")
    if not column:
        return f"a success is worth {price(found['value_eur'])}"
    times = found.get("value_factor", 1)
    factor = "" if times == 1 else f"{times:g} times "
    return f"a success is worth {factor}{str(column).replace('_', ' ')}"


def _offer_words(found: Mapping[str, Any]) -> list[str]:
    if not found["cost_of_offer_eur"]:
        return []
    said = f"an accepted offer costs {price(found['cost_of_offer_eur'])}"
    others = found["accepted_by_others"]
    taken = f", and {percent(others)} of the others take it" if others else ""
    return [f"{said}{taken}"]
