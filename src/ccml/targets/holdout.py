"""Chance that is the same in every run: the holdout, and lots between equals."""

import hmac
from collections.abc import Iterable
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray


def holdout_places(
    key: bytes, campaign: str, customer_ids: Iterable[str]
) -> NDArray[np.float64]:
    """Give every customer a place in [0, 1) that only the key's owner can foresee.

    Args:
        key: Secret key; without it the holdout could be guessed and avoided.
        campaign: What the holdout is for; another campaign has another holdout.
        customer_ids: Customers.
    """
    start = hmac.new(key, f"holdout:{campaign}:".encode(), sha256)
    places = [_place(start, customer_id) for customer_id in customer_ids]
    return np.array(places, dtype=np.float64)


def drawn_lots(campaign: str, customer_ids: Iterable[str]) -> list[str]:
    """Draw a lot for every customer, to rank those whom the scores do not tell apart.

    By the ids themselves the oldest customers would always come first.
    """
    start = sha256(f"lot:{campaign}:".encode())
    lots = []
    for customer_id in customer_ids:
        digest = start.copy()
        digest.update(str(customer_id).encode())
        lots.append(digest.hexdigest()[:16])
    return lots


def _place(start: "hmac.HMAC", customer_id: str) -> float:
    digest = start.copy()
    digest.update(str(customer_id).encode())
    # 53 bits: the most that a float holds, so that the place stays below 1.
    return (int.from_bytes(digest.digest()[:8], "big") >> 11) / 2**53
