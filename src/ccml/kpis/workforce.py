"""Occupancy, utilisation and attrition of agents."""

import math
from dataclasses import dataclass
from datetime import datetime

import ibis
import pandas as pd

from ccml.config.kpi_tables import AgentStatesConfig, RosterConfig
from ccml.engine.store import Store
from ccml.errors import unknown_name
from ccml.kpis.measure import COLUMNS, absent, known_types

DAYS_PER_MONTH = 365.25 / 12
OCCUPANCY = "handling / (handling + idle)"
UTILISATION = "handling / logged-in time"
NO_STATES = "no table of agent states is named (kpis.agent_states)"
NO_ROSTER = "no roster is named (kpis.roster)"


@dataclass(frozen=True)
class Attrition:
    """Headcount at both ends of a period, and who left in it.

    Args:
        start: Agents at the start.
        end: Agents at the end.
        leavers: Agents who left the company in between, new ones included.
        months: Length of the period.
        moved: Agents who changed to another job inside; no leavers.
    """

    start: int
    end: int
    leavers: int
    months: float
    moved: int = 0

    def rates(self) -> dict[str, float | None]:
        """Give leavers over the average and over the start headcount, and per year."""
        average = (self.start + self.end) / 2
        rate = self.leavers / average if average else None
        return {
            "leavers / mean of start and end headcount": rate,
            "leavers / start headcount": self.leavers / self.start
            if self.start
            else None,
            "leavers / mean headcount, x 12 / months": rate * 12 / self.months
            if rate is not None and self.months > 0
            else None,
            "moves inside the company / mean of start and end headcount": self.moved
            / average
            if average
            else None,
        }


def stored_table(store: Store, name: str, where: str) -> ibis.Table:
    """Open an event table or a flat table that a config names.

    Raises:
        ConfigError: There is neither.
    """
    present = store.names()
    found = next((n for n in (name, f"flat__{name}") if n in present), None)
    if found is None:
        raise unknown_name("stored table", name, present, where)
    return store.read(found)


def named_column(rows: ibis.Table, name: str, where: str) -> ibis.Column:
    """Take a column that a config names.

    Raises:
        ConfigError: The table has no such column.
    """
    if name not in rows.columns:
        raise unknown_name("column", name, rows.columns, where)
    return rows[name]


def occupancy_rows(
    states: ibis.Table | None, config: AgentStatesConfig | None, handled_s: float
) -> pd.DataFrame:
    """Work out occupancy and utilisation over the whole period.

    Args:
        states: Stretches of time of agents.
        config: What its columns and states are called.
        handled_s: Handle time of all calls, nan when it is not reported; used where no
            handling state is named.

    Returns:
        Tidy rows; nulls with their reason where the table or a state is missing.
    """
    if states is None or config is None:
        return pd.concat(
            [
                absent("occupancy", OCCUPANCY, "share", NO_STATES),
                absent("utilisation", UTILISATION, "share", NO_STATES),
            ]
        )
    where = "kpis.agent_states"
    state = named_column(states, config.state, f"{where}.state").cast("string")
    seconds = named_column(states, config.seconds, f"{where}.seconds").cast("float64")
    agent = named_column(states, config.agent, f"{where}.agent")
    sums = states.agg(
        idle=seconds.sum(where=state.isin(config.idle_states)),
        handling=seconds.sum(where=state.isin(config.handling_states or [""])),
        logged_in=seconds.sum(),
        agents=agent.nunique(),
    )
    row = sums.to_pandas().iloc[0]
    at_work = float(row["handling"] if config.handling_states else handled_s)
    occupied = (at_work, at_work + float(row["idle"]))
    utilised = (at_work, float(row["logged_in"]))
    return pd.concat(
        [
            _time_share("occupancy", OCCUPANCY, occupied, row["agents"]),
            _time_share("utilisation", UTILISATION, utilised, row["agents"]),
        ]
    )


def _time_share(
    kpi: str, formula: str, seconds: tuple[float, float], agents: int
) -> pd.DataFrame:
    """Divide seconds; they are no counts of calls, so there is no interval."""
    at_work, total = seconds
    if math.isnan(at_work):
        return absent(kpi, formula, "share", "no handle time is reported")
    if math.isnan(total) or total <= 0:
        return absent(kpi, formula, "share", "no time in the states named")
    row = dict.fromkeys(COLUMNS) | {
        "kpi": kpi,
        "variant": f"{formula}, in seconds; n = agents",
        "unit": "share",
        "value": at_work / total,
        "numerator": at_work,
        "denominator": total,
        "n": agents,
    }
    return known_types(pd.DataFrame([row]))


def attrition_of(
    roster: ibis.Table, config: RosterConfig, start: datetime, end: datetime
) -> Attrition:
    """Count agents at both ends of a period, and those who left within it."""
    where = "kpis.roster"
    began = named_column(roster, config.started, f"{where}.started").cast("date")
    left = named_column(roster, config.left, f"{where}.left").cast("date")
    first, last = ibis.date(start.date()), ibis.date(end.date())
    moved = ibis.literal(value=False)
    if config.why is not None:
        why = named_column(roster, config.why, f"{where}.why").cast("string")
        moved = why.isin(config.moves or [""]).fill_null(False)
    gone = (left > first) & (left <= last)
    counts = roster.agg(
        start=_count((began <= first) & (left.isnull() | (left > first))),
        end=_count((began <= last) & (left.isnull() | (left > last))),
        leavers=_count(gone & ~moved),
        moved=_count(gone & moved),
    )
    row = counts.to_pandas().iloc[0].fillna(0).astype(int)
    months = (end - start).total_seconds() / 86_400 / DAYS_PER_MONTH
    return Attrition(row.start, row.end, row.leavers, months, row.moved)


def attrition_rows(attrition: Attrition | None) -> pd.DataFrame:
    """Lay attrition out as tidy rows; nulls with their reason without a roster."""
    if attrition is None:
        variants = list(Attrition(1, 1, 0, 1).rates())
        rows = [absent("agent_attrition", v, "ratio", NO_ROSTER) for v in variants]
        return pd.concat(rows)
    made = []
    for variant, value in attrition.rates().items():
        row = absent("agent_attrition", variant, "ratio", "the headcount is 0")
        if value is not None:
            row = row.assign(value=value, why_null=None, n=attrition.start)
        made.append(row)
    return known_types(pd.concat(made))


def _count(flag: ibis.Value) -> ibis.Value:
    return flag.fill_null(False).cast("int64").sum()
