"""Picture of how many calls found their customer, by month and platform."""

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, label, share_y, time_x, utc_text
from ccml.reports.numbers import percent
from ccml.reports.theme import series_colour

MOST_LINES = 5


def matched_by_month(quality: pd.DataFrame) -> alt.LayerChart:
    """Draw the share of calls with a known customer by month, a line per platform.

    Args:
        quality: source_platform, month (YYYY-MM), calls, matched; the platforms with
            most calls are drawn.
    """
    shares = monthly_shares(quality)
    by_size = shares.groupby("platform", sort=True).calls.sum()
    drawn = list(by_size.sort_values(ascending=False, kind="stable").index[:MOST_LINES])
    layers = [
        _line(shares[shares.platform == platform], series_colour(position))
        for position, platform in enumerate(drawn)
    ]
    ends = shares.groupby("platform").tail(1).set_index("platform")
    layers += [
        label(str(ends.moment[name]), float(ends.share[name]), name)
        for name in drawn
        if len(drawn) > 1
    ]
    return framed(alt.layer(*layers), _title(quality), height=180)


def monthly_shares(quality: pd.DataFrame) -> pd.DataFrame:
    """Sum the queues of a platform up: platform, month, moment, calls, share."""
    keys = ["source_platform", "month"]
    sums = quality.groupby(keys, sort=True)[["calls", "matched"]].sum().reset_index()
    return pd.DataFrame(
        {
            "platform": sums.source_platform.astype(str),
            "month": sums.month,
            "moment": [utc_text(pd.Timestamp(f"{m}-01")) for m in sums.month],
            "calls": sums.calls,
            "share": (sums.matched / sums.calls).astype(float),
        }
    )


def _line(rows: pd.DataFrame, colour: str) -> alt.LayerChart:
    base = alt.Chart(rows[["moment", "share"]]).encode(
        x=time_x("moment"), y=share_y("share", "calls with a known customer")
    )
    return alt.layer(
        base.mark_line(color=colour),
        base.mark_point(color=colour, filled=True, size=14, opacity=1),
    )


def _title(quality: pd.DataFrame) -> str:
    share = quality.matched.sum() / quality.calls.sum()
    sums = quality.groupby("source_platform", sort=True)[["calls", "matched"]].sum()
    shares = sums.matched / sums.calls
    title = f"{percent(share)} of the calls found their customer"
    if len(shares) > 1:
        title += f"; fewest on {shares.idxmin()} ({percent(shares.min())})"
    return title
