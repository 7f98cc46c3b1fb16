"""Pictures of a predictor in use: age, moved features, more rows, families, groups."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, label, whiskers
from ccml.reports.numbers import percent
from ccml.reports.theme import BLUE, CONTEXT, INK, QUIET, VERMILION

Evaluation = Mapping[str, Any]
LOST_SHARE = 0.1
FAR = 0.25
FOUR_FIFTHS = 0.8
MOST_BARS = 12
ROW = 26
PLOT = 245
LOSS = "log loss above (0 = as good)"
VERDICTS = {"useful": BLUE, "not beneficial": CONTEXT, "harmful": VERMILION}


def use_figures(evaluation: Evaluation) -> dict[str, alt.TopLevelMixin | None]:
    """Draw what was computed of staleness, drift, learning curve, families, groups."""
    curve = evaluation.get("learning_curve") or {}
    return {
        "staleness": staleness(evaluation) if evaluation.get("staleness") else None,
        "drift": drift(evaluation) if evaluation.get("drift") else None,
        "learning_curve": learning(evaluation, "rows") if curve.get("rows") else None,
        "learning_history": learning(evaluation, "history")
        if curve.get("history")
        else None,
        "ablation": ablation(evaluation) if evaluation.get("ablation") else None,
        "fairness": fairness(evaluation) if fairness_rows(evaluation) else None,
    }


def staleness(evaluation: Evaluation) -> alt.LayerChart:
    """Draw what old models lose against fresh ones, by age, with the limit."""
    found = evaluation["staleness"]
    points = [{"age": 0.0, "value": 0.0, "low": 0.0, "high": 0.0}]
    points += [{"age": p["age"], **p["excess_log_loss"]} for p in found["ages"]]
    frame = pd.DataFrame(points)
    limit = LOST_SHARE * max(float(found["skill"] or 0.0), 0.0)
    x = alt.X("age:Q", title=f"age of the model ({found['unit']})").scale(nice=False)
    base = alt.Chart(frame).encode(x=x)
    y = alt.Y("value:Q", title=LOSS, axis=alt.Axis(tickCount=5, format=".3~f"))
    layers = [
        _level(limit),
        label(0.0, limit, "a tenth of what it gains", dy=-9),
        base.mark_line(color=BLUE).encode(y=y),
        whiskers(frame.iloc[1:], x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(color=BLUE, filled=True, size=80, opacity=1).encode(y=y),
    ]
    if found["decays"]:
        advised = pd.DataFrame({"age": [found["advised_age"]["value"]]})
        mark = alt.Chart(advised).mark_rule(color=VERMILION, strokeWidth=2)
        layers.append(mark.encode(x=x))
    return framed(alt.layer(*layers), _age_title(found))


def _age_title(found: Mapping[str, Any]) -> str:
    if found["decays"]:
        age = found["advised_age"]["value"]
        return (
            f"After {age:,.1f} {found['unit']} a tenth of the gain is lost to age: train "
            "again"
        )
    oldest = found["ages"][-1]["age"]
    if found["by_rows"] is not None:
        return (
            f"Models up to {oldest:,.1f} {found['unit']} old fall behind, but no more "
            "than new ones of as few rows"
        )
    return f"Up to {oldest:,.1f} {found['unit']} after training no decay by age shows"


def _level(value: float) -> alt.Chart:
    frame = pd.DataFrame({"y": [value]})
    mark = alt.Chart(frame).mark_rule(color=CONTEXT, strokeDash=[5, 4], strokeWidth=1.5)
    return mark.encode(y="y:Q")


def learning(evaluation: Evaluation, of: str) -> alt.LayerChart:
    """Draw what a model loses that learns from part of the customers or the history."""
    found = evaluation["learning_curve"]
    points = [
        {"label": learning_label(point), **point["behind"]} for point in found[of]
    ]
    frame = pd.DataFrame(points)
    titles = {"rows": "share of the customers", "history": "latest months learnt from"}
    x = alt.X(
        "label:N",
        sort=list(frame.label),
        title=titles[of],
        axis=alt.Axis(labelAngle=0),
    )
    y = alt.Y("value:Q", title=LOSS, axis=alt.Axis(tickCount=5, format=".3~f"))
    base = alt.Chart(frame).encode(x=x)
    layers = [
        _level(0.0),
        base.mark_line(color=BLUE).encode(y=y),
        whiskers(frame, x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(color=BLUE, filled=True, size=80, opacity=1).encode(y=y),
    ]
    advice = found["more_rows" if of == "rows" else "longer_history"]["sentence"]
    return framed(alt.layer(*layers), str(advice).rstrip("."))


def learning_label(point: Mapping[str, Any]) -> str:
    """Name a point of a learning curve."""
    if "share" in point:
        return percent(point["share"], 0)
    return "all" if point["months"] is None else str(point["months"])


def drift(evaluation: Evaluation) -> alt.LayerChart:
    """Draw the PSI of the features that moved most, with the usual limit."""
    found = evaluation["drift"]
    frame = pd.DataFrame(found["features"])
    frame["moved"] = frame.name.isin(found["moved"])
    far = max(float(frame.psi.max()), FAR) * 1.1
    x = alt.X(
        "psi:Q",
        title="population stability index (PSI)",
        scale=alt.Scale(domain=[0, far], nice=False),
        axis=alt.Axis(tickCount=5),
    )
    colour = alt.condition("datum.moved", alt.value(VERMILION), alt.value(BLUE))
    base = alt.Chart(frame).encode(y=_names(list(frame.name)))
    bars = base.mark_bar(height={"band": 0.6}).encode(x=x, color=colour)
    limit = alt.Chart(pd.DataFrame({"psi": [FAR]})).mark_rule(
        color=QUIET, strokeDash=[5, 4]
    )
    auc = found["auc"]["value"]
    title = f"Training and test rows can be told apart with an AUC of {auc:.2f}"
    chart = framed(alt.layer(bars, limit.encode(x=x)), title, ROW * len(frame))
    return chart.properties(width=PLOT)


def _names(order: list[str]) -> alt.Y:
    axis = alt.Axis(labelLimit=215, labelColor=INK, grid=False)
    return alt.Y("name:N", sort=order, title=None, axis=axis)


def ablation(evaluation: Evaluation) -> alt.LayerChart:
    """Draw what each family of features is worth, with intervals."""
    families = evaluation["ablation"]["families"]
    shown = families[:MOST_BARS]
    shown += [row for row in families[MOST_BARS:] if row["verdict"] == "harmful"]
    frame = pd.DataFrame(
        [
            {"name": row["name"], "verdict": row["verdict"], **row["worth"]}
            for row in shown
        ]
    )
    x = alt.X(
        "value:Q",
        title="rise of the log loss without it",
        axis=alt.Axis(tickCount=4, format=".3~f"),
    )
    colours = alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values()))
    base = alt.Chart(frame).encode(y=_names(list(frame.name)))
    bars = base.mark_bar(height={"band": 0.6}).encode(
        x=x,
        color=alt.Color(
            "verdict:N", scale=colours, legend=alt.Legend(title=None, orient="bottom")
        ),
    )
    lines = whiskers(frame, x=alt.X("low:Q"), x2="high:Q", y=_names(list(frame.name)))
    useful = sum(row["verdict"] == "useful" for row in families)
    title = f"{useful} of {len(families)} families of features are clearly useful"
    chart = framed(alt.layer(bars, lines), title, ROW * len(frame))
    return chart.properties(width=PLOT)


def fairness_rows(evaluation: Evaluation) -> list[dict[str, Any]]:
    """List the groups that are large enough, column by column."""
    columns = (evaluation.get("fairness") or {}).get("columns") or {}
    return [
        {"column": column, "most": judged["most"], **group}
        for column, judged in columns.items()
        for group in judged["groups"]
        if not group["too_small"]
    ]


def fairness(evaluation: Evaluation) -> alt.LayerChart:
    """Draw how often each group is chosen, against the one chosen most."""
    rows = [
        {"name": f"{row['column']}: {row['name']}", **row["ratio"]}
        for row in fairness_rows(evaluation)
    ]
    frame = pd.DataFrame(rows).dropna(subset=["value"])
    x = alt.X("value:Q", title="chosen as often as the group chosen most").scale(
        domainMin=0
    )
    base = alt.Chart(frame).encode(y=_names(list(frame.name)))
    limit = alt.Chart(pd.DataFrame({"value": [FOUR_FIFTHS]})).mark_rule(
        color=QUIET, strokeDash=[5, 4]
    )
    layers = [
        limit.encode(x=x),
        whiskers(frame, x=alt.X("low:Q"), x2="high:Q", y=_names(list(frame.name))),
        base.mark_point(color=BLUE, filled=True, size=90, opacity=1).encode(x=x),
    ]
    few = len(evaluation["fairness"]["unfair"])
    who = {0: "No group is", 1: "1 group is"}.get(few, f"{few} groups are")
    title = f"{who} clearly chosen less than four fifths as often as another"
    chart = framed(alt.layer(*layers), title, max(80, ROW * len(frame)))
    return chart.properties(width=PLOT)
