"""Agents beside the range of each call type: no rank, no target."""

from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd

from ccml.kpis.figures import count_rows
from ccml.kpis.groups import UNNAMED
from ccml.kpis.intervals import Floats, Z, wilson
from ccml.kpis.measure import records
from ccml.kpis.repeats import RepeatRule, is_closed, is_repeated

TAIL = 0.10
FALSE_DISCOVERIES = 0.10
LEAST_SHARE = 2 * TAIL
AGENT_COLUMNS = (
    "agent_id",
    "reason",
    "n",
    "handle_p50_s",
    "handle_p50_low_s",
    "handle_p50_high_s",
    "type_p10_s",
    "type_p50_s",
    "type_p90_s",
    "share_above_p90",
    "share_below_p10",
    "n_closed",
    "repeat_rate",
    "repeat_low",
    "repeat_high",
    "fcr",
    "coaching",
    "sentence",
)


def agent_bands(
    calls: ibis.Table,
    base: ibis.Table,
    windows: tuple[int, datetime, RepeatRule],
    least_calls: int,
) -> pd.DataFrame:
    """Set each agent's handle time beside the range of the call type.

    Far above means: clearly more than a tenth of the agent's calls of a type take longer
    than nine in ten calls of that type do, and a fifth at least. Far below likewise. With
    many agents some would stand out by chance, so the false discovery rate over all
    agents, types and both directions is held at 10 % (Benjamini and Hochberg).

    Args:
        calls: Calls with agent_id, reason, answered, handle_s.
        base: Rows of `base_calls` with agent_id and reason.
        windows: Days of the repeat window, the data's end, and the base's rule.
        least_calls: Nothing is said about an agent with fewer calls of a type.

    Returns:
        One row per agent (pseudonym) and call type, by pseudonym.
    """
    found = _beside_type(calls).to_pandas()
    repeats = _repeats(base, windows).to_pandas()
    frame = found.merge(repeats, on=["agent_id", "reason"], how="left")
    frame = frame.sort_values(["agent_id", "reason"], ignore_index=True)
    frame["n_closed"] = frame.n_closed.fillna(0).astype("int64")
    low, high = wilson(frame.repeated, frame.n_closed)
    rate = frame.repeated / frame.n_closed.where(frame.n_closed > 0)
    frame = frame.assign(
        share_above_p90=frame.above / frame.n,
        share_below_p10=frame.below / frame.n,
        repeat_rate=rate,
        repeat_low=low,
        repeat_high=high,
        fcr=1 - rate,
    )
    frame["coaching"] = _findings(frame, least_calls)
    frame["sentence"] = [_sentence(row) for row in records(frame)]
    return pd.DataFrame(frame[list(AGENT_COLUMNS)])


def _beside_type(calls: ibis.Table) -> ibis.Table:
    """Count each agent's calls outside the type's range, with the median's interval."""
    rows = calls.filter(
        calls.answered & calls.handle_s.notnull() & calls.agent_id.notnull()
    ).select("agent_id", "handle_s", reason=calls.reason.fill_null(UNNAMED))
    types = rows.group_by("reason").agg(
        type_p10_s=rows.handle_s.quantile(TAIL),
        type_p50_s=rows.handle_s.quantile(0.5),
        type_p90_s=rows.handle_s.quantile(1 - TAIL),
    )
    joined = rows.join(types, "reason")
    made = joined.group_by("agent_id", "reason").agg(
        n=joined.count(),
        handle_p50_s=joined.handle_s.quantile(0.5),
        times=joined.handle_s.collect(),
        type_p10_s=joined.type_p10_s.min(),
        type_p50_s=joined.type_p50_s.min(),
        type_p90_s=joined.type_p90_s.min(),
        above=count_rows(joined.handle_s > joined.type_p90_s),
        below=count_rows(joined.handle_s < joined.type_p10_s),
    )
    # The median lies between these two order statistics in 95 % of samples.
    half = Z * made.n.cast("float64").sqrt() / 2
    first = ibis.greatest((made.n / 2 - half).floor().cast("int64"), 1)
    last = ibis.least((made.n / 2 + half + 1).ceil().cast("int64"), made.n)
    times = made.times.sort()
    return made.mutate(
        handle_p50_low_s=times[first - 1], handle_p50_high_s=times[last - 1]
    ).drop("times")


def _repeats(base: ibis.Table, windows: tuple[int, datetime, RepeatRule]) -> ibis.Table:
    days, data_end, rule = windows
    kept = base.filter(base.agent_id.notnull() & is_closed(base, days, data_end, rule))
    rows = kept.select(
        "agent_id",
        reason=kept.reason.fill_null(UNNAMED),
        again=is_repeated(kept, days, rule),
    )
    return rows.group_by("agent_id", "reason").agg(
        n_closed=rows.count(), repeated=count_rows(rows.again)
    )


def _findings(frame: pd.DataFrame, least_calls: int) -> list[str]:
    size = frame.n.to_numpy()
    enough = size >= least_calls
    tails = {"far above": frame.above.to_numpy(), "far below": frame.below.to_numpy()}
    chances = {side: chance_of(hits, size, TAIL) for side, hits in tails.items()}
    pooled = np.concatenate([chance[enough] for chance in chances.values()])
    limit = discovery_limit(pooled, FALSE_DISCOVERIES)
    found = np.where(enough, "", "too few calls").astype(object)
    for side, hits in tails.items():
        stands_out = enough & (chances[side] <= limit) & (hits >= LEAST_SHARE * size)
        found = np.where(stands_out & (found == ""), side, found)
    return [str(text) for text in found]


def chance_of(hits: Floats, among: Floats, share: float) -> Floats:
    """Compute the chance of so many hits or more, each call with its share (binomial)."""
    from scipy import special

    at_least_one = np.maximum(hits, 1)
    chance = special.betainc(at_least_one, among - at_least_one + 1, share)
    return np.where(hits > 0, chance, 1.0)


def discovery_limit(chances: np.ndarray, rate: float) -> float:
    """Find up to which p-value findings may be believed (Benjamini and Hochberg)."""
    ordered = np.sort(chances)
    steps = rate * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    passed = ordered[ordered <= steps]
    return float(passed[-1]) if len(passed) else -1.0


def _sentence(row: dict[str, Any]) -> str:
    if row["coaching"] == "far above":
        return (
            f"{_share(row['share_above_p90'])} of {row['n']:,} calls took longer than "
            f"{row['type_p90_s']:,.0f} s, as one in ten calls of this type does; ask what "
            f"makes them long, and look at FCR beside it."
        )
    if row["coaching"] == "far below":
        return (
            f"{_share(row['share_below_p10'])} of {row['n']:,} calls took less than "
            f"{row['type_p10_s']:,.0f} s, as one in ten calls of this type does; a good "
            f"way to share, or calls ended too soon: look at repeats and transfers."
        )
    return ""


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
