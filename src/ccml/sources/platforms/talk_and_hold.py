"""Talk that may hold the hold: the switch, and what speaks against its value."""

import ibis

from ccml.sources.platforms.leg_durations import EXCEEDS, exceed
from ccml.sources.staging import NOTE

SUSPICIOUS_SHARE = 0.2
NEGATIVE = "hold_exceeds_talk"
SUSPECT = (
    f"{NOTE}talk and hold do not fit into the duration, look at "
    f"sources.calls.switches.talk_includes_hold"
)


def talk_of(talk: ibis.Value, hold: ibis.Value, *, includes: bool) -> ibis.Value:
    """Take the hold off the talk when it is a part of it; never below nothing."""
    return (talk - hold.fill_null(0)).clip(lower=0) if includes else talk


def hold_flags(
    talk: ibis.Value,
    hold: ibis.Value,
    others: list[ibis.Value],
    duration: ibis.Value,
    *,
    includes: bool,
) -> ibis.Value:
    """Say in a word what does not fit; null when all does.

    Args:
        talk: Talk as the export gives it.
        hold: Hold.
        others: The menu and the waits.
        duration: How long the leg took for the customer.
        includes: The talk is taken to hold the hold.
    """
    spoken = talk_of(talk, hold, includes=includes)
    return ibis.cases(
        (exceed([spoken, hold, *others], duration), EXCEEDS),
        (ibis.literal(includes) & (hold > talk), NEGATIVE),
        else_=ibis.null("string"),
    )


def suspicion(flags: ibis.Value, hold: ibis.Value) -> ibis.Value:
    """Mark the rows that do not fit when they are many of those that could tell.

    Rows without hold look the same under either value of the switch; they do not count.
    """
    everything = ibis.window()
    held = (hold > 0).fill_null(False)
    is_bad = flags.notnull() & held
    bad = is_bad.cast("float64").sum().over(everything)
    telling = held.cast("float64").sum().over(everything)
    return is_bad & (bad > SUSPICIOUS_SHARE * telling)
