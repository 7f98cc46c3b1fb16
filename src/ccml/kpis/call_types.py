"""Call types: what causes repeats, complaints and transfers, and what it costs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd

from ccml.config.kpis import KpisConfig
from ccml.kpis.conversion import followed_calls, is_followed, is_over
from ccml.kpis.figures import count_rows
from ccml.kpis.groups import UNNAMED
from ccml.kpis.intervals import Z, wilson
from ccml.kpis.measure import records
from ccml.kpis.queueing import is_answered, is_inbound
from ccml.kpis.repeats import RepeatRule, is_closed, is_repeated

HOUR_S = 3600
SHARES = {
    "repeat": ("repeated", "n_closed"),
    "transfer": ("transferred", "n_transfer"),
    "complaint": ("complained", "n_complaint"),
    "self_service": ("simple", "n_simple"),
}
CALL_TYPE_COLUMNS = (
    "reason",
    "inbound",
    "answered",
    "n_closed",
    "repeated",
    "share_of_repeats",
    *(f"{name}_{end}" for name in SHARES for end in ("share", "low", "high")),
    "handle_p10_s",
    "handle_p50_s",
    "handle_p90_s",
    "handle_hours",
    "cost_eur",
    "repeat_cost_eur",
    "repeat_cost_low_eur",
    "repeat_cost_high_eur",
    "self_service_rule",
    "sentence",
)


@dataclass(frozen=True)
class Ahead:
    """How far is looked ahead: the data's end, and what the base was made with."""

    data_end: datetime
    rule: RepeatRule


def call_types(
    calls: ibis.Table,
    base: ibis.Table,
    complaints: ibis.Table | None,
    config: KpisConfig,
    ahead: Ahead,
) -> pd.DataFrame:
    """Describe each reason of inbound calls.

    Args:
        calls: Calls with reason, answered, handle_s, transferred, ...
        base: Rows of `base_calls` with reason, handle_s, hold_s, transferred.
        complaints: Rows with customer_id, event_at; nothing when none are named.
        config: Windows, cost, and what is simple enough to serve itself.
        ahead: How far is looked ahead.

    Returns:
        One row per reason with `CALL_TYPE_COLUMNS`; null where it is not reported.
    """
    frame = _counted(calls).to_pandas()
    frame = frame.merge(_followed(base, config, ahead).to_pandas(), "left", "reason")
    frame = frame.merge(_complaints(calls, complaints, config, ahead), "left", "reason")
    frame = frame.sort_values("reason", ignore_index=True)
    for name, (hits, among) in SHARES.items():
        low, high = wilson(frame[hits], frame[among])
        share = frame[hits] / frame[among].where(frame[among] > 0)
        ends = {f"{name}_share": share, f"{name}_low": low, f"{name}_high": high}
        frame = frame.assign(**ends)
    frame = _priced(frame, config.cost_per_agent_hour_eur)
    counts = frame[["n_closed", "repeated"]].fillna(0).astype("int64")
    frame = frame.assign(
        **counts, self_service_rule=self_service_rule(config)
    )  # the rule travels with the share
    frame["sentence"] = [_sentence(row, config) for row in records(frame)]
    return frame[list(CALL_TYPE_COLUMNS)]


def self_service_rule(config: KpisConfig) -> str:
    """Say which calls are simple enough to serve themselves."""
    return (
        f"answered, at most {config.self_service_max_handle_s:g} s of handle time, "
        f"neither held nor passed on, not repeated within {config.main_window_days} d"
    )


def _counted(calls: ibis.Table) -> ibis.Table:
    rows = calls.filter(is_inbound(calls))
    answered, handle = rows.answered, rows.handle_s
    told = answered & rows.transferred.notnull()
    return rows.group_by(reason=rows.reason.fill_null(UNNAMED)).agg(
        inbound=rows.count(),
        answered=count_rows(answered),
        transferred=count_rows(told & rows.transferred),
        n_transfer=count_rows(told),
        handle_p10_s=handle.quantile(0.1, where=answered),
        handle_p50_s=handle.quantile(0.5, where=answered),
        handle_p90_s=handle.quantile(0.9, where=answered),
        handle_mean_s=handle.mean(where=answered),
        handle_spread_s=handle.std(where=answered),
        handle_known=handle.count(where=answered),
        handle_sum_s=handle.sum(where=answered),
    )


def _followed(base: ibis.Table, config: KpisConfig, ahead: Ahead) -> ibis.Table:
    days = config.main_window_days
    rows = base.filter(is_closed(base, days, ahead.data_end, ahead.rule))
    again = is_repeated(rows, days, ahead.rule)
    known = rows.answered & rows.handle_s.notnull()
    # What is not reported cannot speak against a call: null hold counts as none.
    simple = (
        (rows.handle_s <= config.self_service_max_handle_s)
        & ~rows.transferred.fill_null(False)
        & (rows.hold_s.fill_null(0) == 0)
        & ~again
    )
    return rows.group_by(reason=rows.reason.fill_null(UNNAMED)).agg(
        n_closed=rows.count(),
        repeated=count_rows(again),
        n_simple=count_rows(known),
        simple=count_rows(known & simple),
    )


def _complaints(
    calls: ibis.Table,
    complaints: ibis.Table | None,
    config: KpisConfig,
    ahead: Ahead,
) -> pd.DataFrame:
    if complaints is None or config.complaints is None:
        return pd.DataFrame(
            {"reason": pd.Series(dtype="object"), "complained": [], "n_complaint": []}
        )
    days = config.complaints.window_days
    inbound = calls.filter(is_answered(calls) & calls.customer_id.notnull())
    rows = followed_calls(
        inbound.select("call_id", "customer_id", "started_at", "reason"), complaints
    )
    rows = rows.filter(is_over(rows, days, ahead.data_end))
    made = rows.group_by(reason=rows.reason.fill_null(UNNAMED)).agg(
        n_complaint=rows.count(), complained=count_rows(is_followed(rows, days))
    )
    return pd.DataFrame(made.to_pandas())


def _priced(frame: pd.DataFrame, cost_per_hour_eur: float) -> pd.DataFrame:
    """Price calls and repeats; the interval joins both things that are not known."""
    per_second = cost_per_hour_eur / HOUR_S
    sure = frame.handle_spread_s / np.sqrt(
        frame.handle_known.where(frame.handle_known > 1)
    )
    aside = np.hypot(
        (frame.repeat_high - frame.repeat_low) / 2 / frame.repeat_share,
        Z * sure.fillna(0) / frame.handle_mean_s,
    )
    cost = frame.repeated * frame.handle_mean_s * per_second
    total = frame.repeated.sum()
    return frame.assign(
        share_of_repeats=frame.repeated / total if total else np.nan,
        handle_hours=frame.handle_sum_s / HOUR_S,
        cost_eur=frame.handle_sum_s * per_second,
        repeat_cost_eur=cost,
        repeat_cost_low_eur=(cost * (1 - aside)).clip(lower=0),
        repeat_cost_high_eur=cost * (1 + aside),
    )


def _sentence(row: dict[str, Any], config: KpisConfig) -> str:
    pieces = [f"{row['inbound']:,} calls"]
    if pd.notna(row["repeat_share"]):
        pieces.append(
            f"{_range(row, 'repeat')} came back within {config.main_window_days} d, "
            f"{_share(row['share_of_repeats'])} of all repeats"
        )
    if pd.notna(row["transfer_share"]):
        pieces.append(f"{_range(row, 'transfer')} were passed on")
    if pd.notna(row["complaint_share"]):
        pieces.append(f"{_range(row, 'complaint')} ended in a complaint")
    if pd.notna(row["self_service_share"]):
        pieces.append(f"{_range(row, 'self_service')} were short and simple")
    return "; ".join(pieces) + "."


def _range(row: dict[str, Any], name: str) -> str:
    share, low, high = (row[f"{name}_{end}"] for end in ("share", "low", "high"))
    return f"{_share(share)} ({100 * low:.1f} to {100 * high:.1f})"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %" if value == value else "none"  # noqa: PLR0124 - NaN
