"""Alerts, call types and agents of the operation's section."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ccml.reports.blocks import FigureBlock, TableBlock, each_row, figure, table
from ccml.reports.figures_operation_agents import agent_ranges, shown_agents
from ccml.reports.numbers import (
    count,
    duration,
    money,
    percent,
    percent_with,
)

TITLES = {
    "fcr": "Settled with one call",
    "abandonment": "Gave up in the queue",
    "hold_time": "On hold",
    "aht": "Handle time of call types",
}
BANDS = ("bad", "watch", "note")
MOST_SENTENCES = 5
LETTERS = 12


@dataclass(frozen=True)
class AlertCard:
    """The alerts of one figure: sentences with their tone, and what to do."""

    title: str
    tone: str
    lines: tuple[tuple[str, str], ...]
    to_do: tuple[str, ...]
    source: str
    left_out: int


def alert_cards(alerts: pd.DataFrame | None) -> list[AlertCard]:
    """Gather the alerts by figure, the worst and largest first."""
    if alerts is None or alerts.empty:
        return []
    kinds = [kpi for kpi in TITLES if kpi in set(alerts.kpi)]
    return [_card(kpi, alerts[alerts.kpi == kpi]) for kpi in kinds]


def _card(kpi: str, alerts: pd.DataFrame) -> AlertCard:
    rows = alerts.assign(
        place=alerts.band.map(BANDS.index),
        is_old=alerts.period == "all",
        is_group=alerts.group_kind != "all",
    ).sort_values(
        ["is_group", "place", "is_old", "n", "group_kind", "group"],
        ascending=[True, True, True, False, True, True],
    )
    first = rows.head(MOST_SENTENCES)
    return AlertCard(
        title=TITLES[kpi],
        tone=str(first.band.iloc[0]),
        lines=tuple((str(row.band), str(row.sentence)) for row in each_row(first)),
        to_do=tuple(dict.fromkeys(str(text) for text in first.what_to_do)),
        source=str(first.source_of_threshold.iloc[0]),
        left_out=len(rows) - len(first),
    )


def alert_note(alerts: pd.DataFrame | None) -> str:
    """Say how alerts come about, and where there is none, that there is none."""
    if alerts is None:
        return ""
    if alerts.empty:
        return "No figure is surely beyond its threshold."
    return (
        "A figure is listed when its whole interval lies beyond the threshold, so small "
        "groups raise no alarm. No threshold is a target for single agents. "
        "`ccml show alerts CONFIG` lists all of them."
    )


def call_type_table(types: pd.DataFrame | None) -> TableBlock | None:
    """Lay the call types out, those with most repeats first."""
    if types is None or types.empty:
        return None
    rows = [
        (
            (row.reason, row.reason),
            (count(row.inbound), row.inbound),
            _share(row, "repeat"),
            (percent(row.share_of_repeats), row.share_of_repeats),
            _share(row, "transfer"),
            _share(row, "complaint"),
            _share(row, "self_service"),
            (_range(row), row.handle_p50_s),
            (_cost(row), row.repeat_cost_eur),
        )
        for row in each_row(
            types.sort_values(["repeated", "reason"], ascending=[False, True])
        )
    ]
    rule = str(types.self_service_rule.iloc[0])
    return table(
        f"One row per call type, most repeats first; could serve itself: {rule}",
        (
            "call type",
            "calls",
            "came back",
            "of all repeats",
            "passed on",
            "complained",
            "could serve itself",
            "handle time, 8 in 10",
            "cost of repeats",
        ),
        rows,
    )


def _share(row: Any, name: str) -> tuple[str, float]:
    value, low, high = (
        getattr(row, f"{name}_{part}") for part in ("share", "low", "high")
    )
    return percent_with(value, low, high), value


def _range(row: Any) -> str:
    return f"{duration(row.handle_p10_s)} to {duration(row.handle_p90_s)}"


def _cost(row: Any) -> str:
    return money(row.repeat_cost_eur, row.repeat_cost_low_eur, row.repeat_cost_high_eur)


def agent_figures(agents: pd.DataFrame | None) -> list[FigureBlock]:
    """Draw the agents of the largest call type beside its range."""
    shown = shown_agents(agents)
    if shown is None or len(shown) < 2:
        return []
    note = (
        "Agents stand by pseudonym, without a rank. Far above and far below are both "
        "worth a talk, with repeats and transfers beside; handle time is no target."
    )
    return [figure("agents", agent_ranges(shown), _agent_rows(shown), note)]


def agent_table(agents: pd.DataFrame | None) -> TableBlock | None:
    """List agents to talk with, in both directions and by pseudonym."""
    if agents is None:
        return None
    found = agents[agents.coaching.isin(["far above", "far below"])]
    return _agent_rows(found) if len(found) else None


def _agent_rows(agents: pd.DataFrame) -> TableBlock:
    rows = [
        (
            (short_agent(row.agent_id), row.agent_id),
            (row.reason, row.reason),
            (count(row.n), row.n),
            (_median(row), row.handle_p50_s),
            (
                f"{duration(row.type_p10_s)} to {duration(row.type_p90_s)}",
                row.type_p90_s,
            ),
            (
                percent_with(row.repeat_rate, row.repeat_low, row.repeat_high),
                row.repeat_rate,
            ),
            (percent(row.fcr), row.fcr),
            row.coaching,
        )
        for row in each_row(agents.sort_values(["agent_id", "reason"]))
    ]
    return table(
        "One row per agent and call type, by pseudonym; no rank",
        (
            "agent",
            "call type",
            "calls",
            "median (interval)",
            "the type's 8 in 10",
            "came back",
            "settled with one call",
            "",
        ),
        rows,
        (0, 1, 7),
    )


def _median(row: Any) -> str:
    ends = f"{duration(row.handle_p50_low_s)} to {duration(row.handle_p50_high_s)}"
    return f"{duration(row.handle_p50_s)} ({ends})"


def short_agent(agent: Any) -> str:
    """Cut a pseudonym to what can be told apart."""
    return str(agent)[:LETTERS]
