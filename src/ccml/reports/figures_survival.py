"""By when it happens: promised and observed curves of three groups by risk."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from ccml.reports.axes import framed
from ccml.reports.blocks import TableBlock, table
from ccml.reports.numbers import count, is_known, percent, percent_with, score_with
from ccml.reports.theme import BLUE, INK, PURPLE, VERMILION

Evaluation = Mapping[str, Any]
COLOURS = (BLUE, PURPLE, VERMILION)
HIGHEST = -1


def survival_figures(evaluation: Evaluation) -> dict[str, alt.LayerChart]:
    """Draw what is known of time; nothing where no survival model was trained."""
    thirds = (evaluation.get("survival") or {}).get("thirds") or []
    return {"survival": survival_curves(thirds)} if thirds else {}


def survival_curves(thirds: list[Mapping[str, Any]]) -> alt.LayerChart:
    """Draw the promised curve of each third by risk, and the observed steps."""
    names = [str(third["group"]) for third in thirds]
    colour = alt.Color(
        "group:N",
        scale=alt.Scale(domain=names, range=[*COLOURS]),
        legend=alt.Legend(title="by risk", orient="bottom"),
    )
    x = alt.X("day:Q", axis=alt.Axis(title="days after the cutoff", tickCount=6))
    y = alt.Y(
        "share:Q",
        axis=alt.Axis(title="share without the event", format="~%", tickCount=5),
        scale=alt.Scale(zero=False, nice=True),
    )
    promised = alt.Chart(_points(thirds, "promised")).encode(x=x, y=y, color=colour)
    steps = alt.Chart(_points(thirds, "observed")).mark_line(
        interpolate="step-after", strokeWidth=1, color=INK
    )
    chart = alt.layer(
        promised.mark_line(strokeWidth=2.5),
        promised.mark_point(filled=True, size=45, opacity=1),
        steps.encode(x=x, y=y, detail="group:N"),
    )
    return framed(chart, _title(thirds[HIGHEST]))


def _points(thirds: list[Mapping[str, Any]], what: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"group": third["group"], "day": day, "share": share}
            for third in thirds
            for day, share in third[what]
        ]
    )


def _title(third: Mapping[str, Any]) -> str:
    (day, promised), (_day, observed) = third["promised"][-1], third["observed"][-1]
    return (
        f"Of the third at most risk {percent(1 - observed)} had it within {day:.0f} days; "
        f"{percent(1 - promised)} were expected"
    )


def survival_table(evaluation: Evaluation) -> TableBlock:
    """List the judgement by horizon."""
    rows = [
        (
            (f"{days} days", int(days)),
            _share(found["probability_mean"]),
            _share(found["observed"]),
            _score(found["brier"]),
            _score(found["brier_kaplan_meier"]),
            _score(found["brier_difference"]),
            (score_with(found["auc"]), found["auc"]["value"]),
            (count(found["events"]), found["events"]),
        )
        for days, found in evaluation["survival"]["horizons"].items()
    ]
    columns = (
        "within",
        "expected",
        "observed",
        "Brier score",
        "of one curve for all",
        "difference",
        "AUC",
        "events",
    )
    about = (
        "Test rows, those not followed to the end weighed in (IPCW); 95 % intervals over "
        "customers"
    )
    return table(about, columns, rows)


def _share(found: Mapping[str, Any]) -> tuple[str, Any]:
    return percent_with(found["value"], found["low"], found["high"]), found["value"]


def _score(found: Mapping[str, Any]) -> tuple[str, Any]:
    return score_with(found, 5), found["value"]


def survival_words(evaluation: Evaluation) -> str:
    """Say by when it happens and what that is worth, in a few sentences."""
    found = evaluation.get("survival") or {}
    said = [str(found.get("sentence") or "")]
    days = (found.get("expected_days") or {}).get("median")
    if is_known(days):
        said.append(
            f"Of the next {count(found['restricted_days'])} days the median customer "
            f"stays {count(days)} without it."
        )
    return " ".join(words for words in said if words)
