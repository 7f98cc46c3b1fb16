"""Counts and sums of calls per hour, and the figures that can be made of them.

Every measure adds up over hours, queues and reasons. A figure is a quotient of sums of
them; a quantile is not, and so has no formula here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis

from ccml.config.kpis import KpisConfig
from ccml.kpis.figures import count_rows, count_true
from ccml.kpis.queueing import is_answered, is_inbound, is_offered

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
    yield Measure("inbound", "inbound calls", count_rows(inbound))
    yield Measure("outbound", "outbound calls", count_rows(outbound))
    offered = count_rows(is_offered(calls))
    yield Measure("offered", "inbound calls that asked for an agent", offered)
    answered = count_rows(is_answered(calls))
    yield Measure("answered", "inbound calls that an agent answered", answered)
    unknown = count_rows(inbound & calls.customer_id.isnull())
    yield Measure("unknown_callers", "inbound calls of no known customer", unknown)


def _service(calls: ibis.Table, config: KpisConfig) -> Iterator[Measure]:
    wait, limit = calls.wait_s, config.service_level_s
    timed = is_offered(calls) & wait.notnull()
    in_time = timed & (
        wait <= limit if config.service_level_inclusive else wait < limit
    )
    answered, good = timed & calls.answered, in_time & calls.answered
    lost, at = in_time & calls.abandoned, f"within {limit:g} s"
    yield Measure("offered_timed", "offered calls with a known wait", count_rows(timed))
    yield Measure(
        "answered_timed", "answered calls with a known wait", count_rows(answered)
    )
    yield Measure("answered_in_time", f"calls answered {at}", count_rows(good))
    yield Measure("abandoned_in_time", f"calls abandoned {at}", count_rows(lost))


def _abandonment(calls: ibis.Table) -> Iterator[Measure]:
    told = is_offered(calls) & calls.abandoned.notnull()
    gone = told & calls.abandoned
    short = count_rows(gone & calls.short_abandon)
    untold = count_rows(gone & calls.short_abandon.isnull())
    hits = _hits(told, calls.abandoned)
    yield Measure("offered_told", "offered calls that tell if lost", count_rows(told))
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
        "transfer_told", "answered inbound calls that tell if moved", count_rows(told)
    )
    yield Measure("transferred", "answered inbound calls passed on", moved)


def _answers(calls: ibis.Table, top_from: float) -> Iterator[Measure]:
    replied = calls.csat.notnull()
    top = _hits(replied, calls.csat >= top_from)
    yield Measure("csat_sum", "sum of the CSAT answers", _sum(calls.csat, replied))
    yield Measure("csat_answers", "CSAT answers", count_rows(replied))
    yield Measure("csat_top", f"CSAT answers of {top_from:g} and more", top)


def _menu(calls: ibis.Table, menu_s: float) -> Iterator[Measure]:
    served = calls.ivr_only & (calls.ivr_s >= menu_s)
    entered = is_inbound(calls) & calls.ivr_s.notnull() & served.notnull()
    ended = f"inbound calls that ended in the menu after {menu_s:g} s or more"
    yield Measure("menu_calls", "inbound calls in the voice menu", count_rows(entered))
    yield Measure("menu_served", ended, _hits(entered, served))


def _repeats(calls: ibis.Table, window_days: int) -> Iterator[Measure]:
    known = calls.was_repeated.notnull()
    after = f"within {window_days:g} d"
    base = f"calls of known customers whose window of {window_days:g} d is over"
    hits = _hits(known, calls.was_repeated)
    yield Measure("repeat_base", base, count_rows(known))
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
    return count_true(ibis.ifelse(base, flag, None))


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
        _ratio("asa", "", "wait_s", "wait_calls"),
        _ratio("time_to_abandon", "", "abandon_wait_s", "abandon_wait_calls"),
        _ratio("aht", "", "handle_s", "handle_calls"),
        _ratio("hold_share", "", "held_calls", "hold_calls"),
        _ratio("hold_time", "per held call", "held_s", "held_calls"),
        _ratio("hold_time", "per answered call", "hold_s", "hold_calls"),
        _ratio("transfer_rate", "", "transferred", "transfer_told"),
        _ratio("csat", "", "csat_sum", "csat_answers"),
        _ratio("csat_top", top, "csat_top", "csat_answers"),
        _ratio(
            "ivr_containment", "ended in the menu after", "menu_served", "menu_calls"
        ),
        _ratio("repeat_rate", window, "repeated", "repeat_base"),
        Formula(
            "fcr",
            f"1 - repeat rate {window}",
            "1 - sum(repeated) / nullif(sum(repeat_base), 0)",
        ),
    )
