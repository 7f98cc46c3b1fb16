"""What of a config and an evaluation a run records, as MLflow's keys and values."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ccml.project import Project

MAX_TEXT = 500
NOT_IN_KEYS = re.compile(r"[^\w\-. /]", re.ASCII)


def parameters(project: Project, name: str) -> list[tuple[str, str]]:
    """Flatten the config of a predictor, its spine and its features.

    Sources, identity and tracking stay out: they may hold addresses and secrets.
    """
    predictor = project.config.predictors[name]
    parts: dict[str, Any] = {
        "predictor": predictor.model_dump(mode="json"),
        "seed": project.config.seed,
    }
    if predictor.spine is not None:
        spine = project.config.spines[predictor.spine]
        parts["spine"] = spine.model_dump(mode="json")
        parts["features"] = project.config.features.model_dump(mode="json")
    found = _flat("", parts)
    return [(NOT_IN_KEYS.sub("_", key), text[:MAX_TEXT]) for key, text in found]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            path = f"{prefix}.{key}" if prefix else str(key)
            yield from _flat(path, item)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)


def audit_tags(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Say whether the features learnt from were audited, when, and with what result."""
    audit = evaluation.get("audit", {"result": "not audited"})
    return {f"ccml.features_audit.{key}": str(value) for key, value in audit.items()}


def metric_values(evaluation: Mapping[str, Any]) -> list[tuple[str, float]]:
    """List every figure of an evaluation, with `_low` and `_high` where it has them."""
    groups = {"": evaluation.get("metrics", {})}
    for name, figures in evaluation.get("baselines", {}).items():
        groups[f"baseline.{name}."] = figures
    groups["profit."] = (evaluation.get("profit") or {}).get("figures", {})
    groups |= _judgement(evaluation)
    groups["survival."] = (evaluation.get("survival") or {}).get("figures", {})
    found: list[tuple[str, float]] = []
    for prefix, figures in groups.items():
        for key, figure in figures.items():
            found += _figure(f"{prefix}{key}", figure)
    return found


def _judgement(evaluation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Name the figures of age, drift, families and groups; none is of a customer."""
    stale, drift, ablation, fair = (
        evaluation.get(key) or {}
        for key in ("staleness", "drift", "ablation", "fairness")
    )
    worth = {row["name"]: row["worth"] for row in ablation.get("families", [])}
    found: dict[str, Mapping[str, Any]] = {
        "staleness.": {"advised_age": stale.get("advised_age")},
        "drift.": {"auc": drift.get("auc"), "features_moved": len(drift["moved"])}
        if drift
        else {},
        "ablation.": {NOT_IN_KEYS.sub("_", name): w for name, w in worth.items()},
    }
    for column, judged in fair.get("columns", {}).items():
        ratios = [group["ratio"]["value"] for group in judged["groups"]]
        known = [ratio for ratio in ratios if ratio is not None]
        lowest = {"lowest_ratio": min(known, default=None)}
        found[f"fairness.{NOT_IN_KEYS.sub('_', column)}."] = lowest
    return found


def _figure(key: str, figure: Any) -> Iterator[tuple[str, float]]:
    parts = figure if isinstance(figure, Mapping) else {"value": figure}
    for part, number in parts.items():
        if isinstance(number, int | float) and math.isfinite(number):
            yield (key if part == "value" else f"{key}_{part}"), float(number)


def figure_file(name: str, content: str | bytes) -> str:
    """Name a figure's file; one without an ending gets that of its content."""
    if Path(name).suffix:
        return name
    if isinstance(content, bytes):
        return f"{name}.png"
    return f"{name}.svg" if content.lstrip().startswith("<svg") else f"{name}.html"
