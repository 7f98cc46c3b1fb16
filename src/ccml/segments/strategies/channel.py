"""The best channel for a segment: who can be reached there, and whether it settles it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ccml.kpis.intervals import wilson

Floats = NDArray[np.float64]
USUAL_NAMES = {
    "agent": "voice",
    "app": "message",
    "app message": "message",
    "call": "voice",
    "callback": "voice",
    "e-mail": "email",
    "phone": "voice",
    "self-service": "web",
    "sms": "message",
    "text message": "message",
    "web portal": "web",
}
"""What channels of playbooks are usually called in the data."""
LEAST_CONTACTS = 30
DRAWS = 4_000
SURE = 0.95


@dataclass(frozen=True)
class Chosen:
    """A channel, and why it is the one."""

    channel: str | None
    reason: str


@dataclass(frozen=True)
class _Told:
    """What the data tell of one channel of the playbook in a segment."""

    name: str
    channel: str
    customers: int
    reached: int
    contacts: int
    settled: int


def best_channel(
    use: pd.DataFrame,
    segment: str,
    channels: Sequence[str],
    names: Mapping[str, str],
    seed: int,
) -> Chosen:
    """Choose among an action's channels for a segment.

    The best one has the highest share of customers who can be reached there times the
    share of contacts settled there. If it is not surely (95 %) better than the one that
    the playbook names first, the playbook's order decides.

    Args:
        use: Rows of `channel_use`.
        segment: The segment.
        channels: Channels of the action, best first.
        names: What they are called in the data, where it is not the usual name.
        seed: Seed of the draws.
    """
    if not channels:
        return Chosen(None, "The playbook names no channel.")
    if len(channels) == 1:
        return Chosen(channels[0], "The only channel that can carry it.")
    known = {**USUAL_NAMES, **names}
    told = _told(use, segment, channels, known)
    on_record = {one.channel for one in told}
    silent = [name for name in channels if known.get(name, name) not in on_record]
    found = _of_told(told, seed) if len(told) > 1 else _only(channels, told)
    if not silent or not told:
        return found
    words = f"{found.reason} Nothing is on record about {', '.join(silent)}."
    return Chosen(found.channel, words)


def _of_told(told: Sequence[_Told], seed: int) -> Chosen:
    """Choose among channels that something is on record about."""
    with_results = min(one.contacts for one in told) >= LEAST_CONTACTS
    best, sure = _best(told, with_results, seed)
    words = _words(told, with_results)
    if best is told[0]:
        return Chosen(
            best.name, f"{words} {best.name} comes first in the playbook, too."
        )
    if sure < SURE:
        return Chosen(
            told[0].name,
            f"{words} That {best.name} does better may be chance, so the playbook's order "
            f"decides.",
        )
    return Chosen(best.name, f"{words} {best.name} is surely ahead.")


def _told(
    use: pd.DataFrame, segment: str, channels: Sequence[str], names: Mapping[str, str]
) -> list[_Told]:
    """Take the channels that anything is on record about, in the playbook's order.

    Of those that the data call alike, such as a call and a callback, the first stands
    for all.
    """
    on_record = set(use["channel"])
    own = use[use["segment_id"] == segment].set_index("channel")
    customers = int(own["customers"].max()) if len(own) else 0
    found: dict[str, _Told] = {}
    for name in channels:
        channel = names.get(name, name)
        if channel not in on_record or channel in found or not customers:
            continue
        rows = own[own.index == channel]
        found[channel] = _Told(name, channel, customers, *_numbers(rows))
    return list(found.values())


def _numbers(rows: pd.DataFrame) -> list[int]:
    names = ("reached", "contacts", "settled")
    return [int(rows[name].to_numpy().sum()) for name in names]


def _only(channels: Sequence[str], told: Sequence[_Told]) -> Chosen:
    """Follow the playbook where there is nothing to compare."""
    order = "so the playbook's order decides."
    if not told:
        words = f"Nothing on record tells its channels apart, {order}"
    else:
        words = (
            f"{_words(told, with_results=False)} There is nothing to compare, {order}"
        )
    return Chosen(channels[0], words)


def _best(told: Sequence[_Told], with_results: bool, seed: int) -> tuple[_Told, float]:
    """Find the channel of the best score, and how surely it beats the first."""
    rng = np.random.default_rng([seed, 2])
    scores, drawn = [], []
    for one in told:
        score, draws = (
            one.reached / one.customers,
            _beta(rng, one.reached, one.customers),
        )
        if with_results:
            score *= one.settled / one.contacts
            draws = draws * _beta(rng, one.settled, one.contacts)
        scores.append(score)
        drawn.append(draws)
    place = int(np.argmax(scores))
    return told[place], float((drawn[place] > drawn[0]).mean())


def _beta(rng: np.random.Generator, hits: int, among: int) -> Floats:
    return np.asarray(rng.beta(hits + 0.5, among - hits + 0.5, DRAWS))


def _words(told: Sequence[_Told], with_results: bool) -> str:
    return "; ".join(_one(one, with_results) for one in told) + "."


def _one(one: _Told, with_results: bool) -> str:
    name = one.name if one.name == one.channel else f"{one.name} ({one.channel})"
    text = f"{name}: {_share(one.reached, one.customers)} of them use or prefer it"
    if with_results:
        text += f", {_share(one.settled, one.contacts)} of such contacts were not "
        text += "followed by a call"
    return text


def _share(hits: int, among: int) -> str:
    low, high = wilson(hits, among)
    return (
        f"{100 * hits / among:.0f} % ({100 * float(low):.0f}-{100 * float(high):.0f}, "
        f"n = {among:,})"
    )
