"""The stage that works out the operation's key figures."""

from datetime import datetime
from zoneinfo import ZoneInfo

import ibis
import pandas as pd

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.kpis.concentration import TOP_SHARES, CountTable, top_shares
from ccml.kpis.figures import COLUMNS, Figure, measure
from ccml.kpis.handling import containment, handle_time, hold, satisfaction, transfers
from ccml.kpis.queueing import abandonment, service_level, speed_of_answer, volume
from ccml.kpis.repeats import RepeatRule, base_calls, repeat_figures, repeat_trend
from ccml.project import Project
from ccml.sources.watermark import data_until

EVERYTHING = "all"
GROUP_KINDS = ("queue", "reason")
KEYS = ("period", "group_kind", "group", "kpi", "variant")


def build_kpis(project: Project) -> bool:
    """Make the tables kpis, repeat_trend and calls_by_hour; tell whether it ran."""
    config = project.config
    stage = Stage(
        name="key figures",
        outputs=("kpis", "repeat_trend", "calls_by_hour"),
        inputs=("calls", "identity_map", "customers"),
        settings={
            "kpis": config.kpis,
            "time_zone": config.time_zone,
            "data_until": data_until(project),
        },
        code=("kpis", "identity"),
    )
    return project.stages.run(stage, lambda: _build(project))


def _build(project: Project) -> dict[str, Output]:
    from ccml.identity.link import linked_calls

    calls = linked_calls(project.store)
    end = data_until(project)
    rule = chosen_rule(project.config.kpis)
    base = base_calls(calls, rule).cache()
    figures = kpi_table(calls, base, project.config.kpis, end, project.zone)
    customers = _customer_count(project.store)
    figures = pd.concat([figures, concentration_rows(calls, customers)])
    trend = repeat_trend(base, project.config.kpis.main_window_days, end, project.zone)
    hours = calls_by_hour(calls, project.zone)
    return {
        "kpis": Table(figures, KEYS, "one row per period, group, figure and variant"),
        "repeat_trend": Table(trend, ["week"], "one row per week"),
        "calls_by_hour": Table(
            hours, ["weekday", "hour"], "one row per local weekday and hour"
        ),
    }


def chosen_rule(config: KpisConfig) -> RepeatRule:
    """Read the rule of repeat calls from the config."""
    return RepeatRule(
        answered_only=config.answered_only,
        merge_redials_minutes=config.merge_redials_minutes,
    )


def call_figures(calls: ibis.Table, config: KpisConfig) -> list[Figure]:
    """List the figures that need nothing but the calls of a group."""
    return [
        *volume(calls),
        *service_level(calls, config.service_level_s),
        *abandonment(calls),
        *speed_of_answer(calls),
        *handle_time(calls),
        *hold(calls),
        *transfers(calls),
        *satisfaction(calls),
        *containment(calls),
    ]


def kpi_table(
    calls: ibis.Table,
    base: ibis.Table,
    config: KpisConfig,
    end: datetime,
    zone: ZoneInfo,
) -> pd.DataFrame:
    """Work out every figure, over all and by month, for all and by queue and reason.

    Returns:
        period ("all" or YYYY-MM, local), group ("all" or a name), group_kind ("all",
        "queue", "reason"), kpi, variant, value, numerator, denominator, n, unit.
    """
    rule = chosen_rule(config)
    windows = sorted({*config.repeat_windows_days, config.main_window_days})
    calls, base = _with_month(calls, zone), _with_month(base, zone)
    repeats = [f for days in windows for f in repeat_figures(base, days, end, rule)]
    asked = ((calls, call_figures(calls, config)), (base, repeats))
    pieces = [
        _grouped(rows, figures, kind, by_period=by_period)
        for rows, figures in asked
        for kind in (None, *GROUP_KINDS)
        for by_period in (False, True)
    ]
    return pd.concat(pieces, ignore_index=True)


def _with_month(rows: ibis.Table, zone: ZoneInfo) -> ibis.Table:
    return rows.mutate(period=local_time(rows.started_at, zone).strftime("%Y-%m"))


def _grouped(
    rows: ibis.Table, figures: list[Figure], kind: str | None, *, by_period: bool
) -> pd.DataFrame:
    by = [*(["period"] if by_period else []), *([kind] if kind else [])]
    tidy = measure(rows, figures, by)
    tidy["group"] = tidy[kind].fillna("not given") if kind else EVERYTHING
    tidy["group_kind"] = kind or EVERYTHING
    if not by_period:
        tidy["period"] = EVERYTHING
    return tidy[["period", "group", "group_kind", *COLUMNS]]


def concentration_rows(calls: ibis.Table, customers: int | None) -> pd.DataFrame:
    """Give the share of calls of the top callers, over the whole period.

    Args:
        calls: Calls with customer_id.
        customers: Customers on record, so that those without a call count too.
    """
    inbound = calls.filter((calls.direction == "inbound") & calls.customer_id.notnull())
    counted = inbound.group_by("customer_id").agg(calls=inbound.count()).to_pandas()
    per_customer = counted["calls"].to_numpy()
    populations = {"customers who called": per_customer}
    if customers is not None:
        silent = max(customers - len(per_customer), 0)
        padded = pd.Series(per_customer).reindex(range(len(per_customer) + silent))
        populations["customers on record"] = padded.fillna(0).to_numpy()
    rows = [
        row
        for words, numbers in populations.items()
        for row in _top_rows(words, CountTable.of(numbers), len(numbers))
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    everywhere = dict.fromkeys(("period", "group", "group_kind"), EVERYTHING)
    return frame.assign(**everywhere)


def _top_rows(words: str, counts: CountTable, n: int) -> list[tuple[object, ...]]:
    total = float((counts.calls * counts.customers).sum())
    shares = top_shares(counts, TOP_SHARES)[0] if n else [float("nan")] * 5
    return [
        (
            "concentration",
            f"inbound calls of the top {top * 100:g} % of {words}",
            share,
            share * total,
            total,
            n,
            "share",
        )
        for top, share in zip(TOP_SHARES, shares, strict=True)
    ]


def calls_by_hour(calls: ibis.Table, zone: ZoneInfo) -> ibis.Table:
    """Count inbound calls by local weekday (0 = Monday) and hour.

    Returns:
        weekday, hour, calls, answered, abandoned.
    """
    inbound = calls.filter(calls.direction == "inbound")
    local = local_time(inbound.started_at, zone)
    rows = inbound.mutate(weekday=local.day_of_week.index(), hour=local.hour())
    return rows.group_by("weekday", "hour").agg(
        calls=rows.count(),
        answered=rows.answered.cast("int64").sum(),
        abandoned=rows.abandoned.cast("int64").sum(),
    )


def _customer_count(store: Store) -> int | None:
    if store.manifest("customers") is None:
        return None
    return int(store.read("customers").customer_id.nunique().execute())
