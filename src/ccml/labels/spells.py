"""How long it took from each cutoff to the label's event, or how long it was not seen.

A spell begins at a cutoff and ends at the customer's first event at or after it. Who
looks at a moment `until` knows of the events that happened before `until` less the
settling time and that had arrived by `until`; a spell without one is censored there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.config.labels import EventLabelConfig
from ccml.features.spine import spine_keys
from ccml.labels.build import looked_for, spine_rows
from ccml.project import Project

Floats = NDArray[np.float64]
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Followed:
    """What ends spells, and up to when they can be followed.

    Attributes:
        events: customer_id, event_id, event_at and known_at of the events that count.
        until: End of the data.
        settle: How long rows may take to arrive.
        skips_own: The rows are such events themselves, and none ends its own spell.
    """

    events: pd.DataFrame
    until: datetime
    settle: timedelta = timedelta(0)
    skips_own: bool = False


def followed(project: Project, name: str) -> Followed:
    """Read the events that end the spells of a predictor's rows."""
    looked = looked_for(project, name)
    columns = ["customer_id", "event_id", "event_at", "known_at"]
    counted = looked.events.filter(looked.events.counts).select(columns)
    return Followed(
        counted.order_by("customer_id", "event_at", "event_id").to_pandas(),
        looked.until,
        timedelta(days=looked.label.settle_days),
        looked.skips_own,
    )


def eligible_rows(project: Project, name: str) -> ibis.Table:
    """Open the keys of the rows that a predictor asks about, with a label or without."""
    predictor = project.config.predictors[name]
    assert isinstance(predictor.label, EventLabelConfig)  # noqa: S101 - config says so
    keys = spine_keys(project.config.spines[str(predictor.spine)])
    rows = spine_rows(project, name)
    return rows.filter(rows.is_eligible).select(*keys)


def spells(
    rows: pd.DataFrame, followed: Followed, until: datetime | None = None
) -> pd.DataFrame:
    """Follow rows up to a moment, by what was known then.

    Args:
        rows: customer_id, cutoff_at and, where events skip their own, event_id.
        followed: What ends spells.
        until: The moment of looking; default, and at most, the end of the data.

    Returns:
        One row per row, same index: `days` to the event or to censoring, `happened`,
        and `followed_days` to censoring whether or not it happened; a row that is not
        followed at all has followed_days <= 0.
    """
    last = min(pd.Timestamp(until or followed.until), pd.Timestamp(followed.until))
    end, events = last - followed.settle, followed.events
    seen = events[(events["event_at"] < end) & (events["known_at"] < last)]
    first = _first_events(rows, seen, skips_own=followed.skips_own)
    observed = as_days(end - rows["cutoff_at"])
    waited = as_days(first - rows["cutoff_at"])
    happened = ~np.isnan(waited)
    columns = {
        "days": np.where(happened, waited, np.maximum(observed, 0.0)),
        "happened": happened,
        "followed_days": observed,
    }
    return pd.DataFrame(columns, index=rows.index)


def as_days(lengths: pd.Series) -> Floats:
    """Return lengths of time as days, NaN for none."""
    seconds = lengths.dt.total_seconds().to_numpy(dtype=np.float64)
    return np.asarray(seconds / DAY_SECONDS, dtype=np.float64)


def _first_events(
    rows: pd.DataFrame, events: pd.DataFrame, *, skips_own: bool
) -> pd.Series:
    """Find when the first event at or after each cutoff was; NaT without one."""
    customers, names = pd.factorize(rows["customer_id"].astype(object))
    numbers = pd.Index(names, dtype=object).get_indexer(
        pd.Index(events["customer_id"], dtype=object)
    )
    moments = _moments(events, numbers)
    asked = pd.DataFrame(
        {
            "customer": customers.astype(np.int64),
            "at": _instants(rows["cutoff_at"]),
            "row": np.arange(len(rows)),
        }
    ).sort_values(["at", "row"], kind="stable")
    found = pd.merge_asof(
        asked, moments, on="at", by="customer", direction="forward"
    ).sort_values("row")
    first = found["first"].set_axis(rows.index)
    if not skips_own:
        return first
    own = rows["event_id"].map(events.set_index("event_id")["event_at"])
    alone = pd.Series((found["events"] == 1).to_numpy(), index=rows.index)
    later = found["next"].set_axis(rows.index)
    return first.mask((first == own) & alone, later)


def _moments(events: pd.DataFrame, customers: np.ndarray) -> pd.DataFrame:
    """List the moments with events of each customer: at, first, next and how many.

    Customers have numbers; a negative one means that no row asks for the customer.
    """
    instants = _instants(events["event_at"])
    plain = pd.DataFrame({"customer": customers.astype(np.int64), "at": instants})
    plain = plain[plain["customer"] >= 0]
    counted = plain.groupby(["customer", "at"], sort=True).size()
    moments = counted.rename("events").reset_index()
    moments["first"] = moments["at"].dt.tz_localize("UTC")
    moments["next"] = moments.groupby("customer", sort=False)["first"].shift(-1)
    return moments.sort_values(["at", "customer"], kind="stable")


def _instants(moments: pd.Series) -> np.ndarray:
    """Return instants without their zone, which is UTC."""
    plain = moments.astype("datetime64[us, UTC]").dt.tz_localize(None)
    return plain.to_numpy(dtype="datetime64[us]")
