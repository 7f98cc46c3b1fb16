from itertools import pairwise
from typing import Any

import pytest

from ccml.reports.figures_dependence import (
    dependence_figures,
    dependence_rows,
    waterfall_rows,
)
from ccml.reports.predictor_tables import figure_table
from ccml.reports.render import inline_svg, png


def group(value: Any, mean: float) -> dict[str, Any]:
    return {
        "value": value,
        "rows": 40,
        "mean": mean,
        "low": mean - 0.1,
        "high": mean + 0.2,
    }


@pytest.fixture
def known() -> dict[str, Any]:
    numbers = [group(0.0, -0.4), group(2.5, 0.1), group(1234.0, 0.9), group(None, 0.2)]
    texts = [group("basic", -0.2), group("flex", 0.3), group(None, 0.0)]
    steps = [
        {"feature": "calls_30d", "value": 6.0, "part": 0.8},
        {"feature": "tariff", "value": "flex", "part": -0.3},
        {"feature": "wait", "value": None, "part": 0.1},
    ]
    typical = [
        {
            "name": name,
            "rows": 50,
            "bias": -2.0,
            "raw_score": -1.35,
            "steps": steps,
            "rest": 0.05,
        }
        for name in ("low", "middle", "high")
    ]
    return {
        "dependence": [
            {"feature": "calls_30d", "is_number": True, "groups": numbers},
            {"feature": "tariff", "is_number": False, "groups": texts},
            {"feature": "gone", "is_number": True, "groups": [group(None, 0.1)]},
        ],
        "typical_scores": typical,
    }  # fmt: skip


def test_both_pictures_are_drawn_with_title_and_table(known: dict[str, Any]) -> None:
    figures = dependence_figures(known)
    assert list(figures) == ["dependence", "typical_scores"]
    for name, chart in figures.items():
        assert png(chart).startswith(b"\x89PNG")
        assert "<svg" in inline_svg(chart, name)
        assert figure_table(name, known, None).rows
    assert figures["dependence"].title.startswith("calls_30d raises the score most")
    assert "calls_30d adds most" in figures["typical_scores"].title


def test_what_is_not_known_is_not_drawn() -> None:
    assert dependence_figures({}) == {}
    assert dependence_figures({"dependence": [], "typical_scores": []}) == {}


def test_missing_values_are_named(known: dict[str, Any]) -> None:
    values = [row["value"] for row in dependence_rows(known)]
    assert values[:4] == ["0", "2.5", "1,234", "missing"]
    assert values[4:] == ["basic", "flex", "missing", "missing"]


def test_the_bars_of_a_score_follow_each_other(known: dict[str, Any]) -> None:
    rows = waterfall_rows(known["typical_scores"][0])
    assert [row["step"] for row in rows] == [
        "mean of all",
        "calls_30d: 6",
        "tariff: flex",
        "wait",
        "all others",
        "score",
    ]
    steps = rows[1:-1]
    assert steps[0]["start"] == -2.0
    assert all(a["end"] == b["start"] for a, b in pairwise(steps))
    assert steps[-1]["end"] == pytest.approx(rows[-1]["end"])


def test_a_score_that_nothing_raises_has_a_plain_title(known: dict[str, Any]) -> None:
    for one in known["typical_scores"]:
        one["steps"] = [step for step in one["steps"] if step["part"] < 0]
    assert "come about" in dependence_figures(known)["typical_scores"].title
