"""What people and scripts are told of a list, read from its stored tables."""

import json
import math
from typing import Any

from ccml.project import Project
from ccml.targets.rules import RULES


def list_summary(project: Project, name: str) -> dict[str, Any]:
    """Count who is on a list and who was left out by which rule."""
    row = project.store.frame(f"list_summary__{name}").iloc[0]
    exclusions = project.store.read(f"exclusions__{name}")
    counted = exclusions.group_by("rule").agg(n=exclusions.count()).to_pandas()
    counts = dict(zip(counted["rule"], counted["n"].astype(int), strict=True))
    above = exclusions.filter(exclusions.above_cut.fill_null(False)).count()
    value = float(row["expected_value_eur"])
    return {
        "list_id": str(row["list_id"]),
        "title": str(row["title"]),
        "predictor": str(row["predictor"]),
        "model_version": str(row["model_version"]),
        "cutoff_at": row["cutoff_at"].isoformat(),
        "rows_in": int(row["rows_in"]),
        "rows_listed": int(row["rows_listed"]),
        "rows_held_out": int(counts.get("held_out", 0)),
        "rows_held_out_above_cut": int(above.execute()),
        "excluded": {rule: int(counts[rule]) for rule in RULES if rule in counts},
        "expected_value_eur": None if math.isnan(value) else round(value, 2),
        "notes": json.loads(row["notes"]),
    }
