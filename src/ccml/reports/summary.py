"""The first section: all of it in one minute."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from ccml.config.project import ProjectConfig
from ccml.reports.callers import over_all, top_row, who_calls_again
from ccml.reports.lists import list_sentence, list_title
from ccml.reports.numbers import count, day, percent, period
from ccml.reports.predictor import predictor_title
from ccml.reports.quality import source_totals
from ccml.reports.stored import ReportData
from ccml.reports.verdict import claim_sentence, promises, verdict_line

MOMENT = timedelta(microseconds=1)  # midnight belongs to the day that ends


@dataclass(frozen=True)
class Answer:
    """One question with its answers; the anchor leads to the section behind it."""

    question: str
    anchor: str
    lines: tuple[tuple[str, str, str], ...]  # name, sentence, tone


@dataclass(frozen=True)
class Summary:
    """What the data are, and the three answers."""

    data: tuple[str, ...]
    answers: tuple[Answer, ...]
    notes: tuple[str, ...]


def summarise(data: ReportData) -> Summary:
    """Build the summary."""
    return Summary(
        data=tuple(_data_sentences(data)),
        answers=(_callers(data), _predictors(data), _lists(data)),
        notes=(*_leaks(data.config), *data.config.notes),
    )


def _leaks(config: ProjectConfig) -> tuple[str, ...]:
    """Say it first when features were taken that are known to leak."""
    customers = config.sources.customers
    if customers is None or not (
        customers.current_only and customers.i_know_this_leaks
    ):
        return ()
    used = ", ".join(config.features.attributes) or "none yet"
    return (
        f"Warning: the source of customers holds only today's state, and the config says "
        f"that this leak is known (i_know_this_leaks). Features of customers ({used}) may "
        f"tell what happened after the cutoff; models look better here than they will be "
        f"on new customers.",
    )


def _data_sentences(data: ReportData) -> list[str]:
    sentences = []
    start, end = data.calls_period
    if start is not None and end is not None:
        zone = data.config.time_zone
        first, last = (t.tz_convert(zone) if t.tzinfo else t for t in (start, end))
        sentences.append(f"Calls from {period(first, last)}.")
    if data.config.data_until is not None:
        end_of_day = data.config.data_until - MOMENT
        last_day = day(end_of_day.astimezone(ZoneInfo(data.config.time_zone)))
        sentences.append(f"Complete to {last_day}.")
    totals = source_totals(data.sources)
    if len(totals):
        rows, kept = totals.rows_in.sum(), totals.rows_kept.sum()
        names = ", ".join(
            str(name).removeprefix("flat__").replace("_", " ") for name in totals.source
        )
        sentences.append(
            f"{count(rows)} rows in from {names}; {count(kept)} kept, "
            f"{count(rows - kept)} ({percent((rows - kept) / max(rows, 1))}) set aside."
        )
    return sentences or ["No data have been read yet."]


def _callers(data: ReportData) -> Answer:
    question = "Who calls again and again?"
    if data.segments is None:
        line = ("", "Not asked here: no segments are configured or made yet.", "")
        return Answer(question, "callers", (line,))
    text = who_calls_again(data.segments)
    top = top_row(data.segments)
    if top is not None:
        chance = top.get("by_chance")
        beside = f", chance alone {percent(chance, 0)}" if chance is not None else ""
        text += (
            f" The top {percent(top['top'], 0)} made {percent(top['share'], 0)} of "
            f"these calls{beside}."
        )
    text += over_all(data)
    return Answer(question, "callers", (("", text, ""),))


def _predictors(data: ReportData) -> Answer:
    lines = []
    for name, found in data.predictors.items():
        holds = promises(found.evaluation)
        claim = claim_sentence(found.evaluation)
        text = verdict_line(found.evaluation) if holds else claim
        title = predictor_title(name, data.config.predictors.get(name))
        lines.append((title, text, "" if holds else "bad"))
    if not lines:
        lines = [("", "Nothing yet: no predictor is trained.", "")]
    return Answer("What can the predictors promise?", "predictors", tuple(lines))


def _lists(data: ReportData) -> Answer:
    lines = [
        (list_title(name, data.config.lists[name]), list_sentence(found), "")
        for name, found in data.lists.items()
    ]
    if not lines:
        lines = [("", "None: no target list is configured or made yet.", "")]
    return Answer("Which lists were made?", "lists", tuple(lines))
