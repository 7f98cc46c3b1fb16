"""The card of one segment: who it is, what it costs, what to do, what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ccml.reports.blocks import TableBlock, each_row, slug, table
from ccml.reports.callers_report.advice import Advice, advice
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import range_words
from ccml.reports.callers_report.small_numbers import customers, is_small
from ccml.reports.numbers import (
    DASH,
    GAP,
    count,
    is_known,
    money,
    percent,
    percent_with,
    plain,
    with_unit,
)
from ccml.reports.theme import VARIABLES

STANDOUTS, TOPICS, NEXT = 3, 3, 2
CLEAR, COMMON = 0.3, 0.1
DEGREES = ((1.5, "very much"), (0.8, "much"), (0.5, "clearly"), (0.0, "somewhat"))
"""How far a segment stands out, in standard deviations between customers."""
LIFT, FOLLOW_UPS = 1.2, 30
TOPIC, ABOUT = "about_", "calls about "


@dataclass(frozen=True)
class Card:
    """One segment for people; texts are plain and escaped by the page."""

    name: str
    anchor: str
    colour: str
    size: str
    rule: str = ""
    standouts: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    no_advice: str = ""
    since: tuple[str, ...] = ()
    figures: TableBlock | None = field(default=None)


def card(data: CallersData, one: Mapping[str, Any]) -> Card:
    """Build the card of a segment.

    Args:
        data: Everything.
        one: Its part of the summary, with its colour.
    """
    own, name = str(one["id"]), str(one["name"])
    colour = VARIABLES[str(one["colour"])].removeprefix("--")
    anchor = f"segment-{slug(own)}"
    if is_small(one.get("customers")):
        size = f"{customers(one['customers']).capitalize()}, so nothing more is told."
        return Card(name, anchor, colour, size)
    profile = _of(data.frame("segment_profiles"), own)
    proposed = advice(data, own)
    return Card(
        name=name,
        anchor=anchor,
        colour=colour,
        size=_size(data, one),
        rule=_rule(one),
        standouts=tuple(_standouts(profile)) or _sentences(one),
        about=tuple(_about(data, profile)),
        advice=proposed,
        no_advice="" if proposed or own == "quiet" else _no_advice(data, own),
        since=(*_since(data, own), *_outlook(data, own)),
        figures=_figures(data, own),
    )


def _of(frame: pd.DataFrame, segment: str) -> pd.DataFrame:
    return frame[frame["segment_id"] == segment] if len(frame) else frame


def _figure(data: CallersData, segment: str, name: str) -> Any:
    """Find one figure of a segment; nothing when it is not there."""
    rows = _of(data.frame("segment_figures"), segment)
    if rows.empty:
        return None
    found = rows[rows["figure"] == name]
    return next(each_row(found), None)


def _size(data: CallersData, one: Mapping[str, Any]) -> str:
    own = str(one["id"])
    said = (
        f"{customers(one['customers'])} ({percent(one['share_of_customers'])} of all), "
        f"{percent(one['share_of_calls'])} of the calls"
    )
    hours, cost = _figure(data, own, "hours"), _figure(data, own, "cost")
    if hours is not None and is_known(hours.value) and hours.value > 0:
        said += f", {range_words(hours.value, hours.low, hours.high)} hours a month"
    elif one.get("handle_hours_per_30d"):
        said += f", {count(one['handle_hours_per_30d'])} hours a month"
    if cost is not None and is_known(cost.value) and cost.value > 0:
        return f"{said}, {money(cost.value, cost.low, cost.high)} a month"
    if one.get("cost_per_30d_eur"):
        said += f", {money(one['cost_per_30d_eur'])} a month"
    return said


def _rule(one: Mapping[str, Any]) -> str:
    rule = one.get("rule")
    if not isinstance(rule, Mapping) or not rule.get("words"):
        return str(rule) if isinstance(rule, str) else ""
    words = str(rule["words"])
    said = f"{words[:1].upper()}{words[1:]}."
    if is_known(rule.get("precision")) and is_known(rule.get("recall")):
        said += (
            f" Of 100 customers whom this rule means, {100 * rule['precision']:.0f} belong "
            f"here; it finds {100 * rule['recall']:.0f} of 100 who do."
        )
    return said


def _sentences(one: Mapping[str, Any]) -> tuple[str, ...]:
    """Take the stored sentences where there is no table of traits."""
    texts = [str(text) for text in one.get("sentences") or ()]
    return tuple(
        text for text in texts if "make" not in text or "of the calls" not in text
    )


def _standouts(profile: pd.DataFrame) -> Iterator[str]:
    """Say the traits that stand out most, with how far and how sure."""
    if profile.empty or "effect" not in profile:
        return
    rows = profile[profile["effect"].abs() >= CLEAR]
    rows = rows.assign(size=rows["effect"].abs())
    order = rows.sort_values(["size", "trait"], ascending=[False, True])
    for row in each_row(order.head(STANDOUTS)):
        meaning = str(row.meaning)
        yield (
            f"{meaning[:1].upper()}{meaning[1:]}: {_amount(row.value, row.unit)}, all "
            f"callers {_amount(row.overall, row.unit)} ({_how_far(row)})"
        )


def _amount(value: Any, unit: Any) -> str:
    """Write a trait; a number of calls with two digits, as more are not known."""
    if unit == "calls" and is_known(value) and float(value) < 10:
        return f"{float(value):.2g}"
    return with_unit(value, str(unit))


def _how_far(row: Any) -> str:
    """Say how far a segment stands out, and whether chance could do it."""
    size = abs(row.effect)
    degree = next(word for least, word in DEGREES if size >= least)
    said = f"{degree} {'more' if row.effect > 0 else 'less'}"
    low = getattr(row, "effect_low", float("nan"))
    high = getattr(row, "effect_high", float("nan"))
    if is_known(low) and is_known(high) and low < 0 < high:
        return f"{said}, perhaps by chance"
    return said


def _about(data: CallersData, profile: pd.DataFrame) -> Iterator[str]:
    """Say what the segment calls about, and what comes next after that."""
    if profile.empty:
        return
    topics = profile[
        profile["trait"].str.startswith(TOPIC) & (profile["value"] >= COMMON)
    ].sort_values(["value", "trait"], ascending=[False, True])
    told = [
        f"{str(row.meaning).removeprefix(ABOUT)} ({percent(row.value, 0)})"
        for row in each_row(topics.head(TOPICS))
    ]
    if told:
        yield f"They call about {', '.join(told)}."
        first = str(topics["meaning"].iloc[0]).removeprefix(ABOUT)
        yield from _next(data.frame("next_issues"), first)


def _next(issues: pd.DataFrame, reason: str) -> Iterator[str]:
    """Say what calls after this reason are about more often than by chance."""
    if issues.empty:
        return
    same = issues["reason"].map(lambda name: slug(str(name))) == slug(reason)
    rows = issues[
        same & (issues["lift"] >= LIFT) & (issues["follow_ups"] >= FOLLOW_UPS)
    ].sort_values(["follow_ups", "next_reason"], ascending=[False, True])
    for row in each_row(rows.head(NEXT)):
        again = " again" if row.next_reason == row.reason else ""
        yield (
            f"After a call about {row.reason}, {percent(row.share, 0)} of the calls that "
            f"follow are about {row.next_reason}{again} (by chance "
            f"{percent(row.share_by_chance, 0)}; {count(row.follow_ups)} calls of all "
            f"customers, half of them within {plain(round(row.median_days, 1))}{GAP}days)."
        )


def _no_advice(data: CallersData, segment: str) -> str:
    found = data.summary("strategies_summary").get("segments") or []
    for one in found:
        if str(one.get("segment_id")) == segment:
            return str(one.get("words") or "")
    return ""


def _since(data: CallersData, segment: str) -> Iterator[str]:
    """Say who stayed, came and left since the cutoff before."""
    rows = data.frame("membership")
    if rows.empty:
        return
    own = rows[
        (rows["group"] == segment) & (rows["cutoff_at"] == rows["cutoff_at"].max())
    ]
    row = next(each_row(own), None)
    if row is None or not (is_known(row.stayed) and is_known(row.left)):
        return
    former = int(row.stayed) + int(row.left)
    if not former:
        yield "Since the month before: nobody was in it then."
        return
    if is_small(former):
        yield f"Since the month before: {customers(former)} were in it then."
        return
    said = (
        f"Since the month before: {percent(int(row.stayed) / former, 0)} of "
        f"{count(former)} stayed, {_people(row.entered)} new, {_people(row.left)} left"
    )
    if is_known(row.left_by_chance):
        said += f" (chance alone: {count(row.left_by_chance)}"
        if is_known(row.left_by_chance_low):
            low, high = count(row.left_by_chance_low), count(row.left_by_chance_high)
            said += f", {low}{DASH}{high}"
        said += ")"
    yield f"{said}."


def _people(number: Any) -> str:
    return "fewer than 5" if is_small(number) else count(number)


def _outlook(data: CallersData, segment: str) -> Iterator[str]:
    """Say what the predictors expect of the segment, and what came true before."""
    rows = _of(data.frame("segment_outlook"), segment)
    for row in each_row(rows):
        title = data.predictors.get(str(row.predictor), str(row.predictor))
        told: list[str] = []
        if is_known(row.mean_probability) and not is_small(row.customers):
            rate = percent_with(row.mean_probability, row.low, row.high)
            told.append(f"expected of {rate} (n = {count(row.customers)})")
        if is_known(row.realised_rate) and row.realised_n >= FOLLOW_UPS:
            rate = percent_with(row.realised_rate, row.realised_low, row.realised_high)
            told.append(f"came true for {rate} before (n = {count(row.realised_n)})")
        if told:
            note = getattr(row, "note", None)
            mixed = f" ({note})" if isinstance(note, str) and len(told) > 1 else ""
            yield f"{title}: {', '.join(told)}{mixed}."


def _figures(data: CallersData, segment: str) -> TableBlock | None:
    rows = _of(data.frame("segment_figures"), segment)
    rows = rows[rows["value"].notna() & (rows["n"] > 0)] if len(rows) else rows
    if rows.empty:
        return None
    period = str(rows["period"].iloc[0])
    made = [
        (
            str(row.figure).replace("_", " ").replace(":", ": "),
            (figure_words(row.value, row.unit), row.value),
            _ends(row),
            (count(row.n), row.n),
        )
        for row in each_row(rows)
    ]
    caption = f"Figures of this segment, {period}, with 95 % intervals"
    return table(caption, ("figure", "value", "between", "n"), made)


def figure_words(value: Any, unit: Any) -> str:
    """Write a figure in its unit; what is per 30 days says so."""
    name = str(unit)
    if name.startswith("EUR"):
        return f"{money(value)}{name.removeprefix('EUR')}"
    if name == "share":
        return percent(value)
    return with_unit(value, name)


def _ends(row: Any) -> str:
    if not (is_known(row.low) and is_known(row.high)):
        return ""
    if row.unit == "share":
        return f"{100 * row.low:.1f}{DASH}{100 * row.high:.1f}{GAP}%"
    return f"{plain(row.low)}{DASH}{plain(row.high)}"
