"""Whether the parts of a leg fit into it; parts in another unit would not."""

from collections.abc import Sequence

import ibis

SLACK_S = 2
EXCEEDS = "parts_exceed_duration"
"""Word in `parse_flags` of a leg whose parts last longer than itself."""


def exceed(parts: Sequence[ibis.Value], whole_s: ibis.Value) -> ibis.Value:
    """Tell whether parts last longer than the whole; an unknown part lasts nothing.

    Args:
        parts: Seconds of menu, wait, talk, hold.
        whole_s: Seconds from the beginning to the end; unknown = not exceeded.
    """
    total = parts[0].fill_null(0.0)
    for part in parts[1:]:
        total = total + part.fill_null(0.0)
    return (total > whole_s + SLACK_S).fill_null(False)


def seconds_between(early: ibis.Value, late: ibis.Value) -> ibis.Value:
    """Count the seconds from one instant to another, to the microsecond."""
    return late.delta(early, unit="microsecond").cast("float64") / 1e6


def marked(is_exceeded: ibis.Value) -> ibis.Value:
    """Write the mark of such legs."""
    return ibis.ifelse(is_exceeded, EXCEEDS, ibis.null("string"))
