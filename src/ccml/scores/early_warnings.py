"""Customers who are no repeat callers yet, but may be next month."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.local_time import UTC_INSTANT
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.features.as_of import events_known_at
from ccml.identity.link import linked_calls
from ccml.project import Project
from ccml.segments.about import about
from ccml.segments.history.forecast import next_month
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import read_source
from ccml.segments.section import periodic_spine, segment_inputs, segments_section

NAME = "early_warnings"
PREDICTOR, CALL_RATES = "predictor", "call rates"
MONTH_DAYS = 30
COLUMNS = {
    "customer_id": "str",
    "cutoff_at": "datetime64[us, UTC]",
    "rank": "int64",
    "probability": "float64",
    "source": "str",
    "calls_30d": "int64",
    "reason": "str",
}
ALIKE = "nobody: customers do not differ in how often they call by more than chance"


@dataclass(frozen=True)
class Candidates:
    """Who may become a repeat caller.

    Args:
        rows: customer_id, probability; the likeliest first.
        cutoff: The cutoff of the probabilities.
        source: `predictor` or `call rates`.
        words: What was done, in words.
    """

    rows: pd.DataFrame
    cutoff: datetime
    source: str
    words: str


def build_early_warnings(project: Project) -> bool:
    """Make the early-warning list.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = segments_section(project)
    build_inbound_calls(project, config)
    scores = _scores(config)
    stage = Stage(
        name="early warnings",
        outputs=(NAME,),
        inputs=(
            "repeat_callers",
            "callers_summary",
            *segment_inputs(config, periodic_spine(project, config)),
            *([scores] if scores else []),
        ),
        settings={
            "history": config.history,
            "callers": config.repeat_callers,
            "families": config.reason_families,
            "seed": config.seed,
            "triggers": config.clusters.triggers,
        },
        code=("scores", "segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config))


def _scores(config: SegmentsConfig) -> str | None:
    predictor = config.history.early_warning
    return f"scores__{predictor}" if predictor else None


def _build(project: Project, config: SegmentsConfig) -> dict[str, Output]:
    store, scores = project.store, _scores(config)
    if scores and store.manifest(scores):
        found = by_predictor(store, scores, config)
    else:
        found = by_call_rates(project, config)
        if scores:
            missing = f"{config.history.early_warning} has no scores yet"
            project.progress.note(f"early warnings: {missing}; call rates tell it")
    rows = _described(store, found, config)
    about_rows = f"one row per customer, the likeliest first; {found.words}"
    return {NAME: Table(rows, ["customer_id"], about_rows, ["rank"])}


def by_predictor(store: Store, scores: str, config: SegmentsConfig) -> Candidates:
    """Rank by the scores of the predictor those who are not persistent now."""
    scored, callers = store.read(scores), store.read("repeat_callers")
    persistent = callers.filter(callers.is_persistent)
    others = scored.anti_join(persistent, "customer_id")
    order = [ibis.desc("probability"), "customer_id"]
    top = others.order_by(order).limit(config.history.warnings)
    cutoff = scored.cutoff_at.max().execute()
    words = f"by the scores of {config.history.early_warning}"
    rows = top.select("customer_id", "probability").to_pandas()
    rows = rows.sort_values(
        ["probability", "customer_id"], ascending=[False, True], ignore_index=True
    )
    return Candidates(rows, pd.Timestamp(cutoff).to_pydatetime(), PREDICTOR, words)


def by_call_rates(project: Project, config: SegmentsConfig) -> Candidates:
    """Rank by the law of call rates those who are not persistent now."""
    callers = project.store.read("repeat_callers")
    cutoff = pd.Timestamp(callers.cutoff_at.max().execute())
    source = read_source(project, config, periodic_spine(project, config))
    rows, usual = next_month(source, cutoff)
    persistent = callers.filter(callers.is_persistent).select("customer_id").to_pandas()
    rows = rows[~rows["customer_id"].isin(persistent["customer_id"])]
    words = f"by the chance of more than {usual} calls in the next 30 days"
    rows = rows.sort_values(
        ["probability", "customer_id"], ascending=[False, True], ignore_index=True
    ).head(config.history.warnings)
    moment = cutoff.to_pydatetime()
    return Candidates(rows, moment, CALL_RATES, ALIKE if rows.empty else words)


def _described(store: Store, found: Candidates, config: SegmentsConfig) -> pd.DataFrame:
    """Add rank, recent calls and the most frequent reason of the window."""
    rows = found.rows.assign(
        cutoff_at=pd.Timestamp(found.cutoff),
        rank=np.arange(1, len(found.rows) + 1),
        source=found.source,
    )
    if rows.empty:
        return rows.assign(calls_30d=0, reason=None)[list(COLUMNS)].astype(COLUMNS)
    calls = _recent(store, found, config)
    last = pd.Timestamp(found.cutoff) - pd.Timedelta(days=MONTH_DAYS)
    recent = calls[calls["event_at"] >= last].groupby("customer_id").size()
    told = calls[calls["about"].notna()]
    number = told.groupby(["customer_id", "about"]).size().rename("n").reset_index()
    order = number.sort_values(
        ["customer_id", "n", "about"], ascending=[True, False, True]
    )
    reasons = order.drop_duplicates("customer_id").set_index("customer_id")["about"]
    rows["calls_30d"] = rows["customer_id"].map(recent).fillna(0)
    rows["reason"] = rows["customer_id"].map(reasons)
    return rows[list(COLUMNS)].astype(COLUMNS)


def _recent(store: Store, found: Candidates, config: SegmentsConfig) -> pd.DataFrame:
    """Read the calls of those on the list: a few hundred customers."""
    every = linked_calls(store)
    inbound = every.filter(every.direction == "inbound")
    listed = ibis.memtable(
        pd.DataFrame({"customer_id": found.rows["customer_id"]}).assign(
            row_id=np.arange(len(found.rows))
        )
    )
    instant = ibis.literal(pd.Timestamp(found.cutoff), type=UTC_INSTANT)
    seen = events_known_at(
        listed.mutate(cutoff_at=instant), inbound, config.repeat_callers.window_days
    )
    named = seen.mutate(about=about(seen, config.reason_families))
    rows: pd.DataFrame = named.select("customer_id", "event_at", "about").to_pandas()
    return rows
