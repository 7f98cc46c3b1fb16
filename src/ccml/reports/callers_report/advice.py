"""What to do about a segment: actions, their channel, and what they would spare."""

from dataclasses import dataclass
from typing import Any

from ccml.reports.blocks import each_row
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import range_words
from ccml.reports.numbers import count, is_known, money


@dataclass(frozen=True)
class Advice:
    """One action in words."""

    title: str
    why: str
    channel: str
    channel_why: str
    spares: str
    assumptions: str
    overlap: str = ""


def advice(data: CallersData, segment: str) -> tuple[Advice, ...]:
    """Give the actions proposed for a segment, the best first."""
    rows = data.frame("strategies")
    if rows.empty:
        return ()
    own = rows[rows["segment_id"] == segment].sort_values("rank", kind="stable")
    return tuple(_advice(row) for row in each_row(own))


def _advice(row: Any) -> Advice:
    return Advice(
        title=str(row.title),
        why=_text(row.why),
        channel=_text(row.channel),
        channel_why=_text(row.channel_reason),
        spares=_spares(row),
        assumptions=_text(row.assumptions),
        overlap=_text(getattr(row, "overlap", None)),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _spares(row: Any) -> str:
    said = (
        f"Would spare {range_words(row.spared, row.spared_low, row.spared_high)} of "
        f"{count(row.calls_per_30d)} calls a month"
    )
    if is_known(row.eur):
        hours = range_words(row.hours, row.hours_low, row.hours_high)
        said += f", {hours} hours, {money(row.eur, row.eur_low, row.eur_high)}"
    if is_known(row.cost_eur):
        said += f"; costs {money(row.cost_eur)} a month"
    chance = getattr(row, "chance_to_pay", None)
    if is_known(chance):
        said += f"; pays for itself in {_of_100(float(str(chance)))} of 100 cases"
    return f"{said}."


def _of_100(share: float) -> str:
    number = round(100 * share)
    return "more than 99" if number == 100 else str(number)
