"""One customer's scores taken apart: events used, features, sums, reasons."""

import json
from datetime import UTC, datetime
from typing import Any

import ibis
import pandas as pd

from ccml.errors import DataError, unknown_name
from ccml.features.events import customer_events
from ccml.features.spine import spine_keys
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.scores.reason_texts import plain
from ccml.scores.rows import newest_rows, scoring_spine
from ccml.scores.scoring import given_values, score_frame, scoring_by
from ccml.tracking.registry import champion


def explain_customer(
    project: Project, customer: str, predictor: str | None, as_of: datetime | None
) -> dict[str, Any]:
    """Explain a customer's score of every predictor, or of one.

    Args:
        project: The project.
        customer: The customer's id.
        predictor: One predictor; all that have a spine when not given.
        as_of: The latest cutoff at or before this moment is taken; the newest one when
            not given.

    Raises:
        DataError: The customer has no row at such a cutoff.
    """
    over_time = [n for n, p in project.config.predictors.items() if p.spine]
    if predictor is not None and predictor not in over_time:
        raise unknown_name(
            "predictor with a spine", predictor, over_time, "--predictor"
        )
    names = [predictor] if predictor else over_time
    told = {name: _explain(project, name, customer, as_of) for name in names}
    found = {name: one for name, one in told.items() if one is not None}
    if not found:
        raise DataError(
            "--customer: this customer has no row that could be scored; look at the id, "
            "at --as-of and at who is eligible (spines.*.where)."
        )
    return {"customer_id": customer, "predictors": found}


def _explain(
    project: Project, name: str, customer: str, as_of: datetime | None
) -> dict[str, Any] | None:
    row = _row(project, name, customer, as_of)
    if row.empty:
        return None
    version, folder = champion(project, name)
    scorer = Scorer.load(folder)
    given = given_values(project, name, scorer)
    frame = row.assign(**given)
    chosen = newest_rows(project, name)
    scoring = scoring_by(project, name, version, scorer, chosen)
    scores, explained = score_frame(frame, scoring)
    scored, parts = scores.iloc[0], explained.values.iloc[0]
    cutoff = frame["cutoff_at"].iloc[0].to_pydatetime()
    return {
        "cutoff_at": cutoff.isoformat(),
        "version": version,
        "events": _events(project, customer, cutoff),
        "features": {
            feature: {
                "value": plain(frame[feature].iloc[0]),
                "contribution": float(parts[feature]),
            }
            for feature in scorer.feature_names
        },
        "raw_score": float(scored["raw_score"]),
        "contribution_sum": float(parts.sum()),
        "probability": float(scored["probability"]),
        "reasons": json.loads(scored["reasons"]),
    }


def _row(
    project: Project, name: str, customer: str, as_of: datetime | None
) -> pd.DataFrame:
    spine = scoring_spine(project, name)
    features = project.store.read(f"features__{spine}")
    rows = features.filter(features.customer_id == customer)
    if as_of is not None:
        instant = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
        rows = rows.filter(rows.cutoff_at <= ibis.literal(instant.astimezone(UTC)))
    keys = spine_keys(project.config.spines[spine])
    order = dict.fromkeys(["cutoff_at", *keys])
    newest_first = [rows[key].desc() for key in order]
    newest: pd.DataFrame = rows.order_by(newest_first).limit(1).to_pandas()
    return newest


def _events(project: Project, customer: str, cutoff: datetime) -> dict[str, int]:
    """Count the events that were known before the cutoff, by table."""
    moment = ibis.literal(cutoff.astimezone(UTC))
    counts = {}
    for table in project.config.features.tables:
        events = customer_events(project, table)
        known = (events.event_at < moment) & (events.known_at < moment)
        mine = events.filter((events.customer_id == customer) & known)
        counts[table] = int(mine.count().execute())
    return counts
