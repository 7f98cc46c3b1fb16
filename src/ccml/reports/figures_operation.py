"""Pictures of the operation: repeat rate by week, calls by hour."""

import altair as alt
import pandas as pd

from ccml.reports.axes import framed, label, share_y, time_x, utc_text
from ccml.reports.numbers import count, is_known, percent
from ccml.reports.theme import BLUE, CONTEXT, HATCHED, INK, WIDTH

WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAY_NAMES = [
    f"{day}days" for day in ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"]
]
WEEK, DAY = pd.Timedelta(days=7), pd.Timedelta(days=1)


def repeat_trend(trend: pd.DataFrame, window_days: int) -> alt.LayerChart:
    """Draw the repeat rate by week; weeks whose window is open are hatched.

    Args:
        trend: week, base, repeated, rate, is_censored; one row per week.
        window_days: Days within which a further call counts as a repeat.
    """
    final, tail = _parted(trend.sort_values("week"))
    return framed(_trend(final, tail, WEEK), _trend_title(final, window_days))


def repeats_by_day(days: pd.DataFrame, window_days: int) -> alt.LayerChart:
    """Draw the repeat rate by day likewise; days whose window is open are hatched.

    Args:
        days: day, base, repeated, rate, is_censored; days without base have no rate.
        window_days: Days within which a further call counts as a repeat.
    """
    rows = days[days.base > 0].rename(columns={"day": "week"}).sort_values("week")
    final, tail = _parted(rows)
    title = f"Of the last {len(days)} days: " + _trend_title(final, window_days)
    return framed(_trend(final, tail, DAY), title)


def _parted(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    censored = rows.is_censored.astype(bool)
    return rows[~censored], rows[censored]


def _trend(
    final: pd.DataFrame, tail: pd.DataFrame, step: pd.Timedelta
) -> alt.LayerChart:
    rows = pd.concat([final, tail])
    top = 1.15 * max([0.01, *(float(rate) for rate in rows.rate if is_known(rate))])
    layers = [_rate_line(final, top, step)]
    if len(tail):
        layers.insert(0, _open_rows(tail, step))
        layers.append(
            label(
                utc_text(tail.week.iloc[0]),
                top * 0.97,
                "not final yet",
                align="right",
                dx=-6,
            )
        )
    return alt.layer(*layers)


def _rate_line(final: pd.DataFrame, top: float, step: pd.Timedelta) -> alt.LayerChart:
    frame = pd.DataFrame(
        {"week": final.week.map(utc_text), "rate": final.rate.astype(float)}
    )
    base = alt.Chart(frame).encode(
        x=_days_x("week", step),
        y=share_y("rate", "calls followed by another", full=False).scale(
            domain=[0, top], nice=False
        ),
    )
    return alt.layer(
        base.mark_line(color=BLUE),
        base.mark_point(color=BLUE, filled=True, size=14, opacity=1),
    )


def _open_rows(tail: pd.DataFrame, step: pd.Timedelta) -> alt.Chart:
    weeks = pd.to_datetime(tail.week, utc=True)
    frame = pd.DataFrame(
        {"from": [utc_text(weeks.min())], "to": [utc_text(weeks.max() + step)]}
    )
    mark = alt.Chart(frame).mark_rect(color=HATCHED, opacity=0.8)
    return mark.encode(x=_days_x("from", step), x2="to:T")


def _days_x(field: str, step: pd.Timedelta) -> alt.X:
    """Make the axis of weeks, or of days with the day of the month."""
    axis = alt.Axis(title=None, format="%-d %b", tickCount=5, labelOverlap=True)
    return time_x(field).axis(axis) if step == DAY else time_x(field)


def _trend_title(final: pd.DataFrame, window_days: int) -> str:
    base, repeated = final.base.sum(), final.repeated.sum()
    if not base:
        return "No week is old enough yet to tell its repeat rate"
    return (
        f"{percent(repeated / base)} of calls are followed by another call of the same "
        f"customer within {window_days} days"
    )


def hour_heatmap(hours: pd.DataFrame) -> alt.LayerChart:
    """Draw calls by weekday and local hour; the darker, the more calls.

    Args:
        hours: weekday (0 = Monday), hour, calls.
    """
    frame = _grid(hours)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "hour:O",
            axis=alt.Axis(
                title="hour of the day, local time",
                labelAngle=0,
                values=list(range(0, 24, 3)),
                domain=False,
                ticks=False,
            ),
            scale=alt.Scale(domain=list(range(24)), paddingInner=0.06),
        ),
        y=alt.Y(
            "day:N",
            sort=WEEKDAYS,
            title=None,
            scale=alt.Scale(domain=WEEKDAYS, paddingInner=0.06),
        ),
    )
    cells = base.mark_rect(color=BLUE).encode(
        opacity=alt.Opacity(
            "calls:Q",
            legend=None,
            scale=alt.Scale(
                domain=[0, max(1, int(frame.calls.max()))], range=[0.04, 1]
            ),
        )
    )
    busiest = frame.sort_values(["calls", "day", "hour"]).tail(1)
    ring = base.mark_rect(filled=False, stroke=INK, strokeWidth=2)
    chart = alt.layer(cells, ring.properties(data=busiest))
    return framed(chart, _busiest_title(frame), height=200)


def _grid(hours: pd.DataFrame) -> pd.DataFrame:
    """Fill hours without a call with zeros."""
    counts = hours.set_index(["weekday", "hour"]).calls
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    frame = counts.reindex(every, fill_value=0).reset_index()
    frame["day"] = [WEEKDAYS[day] for day in frame.weekday]
    return frame[["day", "hour", "calls"]]


def _busiest_title(frame: pd.DataFrame) -> str:
    if not frame.calls.sum():
        return "No calls to show by hour"
    by_day = frame.groupby("day").calls.sum().reindex(WEEKDAYS).fillna(0)
    by_hour = frame.groupby("hour").calls.sum()
    hour = int(by_hour.index.to_numpy()[by_hour.to_numpy().argmax()])
    share = by_hour.max() / frame.calls.sum()
    day = DAY_NAMES[int(by_day.to_numpy().argmax())]
    return (
        f"Most calls come from {hour}:00 to {hour + 1}:00 ({percent(share)} of all) and "
        f"on {day}"
    )


def monthly_volume(days: pd.DataFrame) -> alt.LayerChart:
    """Draw calls per month as bars.

    Args:
        days: month (first day), calls, is_complete.
    """
    frame = pd.DataFrame(
        {
            "month": [pd.Timestamp(str(m)).strftime("%b %y") for m in days.month],
            "calls": days.calls.astype(float),
            "colour": [BLUE if done else HATCHED for done in days.is_complete],
        }
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(stroke=CONTEXT, strokeWidth=0)
        .encode(
            x=alt.X(
                "month:N",
                sort=list(frame.month),
                title=None,
                axis=alt.Axis(labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("calls:Q", title="calls a month", axis=alt.Axis(tickCount=5)),
            color=alt.Color("colour:N", scale=None),
        )
    )
    whole = frame.calls[days.is_complete.to_numpy()]
    mean = whole.mean() if len(whole) else float("nan")
    title = f"A month has {count(mean)} calls on average"
    return framed(alt.layer(bars), title, height=200).properties(width=WIDTH)
