"""Features of spine rows from the histories of their customers, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccml.features import walks
from ccml.features.attributes import attribute_columns, standing
from ccml.features.catalogue import Feature
from ccml.features.history import MICROSECONDS_PER_DAY, History, Rows, View
from ccml.features.listing import AFTER, DAY_PART, WEEKEND
from ccml.features.moments import day_part, is_weekend, local_hour, local_weekday
from ccml.features.own import own_columns, own_inputs
from ccml.features.plan import CUSTOMERS, Plan
from ccml.features.statistics import described
from ccml.features.walks import EVER

CALENDAR = {"hour": local_hour, "weekday": local_weekday}


@dataclass(frozen=True)
class Pick:
    """Which features are computed now, and on which zone's clock.

    `wanted` are names; what they are made from is computed on the way.
    """

    plan: Plan
    wanted: frozenset[str]
    zone: str

    def of(self, features: Sequence[Feature]) -> list[Feature]:
        """Choose the features that are wanted or needed by wanted ones."""
        return [feature for feature in features if feature.name in self.needed]

    @property
    def needed(self) -> frozenset[str]:
        """Names of wanted features and of those they are made from."""
        needed = set(self.wanted)
        for own in reversed([f for f in self.plan.own if f.name in needed]):
            inputs = own_inputs(own)
            needed |= (
                {f.name for f in self.plan.features} if inputs is None else {*inputs}
            )
        return frozenset(needed)


def prepared(plan: Plan, histories: Mapping[str, History], zone: str) -> dict[str, Any]:
    """Add to events what follows from their time and from other tables.

    Args:
        plan: What is described.
        histories: Events by table, customers among them.
        zone: Time zone of the site.
    """
    return {
        name: _with_derived(history, name, plan, histories, zone)
        for name, history in histories.items()
    }


def _with_derived(
    history: History,
    name: str,
    plan: Plan,
    histories: Mapping[str, History],
    zone: str,
) -> History:
    table = plan.tables.get(name)
    columns = {}
    if table and table.profile:
        columns[DAY_PART] = day_part(history.event_at, zone)
        columns[WEEKEND] = is_weekend(history.event_at, zone)
    for other, days in (table.after if table else {}).items():
        columns[f"{AFTER}{other}"] = _is_after(history, histories[other], days)
    whole = history.table
    for column, values in columns.items():
        whole = whole.append_column(column, values)
    return replace(history, table=whole, memory={})


def _is_after(history: History, other: History, days: int) -> pa.Array:
    """Tell which events came within days after one of another table, known by then."""
    customers = len(history.starts) - 1
    person = np.repeat(np.arange(customers, dtype=np.int32), np.diff(history.starts))
    window = np.array([days * MICROSECONDS_PER_DAY], np.int64)
    view = View(other, Rows(person, history.event_at), window)
    found = walks.counts(other.known_at, history.event_at, view.top, view.low)
    return pa.array(found[0] > 0)


def describe(pick: Pick, histories: Mapping[str, History], spine: pa.Table) -> pa.Table:
    """Compute features of some spine rows.

    Args:
        pick: Which features.
        histories: Prepared events by table, customers among them.
        spine: Columns person (int32), cutoff_us (int64) and the event's own (this_*).

    Returns:
        The wanted features, in the order of the catalogue (rows).
    """
    plan = pick.plan
    cutoff = spine["cutoff_us"].to_numpy()
    rows = Rows(spine["person"].to_numpy(), cutoff)
    columns: dict[str, Any] = {
        feature.name: _of_spine(feature, spine, cutoff, pick.zone)
        for feature in pick.of(plan.spine)
    }
    found = standing(histories[CUSTOMERS], rows) if CUSTOMERS in histories else None
    never = np.full(len(cutoff), EVER)
    since = np.where(found.newest < 0, EVER, found.since) if found else never
    for name, table in plan.tables.items():
        features = pick.of(table.features)
        if features:
            columns |= described(
                histories[name], rows, features, since, table.values, table.chain_days
            )
    if found:
        columns |= attribute_columns(found, pick.of(plan.attributes))
    own = pick.of(plan.own)
    made = own_columns(pa.table(columns), own) if own else pa.table(columns)
    return made.select([f.name for f in plan.features if f.name in pick.wanted])


def _of_spine(feature: Feature, spine: pa.Table, cutoff: Any, zone: str) -> Any:
    if feature.statistic == "own":
        return spine[feature.name]
    return pc.cast(CALENDAR[str(feature.column)](cutoff, zone), pa.float64())
