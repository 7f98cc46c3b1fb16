"""Which periods learnt and which judged, as the evaluation tells it."""

from typing import TYPE_CHECKING, Any

from ccml.predictors.dataset import CUTOFF, Rows, TrainingSet
from ccml.predictors.split import split_name

if TYPE_CHECKING:
    from ccml.predictors.evaluate import Case


def described_split(case: "Case") -> dict[str, Any]:
    """Say which rows learnt and judged, from when to when, fold by fold."""
    return {
        "kind": case.split.kind,
        "name": split_name(case.split),
        "group": case.split.group,
        "train_rows": len(case.split.train),
        "test_rows": len(case.split.test),
        "dropped_rows": case.split.dropped,
        "train_period": _period(case.data, case.split.train),
        "test_period": _period(case.data, case.split.test),
        "embargo_days": case.data.embargo.total_seconds() / 86400,
        "folds": _folds(case),
    }


def _folds(case: "Case") -> list[dict[str, Any]]:
    measured = case.seen.fold_metrics()
    return [
        {
            "train_rows": len(fold.train),
            "valid_rows": len(fold.valid),
            **_period(case.data, fold.valid),
            "base_rate": float(case.data.y[fold.valid].mean()),
            "metrics": metrics,
        }
        for fold, metrics in zip(case.split.folds, measured, strict=True)
    ]


def _period(data: TrainingSet, rows: Rows) -> dict[str, str | int]:
    """Return the first and last cutoff as text, or the first and last row."""
    if CUTOFF not in data.keys.columns:
        return {"from": int(rows.min()), "until": int(rows.max())}
    cutoffs = data.keys[CUTOFF].iloc[rows]
    return {"from": cutoffs.min().isoformat(), "until": cutoffs.max().isoformat()}
