"""What is told of customers: counts and sums, never a customer."""

from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from ccml.engine.store import Store
from ccml.identity.link import linked_calls
from ccml.kpis.intervals import Z
from ccml.project import Project
from ccml.segments.clusters.call_traits import handled_s

MONTH_DAYS = 30
HOUR_S = 3_600
BANDS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
REASONS_SHOWN = 8
PSEUDONYMS = ("customer", "phone")


@dataclass(frozen=True)
class PersistentWork:
    """What persistent callers cost in 30 days, as 95 % intervals over customers.

    Args:
        customers: How many they are.
        calls: Their inbound calls.
        hours: Hours of agents' work; nothing when no handle time is reported.
        low: Lower end of the hours.
        high: Upper end.
    """

    customers: int
    calls: float
    hours: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Warned:
    """The early-warning list as counts.

    Args:
        customers: How many are on it.
        expected: How many of them are expected to become repeat callers.
        least: Smallest probability on it.
        most: Largest.
        source: What the probabilities come from.
        meaning: What the probability is of, in words.
        cutoff: The cutoff.
        bands: low, high, customers; the likeliest first.
        reasons: reason, customers; most frequent first.
    """

    customers: int
    expected: float
    least: float
    most: float
    source: str
    meaning: str
    cutoff: pd.Timestamp | None
    bands: pd.DataFrame
    reasons: pd.DataFrame


def persistent_work(project: Project) -> PersistentWork | None:
    """Sum the work that persistent callers made in their window."""
    store, config = project.store, project.config.segments
    needed = [store.manifest(name) for name in ("calls", "identity_map")]
    if config is None or not all(needed):
        return None
    callers = store.read("repeat_callers")
    cutoff = callers.cutoff_at.max().execute()
    if cutoff is None or pd.isna(cutoff):
        return None
    days = config.repeat_callers.window_days
    flagged = callers.filter(callers.is_persistent & (callers.cutoff_at == cutoff))
    rows = linked_calls(store)
    if not {"direction", "answered", "handle_s"} <= set(rows.columns):
        return None
    start = cutoff - pd.Timedelta(days=days)
    seen = rows.filter(
        (rows.direction == "inbound")
        & (rows.started_at >= start)
        & (rows.started_at < cutoff)
        & (rows.known_at < cutoff)
    ).semi_join(flagged, "customer_id")
    work = ibis.ifelse(seen.answered.fill_null(False), handled_s(seen), None)
    sums = seen.group_by("customer_id").agg(
        calls=seen.count(), work=work.sum(), told=work.count()
    )
    moments = sums.agg(
        calls=sums.calls.sum(),
        work=sums.work.sum(),
        squares=(sums.work * sums.work).sum(),
        told=sums.told.sum(),
    )
    found = moments.to_pandas().iloc[0].fillna(0.0)
    scale = MONTH_DAYS / days
    customers = int(flagged.count().execute())
    calls = float(found["calls"]) * scale
    if customers and not found["told"]:
        return PersistentWork(customers, calls, None, None, None)
    hours = float(found["work"]) / HOUR_S * scale
    half = Z * float(np.sqrt(found["squares"])) / HOUR_S * scale
    return PersistentWork(customers, calls, hours, max(hours - half, 0.0), hours + half)


def warned(store: Store) -> Warned:
    """Count the early-warning list by probability and by reason."""
    rows = store.read("early_warnings")
    frame = rows.select("probability", "source", "reason", "cutoff_at").to_pandas()
    stored = store.manifest("early_warnings")
    about = stored.about if stored else ""
    meaning = about.split("; ", 1)[1] if "; " in about else ""
    if frame.empty:
        return Warned(0, 0.0, 0.0, 0.0, "", meaning, None, pd.DataFrame(), frame)
    chance = frame["probability"]
    edges = [*BANDS[::-1], np.inf]
    band = pd.cut(chance, edges, right=False, labels=BANDS[::-1]).astype(float)
    counted = band.value_counts().sort_index(ascending=False)
    bands = pd.DataFrame({"low": counted.index, "customers": counted.to_numpy()})
    tops = dict(zip(BANDS, (1.0, *BANDS), strict=False))
    told = frame["reason"].dropna().value_counts().rename_axis("reason")
    reasons = told.reset_index(name="customers")
    order = reasons.sort_values(["customers", "reason"], ascending=[False, True])
    return Warned(
        customers=len(frame),
        expected=float(chance.sum()),
        least=float(chance.min()),
        most=float(chance.max()),
        source=str(frame["source"].iloc[0]),
        meaning=meaning,
        cutoff=frame["cutoff_at"].max(),
        bands=bands.assign(high=bands["low"].map(tops)),
        reasons=order.head(REASONS_SHOWN).reset_index(drop=True),
    )


def unusual(store: Store) -> pd.DataFrame:
    """Read what was out of the ordinary, without names of customers and numbers."""
    frame = store.frame("anomalies")
    if frame.empty:
        return frame
    hidden = frame["kind"].isin(PSEUDONYMS)
    hidden_columns = {name: None for name in ("value", "words") if name in frame}
    frame = frame.astype(dict.fromkeys(hidden_columns, "object"))
    frame.loc[hidden, list(hidden_columns)] = None
    order = [name for name in ("p_value", "kind", "day", "value") if name in frame]
    return frame.sort_values(order, kind="stable", ignore_index=True)
