"""What the predictors expect of each segment, and what came true before."""

from collections.abc import Sequence
from typing import Any

import ibis
import pandas as pd

from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.kpis.intervals import around_mean, wilson
from ccml.project import Project
from ccml.segments.section import segments_section

NAME = "segment_outlook"
EXPECTED = {
    "customers": "int64",
    "mean_probability": "float64",
    "low": "float64",
    "high": "float64",
}
REALISED = {
    "realised_rate": "float64",
    "realised_low": "float64",
    "realised_high": "float64",
    "realised_n": "int64",
    "realised_cutoff_at": "datetime64[us, UTC]",
}
COLUMNS = (
    {"segment_id": "str", "predictor": "str"} | EXPECTED | REALISED | {"note": "str"}
)
PER_EVENT = "it scores single calls or contacts, not customers"
MIXED = "the probability is per customer, the realised rate per call or contact"
NO_SCORES = "it has no scores"
NO_LABELS = "it has no labels"
NOT_RIPE = "no former cutoff is so old that its outcome is known"


def build_segment_outlook(project: Project) -> bool:
    """Make the outlook of all segments.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    segments_section(project)
    names = _predictors(project)
    stage = Stage(
        name="outlook of segments",
        outputs=(NAME,),
        inputs=(
            *("segments", "segment_history"),
            *(f"scores__{name}" for name in names),
            *(f"labels__{name}" for name in names),
        ),
        settings={
            "spines": {name: _spines(project, name) for name in names},
        },
        code=("scores", "kpis/intervals"),
    )
    return project.stages.run(stage, lambda: _build(project, names))


def _predictors(project: Project) -> list[str]:
    """Name the predictors that learn from customers; flat tables have none."""
    return [name for name, one in project.config.predictors.items() if one.spine]


def _spines(project: Project, name: str) -> tuple[bool, bool]:
    """Tell whether a predictor learns from, and scores, single events."""
    one = project.config.predictors[name]
    spines = project.config.spines
    scored = one.scoring.spine or one.spine
    return bool(spines[str(one.spine)].each), bool(spines[str(scored)].each)


def _build(project: Project, names: Sequence[str]) -> dict[str, Output]:
    parts = [_of_predictor(project, name) for name in names]
    rows = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=[*COLUMNS])
    )
    rows = rows[list(COLUMNS)].astype(COLUMNS)
    words = "one row per segment and predictor"
    return {NAME: Table(rows, ["segment_id", "predictor"], words)}


def _of_predictor(project: Project, name: str) -> pd.DataFrame:
    store = project.store
    learns_events, scores_events = _spines(project, name)
    expected, first = _expected(store, name, is_per_event=scores_events)
    realised, second = _realised(store, name, is_per_event=learns_events)
    every = store.read("segments").select("segment_id").distinct().to_pandas()
    ids = sorted({*every["segment_id"], *realised.index})
    rows = pd.DataFrame({"segment_id": ids}).set_index("segment_id")
    rows = rows.join(expected).join(realised).reset_index()
    if learns_events and first is None:
        first = MIXED
    note = "; ".join(text for text in (first, second) if text)
    counts = {"customers": 0, "realised_n": 0}
    return rows.fillna(counts).assign(predictor=name, note=note or None)


def _expected(
    store: Store, name: str, *, is_per_event: bool
) -> tuple[pd.DataFrame, str | None]:
    """Average the current scores by segment; say why where that is not possible."""
    if is_per_event:
        return _nothing(EXPECTED), PER_EVENT
    if store.manifest(f"scores__{name}") is None:
        return _nothing(EXPECTED), NO_SCORES
    scores = store.read(f"scores__{name}").select("customer_id", "probability")
    segments = store.read("segments").select("customer_id", "segment_id")
    rows = scores.join(segments, "customer_id")
    made = rows.group_by("segment_id").agg(
        customers=rows.count(),
        mean_probability=rows.probability.mean(),
        spread=rows.probability.std(),
    )
    found = made.to_pandas().set_index("segment_id")
    mean, n = found["mean_probability"], found["customers"]
    found["low"], found["high"] = around_mean(mean, found["spread"], n)
    return found[list(EXPECTED)], None


def _realised(
    store: Store, name: str, *, is_per_event: bool
) -> tuple[pd.DataFrame, str | None]:
    """Count what came true by the segment of then, at the newest cutoff that is ripe."""
    if store.manifest(f"labels__{name}") is None:
        return _nothing(REALISED), NO_LABELS
    labels, history = store.read(f"labels__{name}"), store.read("segment_history")
    moments = sorted(history.select("cutoff_at").distinct().to_pandas()["cutoff_at"])
    ends = [*moments[1:], None]
    for start, end in reversed(list(zip(moments, ends, strict=True))):
        if is_per_event:
            if end is None:
                continue
            own = (labels.cutoff_at >= start) & (labels.cutoff_at < end)
        else:
            own = labels.cutoff_at == start
        found = _rates(labels.filter(own), history, start)
        if found is not None:
            return found, None
    return _nothing(REALISED), NOT_RIPE


def _rates(
    labels: ibis.Table, history: ibis.Table, moment: pd.Timestamp
) -> pd.DataFrame | None:
    """Give the rates at one cutoff; nothing while some outcomes are still open."""
    known = labels.label.notnull()
    counts: dict[str, Any] = (
        labels.agg(known=known.sum(), open=(labels.status == "not mature").sum())
        .to_pandas()
        .fillna(0)
        .iloc[0]
        .to_dict()
    )
    if counts["open"] or not counts["known"]:
        return None
    then = history.filter(history.cutoff_at == moment)
    rows = labels.filter(known).select("customer_id", "label")
    rows = rows.join(then.select("customer_id", "segment_id"), "customer_id")
    made = rows.group_by("segment_id").agg(
        hits=rows.label.sum(), realised_n=rows.count()
    )
    found = made.to_pandas().set_index("segment_id")
    found["realised_rate"] = found["hits"] / found["realised_n"]
    low, high = wilson(found["hits"], found["realised_n"])
    found["realised_low"], found["realised_high"] = low, high
    found["realised_cutoff_at"] = moment
    rates: pd.DataFrame = found[list(REALISED)]
    return rates


def _nothing(columns: dict[str, str]) -> pd.DataFrame:
    empty = pd.DataFrame(
        {name: pd.Series(dtype=kind) for name, kind in columns.items()}
    )
    return empty.rename_axis("segment_id")
