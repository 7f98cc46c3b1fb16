"""Who moved, stayed and left since."""

from itertools import pairwise

import pandas as pd
from callers_cast import CUTOFFS, SEGMENTS


def segment_migration() -> pd.DataFrame:
    names = [id_ for id_, *_ in SEGMENTS]
    rows = []
    for before, after in pairwise(CUTOFFS):
        for start in names:
            for end in names:
                size = 1200 if start == end == "s1" else 300 if start == end else 17
                size = 5200 if start == end == "quiet" else size
                size = 2 if "s7" in (start, end) else size
                chance = 15.0 if end == "quiet" else None
                rows.append((before, after, start, end, size, chance))
        rows += [
            (before, after, "s1", "gone", 23, 23.0),
            (before, after, "new", "s2", 31, 31.0),
            (before, after, "old9", "s2", 41, None),
        ]
    columns = [
        "from_cutoff_at", "to_cutoff_at", "from_segment", "to_segment", "customers",
        "expected_by_chance",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"expected_by_chance": "float64"})


def membership() -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    for place, cutoff in enumerate(CUTOFFS):
        first = place == 0
        for group, size, share in (("persistent", 780, 0.34), ("s1", 1840, 0.3)):
            moved = (None,) * 6 if first else (480, 300, 350, 220.0, 205.0, 236.0)
            rows.append((cutoff, group, size, share, *moved))
        rows.append(
            (
                cutoff,
                "s4",
                500,
                0.1,
                *((None,) * 6 if first else (3, 497, 1, *[None] * 3)),
            )
        )
        moved = (None,) * 6 if first else (180, 430, 420, 380.0, 360.0, 400.0)
        rows.append((cutoff, "top_14", 610, 0.36, *moved))
    columns = [
        "cutoff_at", "group", "customers", "share_of_calls", "stayed", "entered",
        "left", "left_by_chance", "left_by_chance_low", "left_by_chance_high",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    whole = dict.fromkeys(("customers", "stayed", "entered", "left"), "Int64")
    chance = dict.fromkeys(columns[-3:], "float64")
    return frame.astype(whole | chance)


def history_summary() -> dict[str, object]:
    return {
        "persistent": {"words": "Of the persistent callers of May, 62 % stayed."},
        "top_14": {"words": "The top 14 % of a month made 36 % of its calls. More."},
    }
