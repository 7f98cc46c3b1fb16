"""What was found about chains of repeat calls, as plain values and in words."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.kpis.groups import UNNAMED
from ccml.kpis.intervals import Z, wilson
from ccml.segments.episodes.chain import Chains, window_us
from ccml.segments.episodes.describe import HOUR_S
from ccml.segments.episodes.ledger import Floats, Ints, Ledger, Rules
from ccml.segments.episodes.words import chain_words, day_of

SAMPLES = 200
VERY_MANY = 20_000
MOST_CALLS = 6
SHOWN = 10
REASONS_SHOWN = 12
FEWEST, CLEAR_LIFT = 30, 1.2
"""A next issue is told of from so many follow-ups, and so much beyond chance."""
Figure = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """All that the summary is made of.

    Args:
        calls: The calls.
        chains: Their episodes.
        episodes: Rows of `episode_rows`.
        matrix: Rows of `repeat_matrix`.
        issues: Rows of `next_issues`.
        callbacks: Instants and customers of promised callbacks.
    """

    calls: Ledger
    chains: Chains
    episodes: pa.Table
    matrix: pd.DataFrame
    issues: pd.DataFrame
    callbacks: tuple[Ints, Ints]


def episodes_summary(
    found: Found, rules: Rules, zone: ZoneInfo, seed: int
) -> dict[str, Any]:
    """Put the summary together.

    Args:
        found: What was found.
        rules: The choices.
        zone: Time zone of the site, for days.
        seed: Seed of the resampling.

    Returns:
        rules, period, totals (each with unit, period and n), lengths, longest, tail,
        top_cells, top_next_issues, notes and words.
    """
    head = {
        "rules": {
            **rules.episodes.model_dump(),
            "repeat_window_days": rules.window_days,
            "repeat_rule": rules.repeats.words,
            "data_until": rules.data_end.isoformat(),
        },
        "why_empty": None,
    }
    if not found.calls.size:
        return head | nothing("no inbound call belongs to a known customer")
    frame = _frame(found.episodes)
    totals = _totals(found, frame, rules, seed)
    period = _period(found.calls, zone)
    made = head | {
        "period": period,
        "totals": {name: one | {"period": period} for name, one in totals.items()},
        "lengths": _lengths(frame),
        "longest": _longest(found, frame),
        "tail": _tail(frame, rules, zone),
        "top_cells": _records(_top_cells(found.matrix)),
        "top_next_issues": _records(_top_issues(found.issues)),
        "notes": _notes(found.calls),
    }
    return made | {"words": chain_words(made)}


def nothing(why: str) -> dict[str, Any]:
    """Give the summary of a project in which there are no episodes."""
    lists: dict[str, Any] = {
        name: [] for name in ("lengths", "longest", "top_cells", "top_next_issues")
    }
    words = [f"There are no repeat chains to show: {why}."]
    rest: dict[str, Any] = {
        "period": None,
        "totals": {},
        "tail": None,
        "notes": [],
        "words": words,
    }
    return {"why_empty": why} | lists | rest


def sum_interval(values: Floats, seed: int) -> tuple[float, float]:
    """Give the 95 % interval of a sum over customers, by resampling them.

    Each customer is drawn a Poisson number of times (mean 1), so those who add nothing
    need not be drawn. The sum over very many is normal, whatever they add.
    """
    adding = values[values > 0]
    if not len(adding):
        return 0.0, 0.0
    if len(adding) >= VERY_MANY:
        total, half = float(adding.sum()), Z * float(np.sqrt(adding @ adding))
        return total - half, total + half
    rng = np.random.default_rng(seed)
    sizes, customers = np.unique(adding, return_counts=True)
    sums = [float(rng.poisson(customers) @ sizes) for _ in range(SAMPLES)]
    low, high = np.quantile(sums, [0.025, 0.975])
    return float(low), float(high)


def _frame(episodes: pa.Table) -> pd.DataFrame:
    """Take the columns that are counted."""
    names = [
        "calls", "repeats", "redials", "agents", "queues", "transferred_calls",
        "handle_s", "repeat_handle_s", "cost_eur", "repeat_cost_eur", "is_open",
    ]  # fmt: skip
    frame: pd.DataFrame = episodes.select(names).to_pandas()
    start, end = (
        np.asarray(episodes[name].cast(pa.int64()).to_numpy())
        for name in ("started_at", "ended_at")
    )
    told = episodes["is_resolved"]
    return frame.assign(
        days=(end - start) / 86_400e6,
        is_resolved=told.fill_null(False).to_numpy(),
        tells=told.is_valid().to_numpy(),
        started=start,
    )


def _totals(
    found: Found, frame: pd.DataFrame, rules: Rules, seed: int
) -> dict[str, Figure]:
    done = frame[~frame["is_open"]]
    chains = done[done["repeats"] > 0]
    matrix = found.matrix[["calls", "repeated"]].sum()
    told = done[done["tells"]]
    calls, episodes = found.calls.size, len(frame)
    customers = len(found.calls.customer_ids)
    other, after = _other_matter(found.issues)
    made, followed = _callbacks(found, rules)
    return {
        "calls": _count(calls, "calls", calls),
        "customers": _count(customers, "customers", customers),
        "episodes": _count(episodes, "episodes", episodes),
        "finished_episodes": _count(len(done), "episodes", episodes),
        "open_episodes": _count(episodes - len(done), "episodes", episodes),
        "episodes_with_repeats": _share(len(chains), len(done), "finished episodes"),
        "calls_per_chain": _mean(chains["calls"], "calls"),
        "days_per_chain": _mean(chains["days"], "days"),
        "repeats": _count(int(frame["repeats"].sum()), "calls", calls),
        "redials": _count(int(frame["redials"].sum()), "calls", calls),
        "callbacks": _count(made, "callbacks", made),
        "callbacks_after_a_call": _count(followed, "callbacks", made),
        "resolved": _share(
            int(told["is_resolved"].sum()), len(told), "finished episodes that tell it"
        ),
        "repeat_rate": _share(
            int(matrix["repeated"]), int(matrix["calls"]), "calls with a closed window"
        ),
        "about_another_matter": _share(other, after, "repeats whose reasons are told"),
        **_costs(found, rules, seed),
    }


def _other_matter(issues: pd.DataFrame) -> tuple[int, int]:
    """Count repeats about another reason than the call before, and all that tell."""
    told = issues[(issues[["reason", "next_reason"]] != UNNAMED).all(axis=1)]
    other = told[told["reason"] != told["next_reason"]]
    return int(other["follow_ups"].sum()), int(told["follow_ups"].sum())


def _costs(found: Found, rules: Rules, seed: int) -> dict[str, Figure]:
    """Sum hours and money; intervals come from resampling customers."""
    calls = found.calls
    first = found.chains.order[found.chains.first]
    customer = calls.customer[first]
    made: dict[str, Figure] = {}
    for name, column in (("", "handle_s"), ("repeat_", "repeat_handle_s")):
        seconds = found.episodes[column].fill_null(0.0).to_numpy()
        hours = np.bincount(customer, weights=seconds) / HOUR_S
        low, high = sum_interval(np.round(hours, 6), seed)
        for ending, factor, unit in (
            ("hours", 1.0, "hours"),
            ("cost_eur", rules.cost_per_hour_eur, "EUR"),
        ):
            known = calls.tells_handling
            value = float(hours.sum()) * factor if known else None
            made[name + ending] = {
                "value": value,
                "low": low * factor if known else None,
                "high": high * factor if known else None,
                "unit": unit,
                "n": len(hours),
                "n_unit": "customers",
            }
    return made


def _callbacks(found: Found, rules: Rules) -> tuple[int, int]:
    """Count promised callbacks, and those made within the window after a call."""
    at, customer = found.callbacks
    calls = found.calls
    origin = min(int(calls.start.min()), int(at.min(initial=calls.start.min())))
    span = max(int(calls.start.max()), int(at.max(initial=0))) - origin
    width = span // 1000 + 1
    line = calls.customer * width + (calls.start - origin) // 1000
    place = np.searchsorted(line, customer * width + (at - origin) // 1000, "right") - 1
    before = np.maximum(place, 0)
    is_own = (place >= 0) & (calls.customer[before] == customer)
    soon = at - calls.start[before] <= window_us(rules.episodes.window_days)
    return len(at), int((is_own & soon).sum())


def _lengths(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Count finished episodes by their number of calls."""
    done = frame[~frame["is_open"]]
    number = done["calls"].clip(upper=MOST_CALLS)
    total = max(int(done["calls"].sum()), 1)
    rows = done.groupby(number).agg(
        episodes=("calls", "size"), calls_made=("calls", "sum")
    )
    return [
        {
            "calls": f"{n} or more" if n == MOST_CALLS else str(n),
            "episodes": int(row["episodes"]),
            "share_of_calls": float(row["calls_made"] / total),
        }
        for n, row in rows.iterrows()
    ]


def _longest(found: Found, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Describe the episodes with most calls; nobody is named."""
    order = np.lexsort((np.arange(len(frame)), -frame["calls"].to_numpy()))
    return [_one(found, frame, int(place)) for place in order[:SHOWN]]


def _one(found: Found, frame: pd.DataFrame, place: int) -> dict[str, Any]:
    row, chains, calls = frame.iloc[place], found.chains, found.calls
    inside = chains.order[chains.first[place] : chains.last[place] + 1]
    path = calls.named("reason", calls.codes["reason"][inside[:REASONS_SHOWN]])
    hours = row["handle_s"] / HOUR_S
    return {
        "calls": int(row["calls"]),
        "days": float(row["days"]),
        "first_reasons": path.to_pylist(),
        "agents": int(row["agents"]),
        "queues": int(row["queues"]),
        "transferred_calls": int(row["transferred_calls"]),
        "hours": None if np.isnan(hours) else float(hours),
        "cost_eur": None if np.isnan(hours) else float(row["cost_eur"]),
        "is_open": bool(row["is_open"]),
    }


def _tail(frame: pd.DataFrame, rules: Rules, zone: ZoneInfo) -> dict[str, Any]:
    window = window_us(rules.episodes.window_days)
    is_open = frame["is_open"]
    return {
        "open_episodes": int(is_open.sum()),
        "calls_in_open": int(frame.loc[is_open, "calls"].sum()),
        "last_call_after": day_of(rules.end_us - window, zone),
    }


def _top_cells(matrix: pd.DataFrame) -> pd.DataFrame:
    """Take the cells that cost most; by number of repeats where no cost is known."""
    told = matrix["repeat_cost_eur"].notna().any()
    by = "repeat_cost_eur" if told else "repeated"
    worst = matrix.sort_values(
        [by, "reason", "queue"], ascending=[False, True, True]
    ).head(SHOWN)
    # With many cells, some rates are high by chance: the level is shared among them.
    sure, _ = wilson(matrix["repeated"], matrix["calls"], _quantile(len(matrix)))
    low = pd.Series(sure, matrix.index)
    return worst.assign(is_worse=low[worst.index] > worst["expected_rate"])


def _quantile(cells: int) -> float:
    return NormalDist().inv_cdf(1 - 0.025 / max(cells, 1))


def _top_issues(issues: pd.DataFrame) -> pd.DataFrame:
    """Take the pairs that occur most beyond chance, if they do so clearly."""
    by_chance = issues["follow_ups"] / issues["share"] * issues["share_by_chance"]
    rows = issues.assign(beyond_chance=issues["follow_ups"] - by_chance)
    rows = rows[(rows["follow_ups"] >= FEWEST) & (rows["lift"] >= CLEAR_LIFT)]
    order = ["beyond_chance", "reason", "next_reason"]
    return rows.sort_values(order, ascending=[False, True, True]).head(SHOWN)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(k): _plain(v) for k, v in row.items()} for row in
            plain.to_dict("records")]  # fmt: skip


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _notes(calls: Ledger) -> list[str]:
    notes = []
    if not calls.tells_handling:
        notes.append("No handle or talk time is reported, so nothing is priced.")
    if not calls.tells_outcome:
        notes.append(
            "No disposition tells whether a matter was settled; if yours have other "
            "names, list them in segments.episodes.solved and unsolved."
        )
    unknown = int(np.isnan(calls.amount_s).sum()) if calls.tells_handling else 0
    if unknown:
        notes.append(
            f"{unknown:,} of {calls.size:,} calls were answered but tell no handle "
            f"time; they count as none, so hours and cost are too low."
        )
    return notes


def _period(calls: Ledger, zone: ZoneInfo) -> str:
    first, last = (
        day_of(int(edge), zone) for edge in (calls.start.min(), calls.start.max())
    )
    return f"{first} to {last}"


def _count(value: int, unit: str, n: int) -> Figure:
    return {"value": value, "unit": unit, "n": n, "n_unit": unit}


def _share(hits: int, among: int, of: str) -> Figure:
    low, high = wilson([hits], [among])
    known = among > 0
    return {
        "value": hits / among if known else None,
        "low": float(low[0]) if known else None,
        "high": float(high[0]) if known else None,
        "unit": "share",
        "n": among,
        "n_unit": of,
    }


def _mean(values: "pd.Series[Any]", unit: str) -> Figure:
    known = len(values) > 0
    return {
        "value": float(values.mean()) if known else None,
        "median": float(values.median()) if known else None,
        "unit": unit,
        "n": len(values),
        "n_unit": "finished episodes with repeats",
    }
