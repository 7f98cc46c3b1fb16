"""Picture of agents beside the range of their call type."""

import altair as alt
import pandas as pd

from ccml.kpis.groups import UNNAMED
from ccml.reports.axes import framed
from ccml.reports.numbers import count, duration
from ccml.reports.theme import BLUE, CONTEXT, GRID, PURPLE, VERMILION

MOST_AGENTS = 60
FEW = "too few calls"
COLOURS = {"far above": VERMILION, "far below": PURPLE}
ROW_HEIGHT, LEAST_HEIGHT = 7, 120


def shown_agents(agents: pd.DataFrame | None) -> pd.DataFrame | None:
    """Choose the call type with most agents who have enough calls of it.

    Of many agents those who stand out are kept, and of the others the first by
    pseudonym.
    """
    if agents is None:
        return None
    enough = agents[(agents.coaching != FEW) & (agents.reason != UNNAMED)]
    if enough.empty:
        return None
    sizes = enough.groupby("reason").agg(agents=("n", "size"), calls=("n", "sum"))
    largest = sizes.sort_values(["agents", "calls"]).index[-1]
    rows = enough[enough.reason == largest].assign(
        is_usual=lambda frame: ~frame.coaching.isin(list(COLOURS))
    )
    kept = rows.sort_values(["is_usual", "agent_id"]).head(MOST_AGENTS)
    kept = kept.drop(columns="is_usual")
    return pd.DataFrame(kept.sort_values("agent_id", ignore_index=True))


def agent_ranges(agents: pd.DataFrame) -> alt.LayerChart:
    """Draw each agent's median handle time with its interval over the type's range.

    Args:
        agents: Agents of one call type: handle_p50_s with low and high, type_p10_s,
            type_p50_s, type_p90_s, coaching.
    """
    frame = pd.DataFrame(
        {
            "place": range(len(agents)),
            "median": agents.handle_p50_s / 60,
            "low": agents.handle_p50_low_s / 60,
            "high": agents.handle_p50_high_s / 60,
            "colour": [COLOURS.get(text, BLUE) for text in agents.coaching],
        }
    )
    last = len(agents) - 1
    low, middle, high = (
        float(agents[f"type_p{level}_s"].iloc[0]) / 60 for level in (10, 50, 90)
    )
    span = pd.DataFrame(
        {
            "from": [low],
            "to": [high],
            "middle": [middle],
            "top": [-0.9],
            "end": [last + 0.9],
        }
    )
    top = 1.08 * max(high, float(frame.high.max()))
    x_axis = alt.Axis(title="handle time in minutes", tickCount=6)
    x_scale = alt.Scale(domain=[0, top], nice=False)
    y_scale = alt.Scale(domain=[last + 1, -1], nice=False)
    y = alt.Y("place:Q", axis=None, scale=y_scale)
    shade = alt.Chart(span).encode(
        x=alt.X("from:Q", axis=x_axis, scale=x_scale),
        y=alt.Y("top:Q", axis=None, scale=y_scale),
        y2="end:Q",
    )
    dots = alt.Chart(frame).encode(y=y, color=alt.Color("colour:N", scale=None))
    layers = alt.layer(
        shade.mark_rect(color=GRID, opacity=1).encode(x2="to:Q"),
        shade.mark_rule(color=CONTEXT, strokeDash=[4, 3]).encode(x="middle:Q"),
        dots.mark_rule(strokeWidth=1.5).encode(x="low:Q", x2="high:Q"),
        dots.mark_point(filled=True, size=34, opacity=1).encode(x="median:Q"),
    )
    height = max(LEAST_HEIGHT, ROW_HEIGHT * len(agents))
    return framed(layers, _title(agents), height=height)


def _title(agents: pd.DataFrame) -> str:
    row = agents.iloc[0]
    above = int((agents.coaching == "far above").sum())
    below = int((agents.coaching == "far below").sum())
    band = f"{duration(row.type_p10_s)} to {duration(row.type_p90_s)}"
    first = (
        f"8 in 10 calls about {row.reason} take {band} (grey); of {count(len(agents))} "
        f"agents "
    )
    if not above and not below:
        return f"{first}none stands far out"
    return f"{first}{above} are far above (orange) and {below} far below (purple)"
