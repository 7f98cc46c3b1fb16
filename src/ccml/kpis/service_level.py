"""Service level in the seven ways in which it is counted."""

from dataclasses import dataclass

import ibis

from ccml.kpis.figures import Figure, count_rows
from ccml.kpis.queueing import is_offered


@dataclass(frozen=True)
class LevelRule:
    """What counts as in time.

    Args:
        within_s: Threshold T in seconds.
        inclusive: A wait of exactly T counts as within T.
        without_short: Short abandons are no events of SL1 to SL4 at all.
    """

    within_s: float
    inclusive: bool = True
    without_short: bool = False

    @property
    def words(self) -> str:
        """Say the threshold, and what is left out."""
        at = f"{self.within_s:g} s" if self.inclusive else f"under {self.within_s:g} s"
        return f"{at}, without short abandons" if self.without_short else at

    def in_time(self, wait: ibis.Value) -> ibis.Value:
        """Tell which waits are within the threshold."""
        return wait <= self.within_s if self.inclusive else wait < self.within_s


def service_levels(calls: ibis.Table, rule: LevelRule) -> list[Figure]:
    """Build every variant of the service level at one threshold.

    Calls whose wait is not reported are left out; without any wait all are null.

    Args:
        calls: Calls with direction, queued, answered, abandoned, short_abandon,
            flow_out, wait_s and asked_callback.
        rule: Threshold and switches.
    """
    return [*usual_levels(calls, rule), *vendor_levels(calls, rule)]


def usual_levels(calls: ibis.Table, rule: LevelRule) -> list[Figure]:
    """Build SL1 to SL4, which differ in what an abandoned call counts for."""
    in_time = rule.in_time(calls.wait_s)
    events = is_offered(calls) & calls.wait_s.notnull()
    if rule.without_short:
        events = events & ~(calls.abandoned & calls.short_abandon).fill_null(False)
    base = count_rows(events)
    answered = count_rows(events & calls.answered)
    lost = count_rows(events & calls.abandoned & in_time)
    good = count_rows(events & calls.answered & in_time)
    at = rule.words
    return [
        _level(
            "SL1: answered in time / (offered - lost in time)", at, good, base - lost
        ),
        _level("SL2: answered in time / offered", at, good, base),
        _level("SL3: (answered + lost in time) / offered", at, good + lost, base),
        _level("SL4: answered in time / answered", at, good, answered),
    ]


def vendor_levels(calls: ibis.Table, rule: LevelRule) -> list[Figure]:
    """Build SL5 to SL7, after the platforms that count so.

    SL5's switches hold for all calls, also those from before a switch was set, as on the
    platform. SL7 is worked out from the calls, not read from the platform's flag.
    """
    in_time = rule.in_time(calls.wait_s)
    events = is_offered(calls) & calls.wait_s.notnull()
    answered, lost = events & calls.answered, events & calls.abandoned
    good = count_rows(answered & in_time)
    flown, short = events & calls.flow_out, lost & calls.short_abandon
    left = calls.answered | calls.abandoned | calls.asked_callback
    done = count_rows(events & left & in_time)
    both = count_rows(answered) + count_rows(lost)
    with_flown = _if_told(both + count_rows(flown), calls.flow_out)
    without_short = _if_told(both - count_rows(short), calls.short_abandon)
    all_switched = with_flown + without_short - both
    missed = count_rows(answered & ~in_time) + count_rows(lost & ~calls.short_abandon)
    counted = _if_told(good + missed, calls.short_abandon)
    genesys = "SL5: answered in time / (answered + abandoned"
    at = rule.words
    return [
        _level(f"{genesys})", at, good, both),
        _level(f"{genesys} + flow-outs)", at, good, with_flown),
        _level(f"{genesys} - short abandons)", at, good, without_short),
        _level(f"{genesys} + flow-outs - short abandons)", at, good, all_switched),
        _level("SL6: left the queue in time / queued", at, done, count_rows(events)),
        _level("SL7: calls within / calls within or missed", at, good, counted),
    ]


def _level(variant: str, at: str, above: ibis.Value, below: ibis.Value) -> Figure:
    kept = ibis.ifelse(below.notnull(), above, None)
    name = f"{variant} ({at})"
    return Figure("service_level", name, "share", below, kept, below)


def _if_told(number: ibis.Value, flag: ibis.Value) -> ibis.Value:
    """Keep a number only where a flag is reported at all."""
    return ibis.ifelse(flag.count() > 0, number, None)
