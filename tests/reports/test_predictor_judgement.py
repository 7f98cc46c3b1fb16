"""What the report says of months and of parts of the test."""

from typing import Any

from ccml.reports.figures_months import month_rows, months, months_table
from ccml.reports.slice_tables import slices_table, too_small_words, weakest_words


def measure(value: float | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - 0.02, "high": value + 0.02}


def month(part: str, name: str, came: float | None, **other: Any) -> dict[str, Any]:
    row = {
        "part": part,
        "month": name,
        "rows": 400,
        "positives": 40,
        "too_small": came is None,
        "why_too_small": "9 rows, 100 are needed" if came is None else None,
        "base_rate": measure(came),
        "mean_probability": measure(came),
        "roc_auc": measure(0.7 if came else None),
        "log_loss": measure(0.3 if came else None),
    }
    return row | other


JUDGED = {
    "months": [
        month("fold 1", "2025-11", 0.1, mean_probability=measure(None)),
        month("fold 2", "2025-12", 0.12),
        month("test", "2025-12", 0.11, mean_probability=measure(0.2)),
        month("test", "2026-01", None),
    ]
}


def part(auc: float | None, excess: float | None, **other: Any) -> dict[str, Any]:
    found = {
        "rows": 300,
        "positives": 30,
        "base_rate": 0.1,
        "too_small": auc is None,
        "why_too_small": "40 rows, 100 are needed" if auc is None else None,
        "roc_auc": measure(auc),
        "log_loss": measure(0.3 if auc else None),
        "mean_probability": measure(0.1 if auc else None),
        "lift_at_10pct": measure(1.5 if auc else None),
        "excess": measure(excess),
    }
    return found | other


SLICED = {
    "slices": {
        "few_calls": part(0.55, -0.05),
        "region = islands": part(None, None),
        "region = south": part(0.65, 0.04),
    },
    "worst_slice": {"name": "region = south", "clear": True, "sentence": "There."},
}


def column(block: Any, number: int) -> list[str]:
    return [row[number].text for row in block.rows]


def test_months_are_named_once_and_too_small_ones_say_why() -> None:
    assert [row["label"] for row in month_rows(JUDGED)] == [
        *("Nov 25", "Dec 25, fold 2", "Dec 25, test", "Jan 26"),
    ]
    table = months_table(JUDGED)
    assert column(table, 4)[3] == "too few: 9 rows, 100 are needed"
    assert column(table, 4)[0].startswith("10")


def test_the_picture_shows_months_with_a_promise_and_counts_those_kept() -> None:
    chart = months(JUDGED)
    assert chart is not None
    chart.to_dict()
    assert chart.title.startswith("In 1 of 2")
    assert months({}) is None
    assert months({"months": JUDGED["months"][:1]}) is None


def test_the_weakest_part_stands_first_and_is_marked() -> None:
    table = slices_table(SLICED)
    assert column(table, 0) == [
        "region = south \u2190 weakest",
        "few calls",
        "region = islands",
    ]
    assert column(table, -1)[2] == "too few to judge: 40 rows, 100 are needed"
    assert weakest_words(SLICED) == "There."
    unclear = {**SLICED, "worst_slice": {"name": "few_calls", "clear": False}}
    assert "few calls \u2190 weakest, but not clearly weak" in column(
        slices_table(unclear), 0
    )


def test_parts_that_are_too_small_are_named_but_not_all() -> None:
    assert too_small_words(SLICED) == "region = islands (40 rows, 100 are needed)"
    many = {"slices": {f"p = {i}": part(None, None) for i in range(9)}}
    assert too_small_words(many).endswith("; and 3 more")
    assert too_small_words({}) == weakest_words({}) == ""


def test_an_evaluation_without_excess_is_sorted_by_auc() -> None:
    old = {
        name: {"rows": 300, "positives": 30, "base_rate": 0.1, "roc_auc": measure(auc)}
        for name, auc in (("good", 0.8), ("bad", 0.6))
    }
    assert column(slices_table({"slices": old}), 0) == ["bad", "good"]
