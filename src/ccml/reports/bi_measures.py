"""Counts and sums of calls per hour, and the figures that can be made of them.

Every measure adds up over hours, queues and reasons. A figure is a quotient of sums of
them; a quantile is not, and so has no formula here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis

from ccml.config.kpis import KpisConfig
from ccml.kpis.queueing import is_answered, is_inbound, is_offered
from ccml.kpis.service_level import LevelRule

# Sums of parts of seconds depend on their order in the last digits; these are cut off.
DIGITS = 6


@dataclass(frozen=True)
class Measure:
    """A column that adds up: its name, what it counts, and how."""

    name: str
    about: str
    value: ibis.Value


def measures(calls: ibis.Table, config: KpisConfig) -> list[Measure]:
    """List the measures of a set of calls.

    Args:
        calls: Calls with customer_id, and was_repeated: null for calls that are no base
            of repeat calls or whose window is still open.
        config: Limits in seconds and scales.
    """
    return [
        *_volume(calls),
        *_service(calls, config),
        *_abandonment(calls),
        *_waits(calls),
        *_handling(calls),
        *_answers(calls, config.satisfaction.csat_top_from),
        *_menu(calls, config.menu_s),
        *_repeats(calls, config.main_window_days),
    ]


def _volume(calls: ibis.Table) -> Iterator[Measure]:
    inbound = is_inbound(calls)
    outbound = calls.direction == "outbound"
    yield Measure("calls", "calls of this direction", calls.count())
    yield Measure("inbound", "inbound calls", _count(inbound))
    yield Measure("outbound", "outbound calls", _count(outbound))
    offered = _count(is_offered(calls))
    yield Measure("offered", "inbound calls that asked for an agent", offered)
    answered = _count(is_answered(calls))
    yield Measure("answered", "inbound calls that an agent answered", answered)
    unknown = _count(inbound & calls.customer_id.isnull())
    yield Measure("unknown_callers", "inbound calls of no known customer", unknown)


def _service(calls: ibis.Table, config: KpisConfig) -> Iterator[Measure]:
    rule = LevelRule(
        config.service_level_s,
        config.service_level_inclusive,
        config.service_level_without_short,
    )
    timed = is_offered(calls) & calls.wait_s.notnull()
    if rule.without_short:
        timed = timed & ~(calls.abandoned & calls.short_abandon).fill_null(False)
    in_time = timed & rule.in_time(calls.wait_s)
    answered, good = timed & calls.answered, in_time & calls.answered
    lost, at = in_time & calls.abandoned, f"within {rule.words}"
    yield Measure("offered_timed", "offered calls with a known wait", _count(timed))
    yield Measure(
        "answered_timed", "answered calls with a known wait", _count(answered)
    )
    yield Measure("answered_in_time", f"calls answered {at}", _count(good))
    yield Measure("abandoned_in_time", f"calls abandoned {at}", _count(lost))


def _abandonment(calls: ibis.Table) -> Iterator[Measure]:
    told = is_offered(calls) & calls.abandoned.notnull()
    gone = told & calls.abandoned
    short = _count(gone & calls.short_abandon)
    untold = _count(gone & calls.short_abandon.isnull())
    hits = _hits(told, calls.abandoned)
    yield Measure("offered_told", "offered calls that tell if lost", _count(told))
    yield Measure("abandoned", "offered calls that were abandoned", hits)
    yield Measure("abandoned_short", "abandoned calls that count as short", short)
    yield Measure("abandoned_untold", "abandoned calls, unknown if short", untold)


def _waits(calls: ibis.Table) -> Iterator[Measure]:
    lost = is_inbound(calls) & calls.abandoned
    answered = "answered inbound calls"
    yield from _amount(calls.wait_s, is_answered(calls), "wait", answered)
    yield from _amount(calls.wait_s, lost, "abandon_wait", "abandoned inbound calls")


def _handling(calls: ibis.Table) -> Iterator[Measure]:
    words = "answered calls, any direction"
    for part in ("handle", "talk", "hold", "wrap"):
        yield from _amount(calls[f"{part}_s"], calls.answered, part, words)
    held = calls.hold_s > 0
    number = _hits(calls.answered & calls.hold_s.notnull(), held)
    seconds = _sum(calls.hold_s, calls.answered & held)
    yield Measure("held_calls", "answered calls with a hold", number)
    yield Measure("held_s", "seconds on hold of held calls", seconds)
    told = is_answered(calls) & calls.transferred.notnull()
    moved = _hits(told, calls.transferred)
    yield Measure(
        "transfer_told", "answered inbound calls that tell if moved", _count(told)
    )
    yield Measure("transferred", "answered inbound calls passed on", moved)


def _answers(calls: ibis.Table, top_from: float) -> Iterator[Measure]:
    replied = calls.csat.notnull()
    top = _hits(replied, calls.csat >= top_from)
    yield Measure("csat_sum", "sum of the CSAT answers", _sum(calls.csat, replied))
    yield Measure("csat_answers", "CSAT answers", _count(replied))
    yield Measure("csat_top", f"CSAT answers of {top_from:g} and more", top)
    both = _count(replied & calls.answered)
    yield Measure("csat_of_answered", "CSAT answers after answered calls", both)
    yield Measure(
        "answered_all", "answered calls, any direction", _count(calls.answered)
    )


def _menu(calls: ibis.Table, menu_s: float) -> Iterator[Measure]:
    served = calls.ivr_only & (calls.ivr_s >= menu_s)
    entered = is_inbound(calls) & calls.ivr_s.notnull() & served.notnull()
    ended = f"inbound calls that ended in the menu after {menu_s:g} s or more"
    yield Measure("menu_calls", "inbound calls in the voice menu", _count(entered))
    yield Measure("menu_served", ended, _hits(entered, served))


def _repeats(calls: ibis.Table, window_days: int) -> Iterator[Measure]:
    known = calls.was_repeated.notnull()
    after = f"within {window_days:g} d"
    base = f"calls of known customers whose window of {window_days:g} d is over"
    hits = _hits(known, calls.was_repeated)
    yield Measure("repeat_base", base, _count(known))
    yield Measure("repeated", f"of these, calls repeated {after}", hits)


def _amount(
    seconds: ibis.Value, among: ibis.Value, name: str, words: str
) -> Iterator[Measure]:
    """Build the sum of an amount, and the number of calls that report it."""
    kept = ibis.ifelse(among, seconds, None)
    yield Measure(f"{name}_s", f"seconds ({name}) of {words}", kept.sum().round(DIGITS))
    yield Measure(f"{name}_calls", f"{words} with known {name} time", kept.count())


def _sum(amount: ibis.Value, among: ibis.Value) -> ibis.Value:
    return ibis.ifelse(among, amount, None).sum().round(DIGITS)


def _hits(base: ibis.Value, flag: ibis.Value) -> ibis.Value:
    """Count hits in a base; null where nothing is in it: not reported is not zero."""
    return ibis.ifelse(_count(base) > 0, _count(base & flag), None)


def _count(flag: ibis.Value) -> ibis.Value:
    """Count rows where a flag is true, as int64: BI tools read no wider integers."""
    return flag.nullif(False).count()


@dataclass(frozen=True)
class Formula:
    """How a figure is made of sums of measures, as SQL over fact_calls_hourly.

    Args:
        kpi: Short name of the figure.
        variant: Start of its variant.
        sql: Aggregates; null where nothing stands below the line.
    """

    kpi: str
    variant: str
    sql: str


def _ratio(kpi: str, variant: str, above: str, below: str) -> Formula:
    return Formula(kpi, variant, f"sum({above}) / nullif(sum({below}), 0)")


def formulas(config: KpisConfig) -> tuple[Formula, ...]:
    """List the figures that the hourly measures may give."""
    window = f"within {config.main_window_days:g} d;"
    top = f"answers of {config.satisfaction.csat_top_from:g}"
    in_time = "sum(answered_in_time)"
    return (
        Formula("calls", "all directions", "sum(calls)"),
        Formula("calls", "inbound, asked", "sum(offered)"),
        Formula("calls", "inbound, answered", "sum(answered)"),
        Formula("calls", "inbound", "sum(inbound)"),
        Formula("calls", "outbound", "sum(outbound)"),
        _ratio("unknown_callers", "", "unknown_callers", "inbound"),
        Formula(
            "service_level",
            "SL1",
            f"{in_time} / nullif(sum(offered_timed) - sum(abandoned_in_time), 0)",
        ),
        _ratio("service_level", "SL2", "answered_in_time", "offered_timed"),
        Formula(
            "service_level",
            "SL3",
            f"({in_time} + sum(abandoned_in_time)) / nullif(sum(offered_timed), 0)",
        ),
        _ratio("service_level", "SL4", "answered_in_time", "answered_timed"),
        _ratio("abandonment", "AB1", "abandoned", "offered_told"),
        Formula(
            "abandonment",
            "AB2",
            "case when sum(abandoned_untold) = 0 then "
            "(sum(abandoned) - sum(abandoned_short)) / "
            "nullif(sum(offered_told) - sum(abandoned_short), 0) end",
        ),
        _ratio("asa", "queue wait of answered calls", "wait_s", "wait_calls"),
        _ratio("time_to_abandon", "", "abandon_wait_s", "abandon_wait_calls"),
        _ratio("aht", "talk + hold + wrap per call", "handle_s", "handle_calls"),
        _ratio("hold_share", "", "held_calls", "hold_calls"),
        _ratio("hold_time", "per held call", "held_s", "held_calls"),
        _ratio("hold_time", "per answered call", "hold_s", "hold_calls"),
        _ratio("transfer_rate", "", "transferred", "transfer_told"),
        _ratio("csat", "", "csat_sum", "csat_answers"),
        _ratio("csat_top", top, "csat_top", "csat_answers"),
        Formula(
            "csat_response",
            "answers / answered calls",
            "case when sum(csat_answers) > 0 then "
            "sum(csat_of_answered) / nullif(sum(answered_all), 0) end",
        ),
        _ratio("ivr_containment", "loose", "menu_served", "menu_calls"),
        _ratio("repeat_rate", window, "repeated", "repeat_base"),
        Formula(
            "fcr",
            f"1 - repeat rate {window}",
            "1 - sum(repeated) / nullif(sum(repeat_base), 0)",
        ),
    )
