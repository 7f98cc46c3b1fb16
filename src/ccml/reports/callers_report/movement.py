"""Who moved between segments since the cutoff before."""

import pandas as pd

from ccml.reports.blocks import FigureBlock, Section, TableBlock, each_row, table
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.sankey import sankey
from ccml.reports.callers_report.segments import colours, names
from ccml.reports.callers_report.small_numbers import LEAST, cell, few
from ccml.reports.callers_report.windows import cutoff_words
from ccml.reports.numbers import count, is_known, percent

QUIET, NEW, GONE = "quiet", "new", "gone"
BACKGROUND = frozenset({QUIET, NEW, GONE})
PLAIN_NAMES = {
    QUIET: "No call in the window",
    NEW: "New customers",
    GONE: "No customers any more",
    "together": "All who called",
}


def movement_section(data: CallersData) -> Section:
    """Build the section."""
    title = "Who moved between segments"
    moves = newest_moves(data.frame("segment_migration"))
    if moves.empty:
        why = "there is no cutoff before the newest one"
        words = data.missing("segment_migration", "Moves between segments", why)
        return Section("movement", title, "", missing=words)
    drawn = drawn_moves(moves)
    parts: dict[str, object] = {"sentences": _sentences(moves)}
    block = _table(data, moves)
    if drawn.empty:
        parts["tables"] = [block]
    else:
        parts["wide"] = [_figure(data, moves, drawn, block)]
    return Section("movement", title, "", parts)


def newest_moves(moves: pd.DataFrame) -> pd.DataFrame:
    """Take the moves between the newest two cutoffs."""
    if moves.empty:
        return moves
    newest: pd.DataFrame = moves[moves["to_cutoff_at"] == moves["to_cutoff_at"].max()]
    order = ["customers", "from_segment", "to_segment"]
    return newest.sort_values(order, ascending=[False, True, True], ignore_index=True)


def drawn_moves(moves: pd.DataFrame) -> pd.DataFrame:
    """Leave out who never called, came without a call or went so, and small numbers."""
    outside = moves["from_segment"].isin(BACKGROUND) & moves["to_segment"].isin(
        BACKGROUND
    )
    drawn: pd.DataFrame = moves[~outside & (moves["customers"] >= LEAST)]
    return drawn


def known_names(data: CallersData, moves: pd.DataFrame) -> dict[str, str]:
    """Name every segment of the moves; those of the background come last."""
    told = names(data)
    ends = {*moves["from_segment"], *moves["to_segment"]}
    first = [name for name in told if name not in BACKGROUND]
    rest = sorted(str(end) for end in ends if end not in {*told, *BACKGROUND})
    last = [name for name in (QUIET, NEW, GONE) if name in ends]
    return {
        name: told.get(name, PLAIN_NAMES.get(name, f"Former segment {name}"))
        for name in (*first, *rest, *last)
    }


def _days(data: CallersData, moves: pd.DataFrame) -> tuple[str, str]:
    row = moves.iloc[0]
    return (
        cutoff_words(row["from_cutoff_at"], data.zone),
        cutoff_words(row["to_cutoff_at"], data.zone),
    )


def _figure(
    data: CallersData, moves: pd.DataFrame, drawn: pd.DataFrame, block: TableBlock
) -> FigureBlock:
    before, now = _days(data, moves)
    title = _title(moves, (before, now))
    svg = sankey(
        drawn,
        known_names(data, moves),
        colours(data),
        (f"on {before}", f"on {now}"),
        title,
    )
    left_out = int(moves["customers"].sum() - drawn["customers"].sum())
    note = (
        f"Each band is as thick as the number of customers; its colour is that of the "
        f"segment they come from, and the numbers are those of the bands. Not drawn: "
        f"{few(left_out)} customers, who were in no segment of callers on either day, or "
        f"whose move was shared by fewer than {LEAST}."
    )
    return FigureBlock("moves", title, svg, block, note)


def _stayed(moves: pd.DataFrame) -> tuple[int, int]:
    """Count callers of the cutoff before, and those in the same segment now."""
    callers = moves[~moves["from_segment"].isin(BACKGROUND)]
    same = callers[callers["from_segment"] == callers["to_segment"]]
    return int(callers["customers"].sum()), int(same["customers"].sum())


def _title(moves: pd.DataFrame, days: tuple[str, str]) -> str:
    every, same = _stayed(moves)
    if not every:
        return f"From no call to a segment of callers, {days[0]} to {days[1]}"
    return (
        f"{percent(same / every, 0)} of the {count(every)} customers who were in a segment "
        f"of callers on {days[0]} are in the same one on {days[1]}"
    )


def _sentences(moves: pd.DataFrame) -> list[str]:
    every, _ = _stayed(moves)
    fell = moves[
        ~moves["from_segment"].isin(BACKGROUND) & (moves["to_segment"] == QUIET)
    ]
    if not every or fell.empty:
        return []
    seen, chance = int(fell["customers"].sum()), fell["expected_by_chance"].sum()
    known = fell["expected_by_chance"].notna().all()
    said = (
        f"Of {count(every)} customers in segments of callers, {few(seen)} made no call any "
        "more"
    )
    if known and is_known(chance):
        said += (
            f"; if nobody's call rate changed, {few(chance)} would fall silent anyway"
        )
    return [f"{said}."]


def _table(data: CallersData, moves: pd.DataFrame) -> TableBlock:
    told = known_names(data, moves)
    rows = [
        (
            told[str(row.from_segment)],
            told[str(row.to_segment)],
            cell(row.customers),
            _chance(row.expected_by_chance),
        )
        for row in each_row(moves[moves["customers"] > 0])
    ]
    before, now = _days(data, moves)
    return table(
        f"Customers by their segment on {before} and on {now}",
        ("from", "to", "customers", "by chance"),
        rows,
        (0, 1),
    )


def _chance(value: object) -> tuple[str, float | None]:
    """Write what chance gives, where it is known."""
    return (count(value), float(str(value))) if is_known(value) else ("", None)
