"""The numbers behind the pictures of profit, as tables."""

from collections.abc import Mapping
from typing import Any

from ccml.reports.blocks import TableBlock, table
from ccml.reports.figures_profit import sensitivity_rows
from ccml.reports.numbers import count, money, percent

Evaluation = Mapping[str, Any]
SHARES = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


def curve_table(evaluation: Evaluation) -> TableBlock:
    """List some points of the profit curve."""
    points = evaluation["profit"]["curve"]
    kept: dict[int, Any] = {}
    for share in SHARES:
        point = min(points, key=lambda p: abs(p["share"] - share))
        kept[point["contacts"]] = point
    rows = [
        (
            (count(p["contacts"]), p["contacts"]),
            (percent(p["share"]), p["share"]),
            (money(p["profit"], p["low"], p["high"]), p["profit"]),
        )
        for p in kept.values()
    ]
    return table(
        "Points of the curve, in the test period; 95 % intervals over customers",
        ("contacts", "share of the customers", "profit"),
        rows,
        (),
    )


def sensitivity_table(evaluation: Evaluation) -> TableBlock:
    """List the profit of the same list, and of an adapted one."""
    rows = [
        (
            f"{row['times']} the {row['assumption']}" if row["times"] else "as assumed",
            (money(row["profit"]), row["profit"]),
            (count(row["contacts"]), row["contacts"]),
            (money(row["profit_adapted"]), row["profit_adapted"]),
        )
        for row in sensitivity_rows(evaluation)
    ]
    columns = ("if", "profit of the list", "contacts if known", "profit if known")
    return table(
        "One assumption at a time is half or double of what was assumed", columns, rows
    )
