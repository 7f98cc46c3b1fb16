"""The tables of key figures, from calls and what stands beside them."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.kpis.abandonment import abandonment
from ccml.kpis.business_days import BusinessDays
from ccml.kpis.conversion import NO_EVENTS, contact_rate, conversion_figures
from ccml.kpis.cost import CELL, repeat_cost_rows
from ccml.kpis.cuts import clock_figures, cut_figures, everywhere, named_figures
from ccml.kpis.figures import Figure
from ccml.kpis.handling import (
    LEG,
    handle_parts,
    handle_time,
    hold,
    leg_handle_time,
    transfers,
)
from ccml.kpis.measure import absent
from ccml.kpis.prepared import GROUP_COLUMNS, PERIOD
from ccml.kpis.queueing import volume
from ccml.kpis.repeats import (
    GROSS,
    Followed,
    RepeatRule,
    fixed_cohort_figures,
    net_rule,
    repeat_figures,
)
from ccml.kpis.satisfaction import satisfaction
from ccml.kpis.self_service import callbacks, containment
from ccml.kpis.service_level import LevelRule, service_levels, usual_levels
from ccml.kpis.waiting import speed_of_answer

MOST_ATTEMPTS = 10


@dataclass(frozen=True)
class Watermark:
    """Up to when the data are complete, by which clock, and what counts as a repeat."""

    data_end: datetime
    zone: ZoneInfo
    rule: RepeatRule = GROSS


def chosen_rule(config: KpisConfig, calls: ibis.Table, zone: ZoneInfo) -> RepeatRule:
    """Read the rule of repeat calls from the config.

    Args:
        config: The choices.
        calls: Calls, whose days must be known for business days.
        zone: Time zone of the site.
    """
    is_business = config.repeat_days == "business"
    return RepeatRule(
        base=config.repeat_base,
        answered_only=config.answered_only,
        merge_redials_minutes=config.merge_redials_minutes,
        business=_business_days(config, calls, zone) if is_business else None,
    )


def _business_days(
    config: KpisConfig, calls: ibis.Table, zone: ZoneInfo
) -> BusinessDays:
    days = local_time(calls.started_at, zone).date()
    ends = calls.agg(first=days.min(), last=days.max()).to_pandas().iloc[0]
    first, last = (pd.Timestamp(ends[name]).date() for name in ("first", "last"))
    weekend, holidays = tuple(config.weekend), tuple(config.holidays)
    return BusinessDays(first, last, str(zone), weekend, holidays)


def call_figures(
    calls: ibis.Table, config: KpisConfig, mark: Watermark
) -> list[Figure]:
    """List all figures of a set of calls.

    Args:
        calls: Rows of `prepared_calls`.
        config: Variants.
        mark: The data's end, and the rule of repeats.
    """
    rule = LevelRule(
        config.service_level_s,
        config.service_level_inclusive,
        config.service_level_without_short,
    )
    figures = [
        *volume(calls),
        *service_levels(calls, rule),
        *abandonment(calls, config.menu_s),
        *speed_of_answer(calls),
        *handle_time(calls),
        *handle_parts(calls),
        *hold(calls),
        *transfers(calls),
        *satisfaction(calls, config.satisfaction),
        *containment(calls, mark.data_end, config.menu_s),
        *callbacks(calls),
        *contact_rate(calls, config.right_party_dispositions),
        *_repeats(calls, config, mark),
    ]
    if config.conversion is not None:
        days = config.conversion.window_days
        figures += conversion_figures(calls, days, mark.data_end)
    return figures


def _clock_figures(
    calls: ibis.Table, config: KpisConfig, mark: Watermark
) -> list[Figure]:
    """List the figures that change with the hour: load, waits, handling, repeats."""
    level = LevelRule(config.service_level_s, config.service_level_inclusive)
    base, days = Followed(calls.base_at, calls.next_at), config.main_window_days
    return [
        *volume(calls),
        *usual_levels(calls, level),
        *abandonment(calls, config.menu_s)[:2],
        *speed_of_answer(calls),
        *handle_time(calls)[:1],
        *hold(calls)[1:2],
        *contact_rate(calls, config.right_party_dispositions),
        *repeat_figures(base, days, mark.data_end, mark.rule),
    ]


def _repeats(calls: ibis.Table, config: KpisConfig, mark: Watermark) -> list[Figure]:
    """List the repeat rates and FCR of every window, of one fixed set, and net ones."""
    base, end = Followed(calls.base_at, calls.next_at), mark.data_end
    figures = [
        figure
        for days in config.windows
        for figure in repeat_figures(base, days, end, mark.rule)
    ]
    figures += fixed_cohort_figures(base, config.windows, end, mark.rule)
    net = net_rule(mark.rule, config.repeat_same)
    if net is not None:
        same = Followed(calls.net_at, calls.net_next_at)
        figures += repeat_figures(same, config.main_window_days, end, net)
    return figures


def kpi_table(
    calls: ibis.Table,
    config: KpisConfig,
    mark: Watermark,
    legs: ibis.Table | None = None,
) -> pd.DataFrame:
    """Work out every figure, over all and by month, for all and by each kind of group.

    Args:
        calls: Rows of `prepared_calls`.
        config: Variants and kinds of groups.
        mark: The data's end, the site's clock, and the rule of repeats.
        legs: The table call_legs, where there is one.

    Returns:
        period ("all" or YYYY-MM, local), group ("all" or a name), group_kind, the
        columns of `measure`, and on every row the share of unknown_callers of its group
        and period, time_zone and data_until.
    """
    build = partial(call_figures, config=config, mark=mark)
    rows = [cut_figures(calls, build, config.kinds), _of_legs(calls, legs, config)]
    if config.conversion is None:
        row = absent("conversion_rate", "call to event", "share", NO_EVENTS)
        rows.append(everywhere(row))
    tidy = pd.concat(rows, ignore_index=True)
    cost = repeat_cost_rows(
        tidy, config.main_window_days, config.cost_per_agent_hour_eur
    )
    return with_watermark(pd.concat([tidy, cost], ignore_index=True), mark)


def kpis_by_time(
    calls: ibis.Table, attempts: ibis.Table, config: KpisConfig, mark: Watermark
) -> pd.DataFrame:
    """Work some figures out by local hour and weekday, and contacts by attempt.

    Args:
        calls: Rows of `prepared_calls`.
        attempts: Rows of `numbered_attempts`.
        config: Variants.
        mark: The data's end, the site's clock, and the rule of repeats.

    Returns:
        group_kind ("hour", "weekday", "attempt"), group ("00" to "23", "1 Mon" to
        "7 Sun", "01" to "10 and more"), and the columns of `measure`.
    """

    def tried(rows: ibis.Table) -> list[Figure]:
        return contact_rate(rows, config.right_party_dispositions)

    build = partial(_clock_figures, config=config, mark=mark)
    columns = ("direction", "answered", "disposition")
    numbered = attempts.select(*columns, number=_number(attempts)).cache()
    pieces = [
        clock_figures(calls, build, mark.zone),
        named_figures(numbered, tried, "attempt", "number"),
    ]
    return pd.concat(pieces, ignore_index=True).drop(columns="period")


def _number(attempts: ibis.Table) -> ibis.Value:
    text = attempts.attempt.cast("string").lpad(2, "0")
    most = f"{MOST_ATTEMPTS} and more"
    return ibis.ifelse(attempts.attempt >= MOST_ATTEMPTS, most, text)


def with_watermark(tidy: pd.DataFrame, mark: Watermark) -> pd.DataFrame:
    """Put on every row what else must be known of a figure."""
    unknown = tidy[tidy.kpi == "unknown_callers"][[*CELL, "value"]]
    shares = tidy[CELL].merge(unknown, "left", CELL).value
    return tidy.assign(
        unknown_callers=shares.to_numpy(dtype=float),
        time_zone=str(mark.zone),
        data_until=pd.Timestamp(mark.data_end),
    )


def _of_legs(
    calls: ibis.Table, legs: ibis.Table | None, config: KpisConfig
) -> pd.DataFrame:
    if legs is None:
        return everywhere(absent("aht", LEG, "s", "no table call_legs is stored"))
    groups = [GROUP_COLUMNS[kind] for kind in config.kinds]
    named = calls.select(*dict.fromkeys(["call_id", PERIOD, *groups]))
    own = legs.select(
        "call_id", "leg_type", "answered", "talk_s", "hold_s", "wrap_s",
        leg_agent="agent_id",
    )  # fmt: skip
    rows = own.join(named, "call_id")
    if "agent" in config.groups:
        rows = rows.mutate(agent_id=rows.leg_agent)  # a leg is its own agent's
    return cut_figures(rows, leg_handle_time, config.kinds)
