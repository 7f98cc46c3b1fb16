"""What each segment is like: its size, its share of the calls, and what stands out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.segments.clusters.traits import TraitTable
from ccml.segments.profiles.effects import Effects
from ccml.segments.profiles.names import Standout

Floats = NDArray[np.float64]
Ids = NDArray[np.object_]
TOLD = 3  # traits told in sentences
CLEAR = 0.3  # standard deviations from all customers that are worth a sentence

PROFILE_COLUMNS = (
    "segment_id",
    "name",
    "customers",
    "share_of_customers",
    "calls",
    "share_of_calls",
    "trait",
    "meaning",
    "unit",
    "value",
    "overall",
    "effect",
    "effect_low",
    "effect_high",
)


@dataclass(frozen=True)
class Size:
    """How large a segment is.

    Args:
        customers: Its customers.
        share_of_customers: Among all customers described.
        calls: Their calls in the window.
        share_of_calls: Among the calls of all customers described.
        handle_hours_per_30d: Hours of agents' work that they cause in 30 days.
    """

    customers: int
    share_of_customers: float
    calls: int
    share_of_calls: float
    handle_hours_per_30d: float


def segment_sizes(
    ids: Ids, calls: NDArray[np.int64], handle_s: Floats, window_days: float
) -> dict[str, Size]:
    """Measure all segments, the one with most calls first."""
    frame = pd.DataFrame({"id": ids, "calls": calls, "handle_s": handle_s})
    grouped = frame.groupby("id", sort=True)
    made = grouped.agg(
        customers=("calls", "size"),
        calls=("calls", "sum"),
        handle_s=("handle_s", "sum"),
    )
    made = made.sort_values("calls", ascending=False, kind="stable")
    total = max(int(made["calls"].sum()), 1)
    columns = (made["customers"], made["calls"], made["handle_s"])
    return {
        str(segment): Size(
            customers=int(people),
            share_of_customers=people / len(frame),
            calls=int(number),
            share_of_calls=number / total,
            handle_hours_per_30d=float(work) / 3600 * 30 / window_days,
        )
        for segment, people, number, work in zip(made.index, *columns, strict=True)
    }


def standouts(
    ids: Ids, distance: pd.DataFrame, traits: TraitTable
) -> dict[str, list[Standout]]:
    """List the traits of each segment with their effects and means."""
    known = {trait.name: place for place, trait in enumerate(traits.traits)}
    found = {}
    for segment, row in distance.iterrows():
        values = traits.of_group(np.asarray(ids == segment))
        found[str(segment)] = [
            Standout(
                traits.traits[known[str(name)]],
                float(effect),
                float(values[known[str(name)]]),
            )
            for name, effect in row.items()
        ]
    return found


def profile_table(
    ids: Ids,
    traits: TraitTable,
    distance: Effects,
    sizes: Mapping[str, Size],
    names: Mapping[str, str],
) -> pd.DataFrame:
    """Put together one row per segment and trait.

    Args:
        ids: Segment of each customer of the trait table.
        traits: Traits of the clustered customers.
        distance: Rows of `effects`.
        sizes: Sizes of all segments, also of those that were not clustered.
        names: Names of all segments.
    """
    overall = traits.of_group(np.ones(len(ids), dtype=bool))
    rows = []
    for segment, size in sizes.items():
        inside = ids == segment
        values = traits.of_group(inside)
        for position, trait in enumerate(traits.traits):
            rows.append(
                (
                    segment,
                    names[segment],
                    size.customers,
                    size.share_of_customers,
                    size.calls,
                    size.share_of_calls,
                    trait.name,
                    trait.meaning,
                    trait.unit,
                    values[position],
                    overall[position],
                    *distance.of(segment, trait.name),
                )
            )
    return pd.DataFrame(rows, columns=list(PROFILE_COLUMNS))


def sentences(profile: pd.DataFrame, size: Size, base: str) -> list[str]:
    """Tell a segment in a few sentences.

    Args:
        profile: The segment's rows of the profile table.
        size: Its size.
        base: Who all customers are: "customers on record", ...
    """
    told = [
        f"{size.customers:,} customers ({size.share_of_customers:.1%} of the {base}) "
        f"make {size.share_of_calls:.1%} of the calls.".replace("%", " %")
    ]
    rows = profile[profile["effect"].abs() >= CLEAR]
    order = rows["effect"].abs().sort_values(ascending=False, kind="stable").index
    return told + [
        f"{_capital(row.meaning)}: {_number(row.value, row.unit)} "
        f"(all: {_number(row.overall, row.unit)})."
        for row in rows.loc[order[:TOLD]].itertuples()
    ]


def _capital(text: object) -> str:
    words = str(text)
    return words[:1].upper() + words[1:]


def _number(value: object, unit: object) -> str:
    number = float(str(value))
    if np.isnan(number):
        return "not known"
    if unit == "share":
        return f"{number * 100:.0f} %"
    if unit == "s":
        return f"{number:.0f} s"
    return f"{number:.2g}" if abs(number) < 10 else f"{number:,.0f}"
