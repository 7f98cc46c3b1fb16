"""The folds and periods of a predictor as rows that pictures and tables share."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.candidates import interval, metric
from ccml.reports.numbers import MONTHS, as_day, local_day

LEARNERS = ("lightgbm_default", "tuned", "logistic", "rule", "prior")


def fold_rows(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the folds in order and the test last, with the AUC of model and rule.

    Returns:
        Rows of label, from, until, rows, base_rate, auc, low, high, rule, is_test.
    """
    split = evaluation.get("split") or {}
    folds = [
        _fold_row(position, fold, evaluation)
        for position, fold in enumerate(split.get("folds") or [], start=1)
    ]
    return [*folds, _test_row(split, evaluation)]


def at_site(evaluation: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Give the evaluation with its cutoffs as days of the site's time zone."""
    split = dict(evaluation.get("split") or {})
    for name in ("train_period", "test_period"):
        split[name] = _local_ends(split.get(name), zone)
    split["folds"] = [
        {**fold, **_local_ends(fold, zone)} for fold in split.get("folds") or []
    ]
    return {**evaluation, "split": split}


def _local_ends(period: Any, zone: str) -> dict[str, Any]:
    start, end = ends_of(period)
    return {
        "from": local_day(start, zone) or start,
        "until": local_day(end, zone) or end,
    }


def judged_as(evaluation: Mapping[str, Any]) -> str:
    """Name the candidate whose folds stand for the recommended model."""
    name = str(evaluation.get("recommended", "lightgbm_default"))
    folds = (evaluation.get("split") or {}).get("folds") or []
    known = (folds[0].get("metrics") or {}) if folds else {}
    if name in known:
        return name
    if name == "lightgbm":
        return next((n for n in ("tuned", "lightgbm_default") if n in known), name)
    return next((n for n in LEARNERS if n in known), name)


def _fold_row(
    position: int, fold: Mapping[str, Any], evaluation: Mapping[str, Any]
) -> dict[str, Any]:
    metrics = fold.get("metrics") or {}
    mine = metrics.get(judged_as(evaluation))
    ends = interval(mine, "roc_auc")
    start, end = fold.get("from"), fold.get("until")
    return {
        "label": short_period(start, end) or f"fold {position}",
        "from": start,
        "until": end,
        "rows": fold.get("valid_rows"),
        "base_rate": fold.get("base_rate"),
        "auc": metric(mine, "roc_auc"),
        "low": ends[0] if ends else None,
        "high": ends[1] if ends else None,
        "rule": metric(metrics.get("rule"), "roc_auc"),
        "is_test": False,
    }


def _test_row(
    split: Mapping[str, Any], evaluation: Mapping[str, Any]
) -> dict[str, Any]:
    metrics = evaluation.get("metrics") or {}
    ends = interval(metrics, "roc_auc")
    start, end = test_period(split)
    when = short_period(start, end)
    baselines = evaluation.get("baselines") or {}
    return {
        "label": f"test {when}" if when else "test",
        "from": start,
        "until": end,
        "rows": split.get("test_rows"),
        "base_rate": metric(metrics, "base_rate"),
        "auc": metric(metrics, "roc_auc"),
        "low": ends[0] if ends else None,
        "high": ends[1] if ends else None,
        "rule": metric(baselines.get("rule"), "roc_auc"),
        "is_test": True,
    }


def test_period(split: Mapping[str, Any]) -> tuple[Any, Any]:
    """Read the test period's first and last day."""
    return ends_of(split.get("test_period"))


def ends_of(period: Any) -> tuple[Any, Any]:
    """Read the ends of a period: a pair, or a mapping with from and until."""
    if isinstance(period, Mapping):
        return period.get("from"), period.get("until")
    if isinstance(period, (list, tuple)) and len(period) == 2:
        return period[0], period[1]
    return None, None


def short_period(start: Any, end: Any) -> str:
    """Write a period shortly: Mar 25, or Mar-May 25; nothing without days."""
    first, last = as_day(start), as_day(end)
    if first is None or last is None:
        return ""
    year = f"{last.year % 100:02d}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{MONTHS[last.month - 1]} {year}"
    return f"{MONTHS[first.month - 1]}-{MONTHS[last.month - 1]} {year}"
