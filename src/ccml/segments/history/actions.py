"""The effect of each action of the config, as a table in numbers and words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import ibis
import pandas as pd

from ccml.config.segment_history import ActionConfig
from ccml.engine.local_time import microseconds
from ccml.kpis.repeats import GROSS, base_calls, is_closed, is_repeated
from ccml.segments.about import about
from ccml.segments.history.effect import Effect, Repeats, difference
from ccml.segments.history.membership import PERSISTENT

WEEK_DAYS = 7
WEEK_US = WEEK_DAYS * 86_400 * 1_000_000
CLEAR_WEEKS = 4  # between choosing customers and the action, so that chance is over
COLUMNS = {
    "action": "str",
    "began": "datetime64[us]",
    "group": "str",
    "rate_before": "float64",
    "rate_after": "float64",
    "rest_before": "float64",
    "rest_after": "float64",
    "effect": "float64",
    "low": "float64",
    "high": "float64",
    "n": "int64",
    "verdict": "str",
}
TOO_FEW = (
    "Too early to tell, or too few calls: at least 2 weeks and 30 calls on each side of "
    "the beginning are needed, each with its {days} days to be repeated over."
)
NOBODY = "Nobody was in segment {name!r} before it began; known: {known}."
SAME_WEEKS = (
    " The customers were chosen by the same weeks they are measured by, so part of a "
    "fall comes by itself."
)
HAD_RISEN = (
    " Its rate had just risen by {rise:.1f} points, so part of a fall would have come by "
    "itself."
)


@dataclass(frozen=True)
class Measured:
    """What actions are measured on.

    Args:
        calls: Calls with customer_id, started_at, direction, answered, reason, queue.
        members: customer_id, cutoff_at, segment_id, is_persistent.
        families: Reasons by the name of their family.
        window_days: Days in which a call is repeated.
        until: End of the data.
        zone: Time zone of the site.
    """

    calls: ibis.Table
    members: pd.DataFrame
    families: Mapping[str, list[str]]
    window_days: int
    until: datetime
    zone: Any


def action_effects(
    actions: Mapping[str, ActionConfig], measured: Measured
) -> pd.DataFrame:
    """Measure every action.

    Returns:
        One row per action: action, began, group, rate_before, rate_after, rest_before,
        rest_after, effect, low, high (shares of calls), n (calls of the group), verdict.
    """
    rows = [_row(name, action, measured) for name, action in actions.items()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(COLUMNS)


def _row(name: str, action: ActionConfig, measured: Measured) -> dict[str, Any]:
    told = {
        "action": name,
        "began": pd.Timestamp(action.began),
        "group": action.segment or action.reason,
    }
    if action.reason is not None:
        seen = _repeats(action, measured, None)
        return told | _told(seen, action.weeks, action.weeks, measured)
    chosen = _chosen(action, measured)
    if chosen is None:
        known = sorted({PERSISTENT, *measured.members["segment_id"]})
        verdict = NOBODY.format(name=action.segment, known=", ".join(known))
        return told | {"n": 0, "verdict": verdict}
    seen = _repeats(action, measured, chosen.members)
    first = min(action.weeks, chosen.clear_weeks or action.weeks)
    made = _told(seen, first, 0, measured)
    if not chosen.clear_weeks and "effect" in made:
        made["verdict"] += SAME_WEEKS
    return told | made


@dataclass(frozen=True)
class _Chosen:
    """Customers an action was for.

    Args:
        members: customer_id, is_group.
        clear_weeks: Whole weeks after they were chosen and before it could matter; 0
            when they were chosen by the weeks that are compared.
    """

    members: pd.DataFrame
    clear_weeks: int


def _chosen(action: ActionConfig, measured: Measured) -> _Chosen | None:
    """Take who was in the segment some weeks before, or else when it began.

    Customers chosen for what they did lately fall back by chance; some weeks later those
    who fall back have done so.
    """
    began = pd.Timestamp(_began(action, measured))
    clear = began - pd.Timedelta(days=measured.window_days)
    rows = measured.members
    moments = rows["cutoff_at"].drop_duplicates()
    early = moments[moments <= clear - pd.Timedelta(weeks=CLEAR_WEEKS)]
    late = moments[moments <= began]
    if late.empty:
        return None
    cutoff = (late if early.empty else early).max()
    weeks = 0 if early.empty else (clear - cutoff) // pd.Timedelta(weeks=1)
    at = rows[rows["cutoff_at"] == cutoff]
    inside = (
        at["is_persistent"]
        if action.segment == PERSISTENT
        else at["segment_id"] == action.segment
    )
    if not inside.any():
        return None
    members = pd.DataFrame({"customer_id": at["customer_id"], "is_group": inside})
    return _Chosen(members, int(weeks))


def _repeats(
    action: ActionConfig, measured: Measured, members: pd.DataFrame | None
) -> Repeats:
    """Count the calls around the beginning, by customer, week and group.

    Calls whose time to be repeated reaches over the beginning take no part.
    """
    began = _began(action, measured)
    window = timedelta(days=measured.window_days)
    reach = timedelta(weeks=action.weeks)
    calls = measured.calls
    near = calls.filter(
        (calls.started_at >= pd.Timestamp(began - 2 * reach - window))
        & (calls.started_at < pd.Timestamp(began + reach + window))
    )
    base = base_calls(near, GROSS)
    base = base.filter(is_closed(base, measured.window_days, measured.until))
    at, start = microseconds(base.started_at), round(began.timestamp() * 1_000_000)
    edge = start - round(window.total_seconds() * 1_000_000)
    zero = ibis.ifelse(base.started_at < pd.Timestamp(began), edge, start)
    rows = base.mutate(
        week=((at - zero) / WEEK_US).floor().cast("int64"),
        about=about(base, measured.families),
        repeated=is_repeated(base, measured.window_days),
    )
    early, late = at < edge, (at >= start) & (rows.week < action.weeks)
    rows = _grouped(rows.filter(early | late), action, members)
    counted = rows.group_by("customer_id", "week", "is_group").agg(
        calls=rows.count(), repeated=rows.repeated.sum()
    )
    order = ["customer_id", "week", "is_group"]
    return Repeats.of(counted.order_by(order).to_pandas())


def _grouped(
    rows: ibis.Table, action: ActionConfig, members: pd.DataFrame | None
) -> ibis.Table:
    if members is None:
        told = rows.filter(rows.about.notnull())
        return told.mutate(is_group=told.about == action.reason)
    return rows.inner_join(ibis.memtable(members), "customer_id")


def _told(
    seen: Repeats, first: int, earlier: int, measured: Measured
) -> dict[str, Any]:
    """Say what came out.

    Args:
        seen: The calls.
        first: Weeks before.
        earlier: Weeks before these, in which a rise is looked for.
        measured: For the words.
    """
    before, after = seen.between(-first, 0), seen.week >= 0
    found = difference(seen, before, after)
    if found is None:
        return {"n": 0, "verdict": TOO_FEW.format(days=measured.window_days)}
    words = verdict(found)
    rise = difference(seen, seen.between(-first - earlier, -first), before)
    if rise is not None and rise.low > 0:
        words += HAD_RISEN.format(rise=100 * rise.effect)
    return {
        "rate_before": found.before, "rate_after": found.after,
        "rest_before": found.rest_before, "rest_after": found.rest_after,
        "effect": found.effect, "low": found.low, "high": found.high,
        "n": found.calls, "verdict": words,
    }  # fmt: skip


def verdict(found: Effect) -> str:
    """Say in words whether the repeat rate changed more than that of the rest."""
    low, high = 100 * found.low, 100 * found.high
    if not found.is_sure:
        return (
            f"No effect that could be told from chance: the repeat rate changed by "
            f"{100 * found.effect:+.1f} points against the rest (95 %: {low:+.1f} to "
            f"{high:+.1f})."
        )
    fell = found.effect < 0
    least, most = sorted((abs(low), abs(high)))
    return (
        f"The repeat rate {'fell' if fell else 'rose'} by {abs(100 * found.effect):.1f} "
        f"points against the rest (95 %: {least:.1f} to {most:.1f}), from "
        f"{100 * found.before:.0f} % to {100 * found.after:.0f} % of calls."
    )


def _began(action: ActionConfig, measured: Measured) -> datetime:
    moment = datetime.combine(action.began, time(), measured.zone)
    return pd.Timestamp(moment).tz_convert("UTC").to_pydatetime()
