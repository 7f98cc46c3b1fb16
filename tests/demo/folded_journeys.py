"""The folding rules in plain Python, one call at a time: slow, and easy to believe."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pyarrow as pa

from ccml.demo.journey_schema import CUSTOMER_FACING

Row = dict[str, Any]


def folded_calls(legs: pa.Table) -> dict[str, Row]:
    """Fold legs into calls by call_ref."""
    rows = sorted(
        legs.to_pylist(),
        key=lambda leg: (leg["call_ref"], leg["started_at"], leg["leg_no"]),
    )
    return {
        ref: fold_call(list(parts))
        for ref, parts in groupby(rows, key=lambda leg: leg["call_ref"])
    }


def fold_call(legs: list[Row]) -> Row:
    facing = [leg for leg in legs if leg["leg_type"] in CUSTOMER_FACING]
    agents = [leg for leg in facing if leg["answered"]]
    first = agents[0]["leg_no"] if agents else 10**6
    before = [leg for leg in legs if leg["leg_no"] <= first]
    after = [leg for leg in facing if leg["leg_no"] > first]
    queued = [leg for leg in facing if leg["queued"]]
    consults = [leg for leg in legs if leg["leg_type"] == "consult"]
    answered, abandoned = bool(agents), any(leg["abandoned"] for leg in facing)
    return {
        "started_at": min(leg["started_at"] for leg in legs),
        "ended_at": max(leg["ended_at"] for leg in facing),
        "known_at": max(leg["known_at"] for leg in legs),
        "ivr_s": total(facing, "ivr_s"),
        "wait_s": total(before, "wait_s"),
        "requeue_wait_s": total(after, "wait_s"),
        "ring_s": total(before, "ring_s"),
        "talk_s": total(facing, "talk_s"),
        "hold_s": total(facing, "hold_s"),
        "wrap_s": total(facing, "wrap_s"),
        "consult_s": total(consults, "talk_s"),
        "dial_s": total(facing, "dial_s"),
        "queued": bool(queued),
        "answered": answered,
        "abandoned": abandoned and not answered,
        "short_abandon": any(leg["short_abandon"] for leg in facing),
        "flow_out": any(leg["flow_out"] for leg in facing) and not answered,
        "voicemail": any(leg["voicemail"] for leg in facing),
        "queue": next(iter(known(facing, "queue")), None),
        "last_queue": last(facing, "queue"),
        "first_agent_id": agents[0]["agent_id"] if agents else None,
        "agent_id": agents[-1]["agent_id"] if agents else None,
        "n_agents": len({leg["agent_id"] for leg in agents}),
        "n_transfers": sum(bool(leg["transfer_in"]) for leg in legs),
        "transferred": any(leg["transferred"] for leg in facing),
        "transfer_type": next(iter(known(facing, "transfer_type")), None),
        "disposition": last(facing, "disposition"),
        "system_outcome": last(facing, "system_outcome"),
        "csat": last(facing, "csat"),
        "nps": last(facing, "nps"),
        "ces": last(facing, "ces"),
    }


def known(legs: list[Row], name: str) -> Iterable[Any]:
    return (leg[name] for leg in legs if leg[name] is not None)


def last(legs: list[Row], name: str) -> Any:
    return next(iter([*known(legs[::-1], name)]), None)


def total(legs: list[Row], name: str) -> float | None:
    values = list(known(legs, name))
    return sum(values) if values else None
