"""Folding once more, slowly and in plain Python, to compare with."""

from collections import defaultdict
from typing import Any

FACING = {"ivr", "queue", "agent", "external", "voicemail"}
ORDER = ["ivr", "queue", "ring", "agent", "consult", "external", "voicemail", "monitor"]
Leg = dict[str, Any]


def reference_calls(legs: list[Leg]) -> dict[frozenset[str], dict[str, Any]]:
    """Fold legs into calls, by the set of their record keys."""
    calls = {}
    for group in _groups(_newest(legs)):
        if any(leg["ended_at"] is None for leg in group):
            continue
        calls[frozenset(leg["row_key"] for leg in group)] = _fold(group)
    return calls


def _newest(legs: list[Leg]) -> list[Leg]:
    versions: dict[str, dict[Any, list[Leg]]] = defaultdict(lambda: defaultdict(list))
    for leg in legs:
        versions[leg["row_key"]][leg["version_at"]].append(leg)
    # Deliveries of one version are copies of each other here.
    return [by_time[max(by_time)][0] for by_time in versions.values()]


def _groups(legs: list[Leg]) -> list[list[Leg]]:
    """Follow every id to the others until nothing is left to follow."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for leg in legs:
        for other in [*(leg["links"] or []), leg["call_ref"]]:
            if other:
                neighbours[leg["link_id"]].add(other)
                neighbours[other].add(leg["link_id"])
    seen: dict[str, int] = {}
    for number, leg in enumerate(legs):
        ahead = [leg["link_id"]]
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen[node] = number
                ahead += neighbours[node]
    groups: dict[int, list[Leg]] = defaultdict(list)
    for leg in legs:
        groups[seen[leg["link_id"]]].append(leg)
    return list(groups.values())


def _fold(group: list[Leg]) -> dict[str, Any]:
    legs = sorted(
        group,
        key=lambda leg: (
            leg["started_at"],
            ORDER.index(leg["leg_type"]),
            leg["link_id"],
            leg["row_key"],
        ),
    )
    facing = [leg for leg in legs if leg["leg_type"] in FACING]
    answers = [i for i, leg in enumerate(legs) if leg in facing and leg["answered"]]
    stops = [i for i, leg in enumerate(legs) if leg in facing and leg["queued"]]
    first_answer = min(answers, default=len(legs))
    first_stop = min([*answers, *stops], default=len(legs))
    part = [leg for leg in legs if leg["leg_type"] != "monitor"] or legs

    def total(name: str, chosen: list[Leg]) -> float | None:
        values = [leg[name] for leg in chosen if leg[name] is not None]
        return sum(values) if values else None

    def up_to(last: int) -> list[Leg]:
        return [leg for leg in legs[: last + 1] if leg in facing]

    return {
        "started_at": min(leg["started_at"] for leg in part),
        "ended_at": max(leg["ended_at"] for leg in facing or legs),
        "answered": bool(answers),
        "ivr_s": total("ivr_s", up_to(first_stop)),
        "wait_s": total("wait_s", up_to(first_answer)),
        "requeue_wait_s": total(
            "wait_s", [leg for leg in legs[first_answer + 1 :] if leg in facing]
        ),
        "talk_s": total("talk_s", facing),
        "hold_s": total("hold_s", facing),
        "wrap_s": total("wrap_s", facing),
        "agent_id": legs[answers[-1]]["agent_id"] if answers else None,
        "first_agent_id": legs[answers[0]]["agent_id"] if answers else None,
    }
