"""Sentences and figures come from the tables, with unit, period, n and interval."""

from dataclasses import replace

import pandas as pd
import pytest
from callers_calls import calls_and_links, unknown_share
from callers_cast import NEWEST
from callers_episodes import early_warnings, repeat_matrix
from callers_history import segment_migration
from callers_project import open_callers, store_all, store_frame
from callers_segments import segment_summary

from ccml.kpis.intervals import Z
from ccml.kpis.repeats import GROSS, base_calls, is_closed, is_repeated
from ccml.reports.callers_report.cards import card
from ccml.reports.callers_report.early import early_section
from ccml.reports.callers_report.evidence import merged_tail
from ccml.reports.callers_report.gather import read_callers_data
from ccml.reports.callers_report.headline import headline
from ccml.reports.callers_report.membership import membership_section, top_months
from ccml.reports.callers_report.method import method_section
from ccml.reports.callers_report.movement import (
    drawn_moves,
    movement_section,
    newest_moves,
)
from ccml.reports.callers_report.periods import MonthRate
from ccml.reports.callers_report.picture import picture_section
from ccml.reports.callers_report.segments import by_cost, colours, segments_section
from ccml.reports.callers_report.small_numbers import customers, few
from ccml.reports.callers_report.unusual import unusual_section
from ccml.reports.numbers import DASH, GAP, MINUS
from ccml.sources.watermark import data_until


def plain(text: str) -> str:
    """Give a text with plain blanks and dashes."""
    return text.replace(GAP, " ").replace(DASH, "-").replace(MINUS, "-")


def month(change: float, half: float) -> tuple[MonthRate, MonthRate]:
    may, june = pd.Timestamp("2026-05-01"), pd.Timestamp("2026-06-01")
    before = MonthRate(may, 0.36, 0.35, 0.37, 5000)
    now = MonthRate(
        june,
        0.36 + change,
        0.34,
        0.38,
        4752,
        True,
        change,
        change - half,
        change + half,
    )
    return before, now


def test_the_first_sentence_says_share_interval_period_base_and_chance(callers_data):
    said = plain(headline(callers_data).sentences[0])
    assert said.startswith("14 % of the customers on record made 53.0 % (52.0-54.0)")
    assert "from 2 Apr 2026 to 30 Jun 2026 (12,343 customers, 20,440 calls)" in said
    assert said.endswith(
        "about 22 points of that are more than chance, as chance alone would give 31 %."
    )


def test_a_fall_of_the_repeat_rate_is_told_with_its_interval(callers_data):
    said = headline(replace(callers_data, months=month(-0.014, 0.01))).sentences[1]
    assert "(4,752 calls), 1.4 points fewer than in May (0.4-2.4 fewer)" in plain(said)


def test_a_change_that_chance_explains_is_called_so(callers_data):
    found = headline(replace(callers_data, months=month(0.004, 0.01)))
    assert "no change that chance could not explain" in found.sentences[1]
    assert "+0.4 points, between -0.6 and +1.4" in plain(found.sentences[1])
    assert {tile.tone for tile in found.tiles} == {""}


def test_the_month_s_rate_is_that_of_the_key_figures(callers_project, callers_data):
    calls, links = (callers_project.store.read(n) for n in ("calls", "identity_map"))
    rows = calls.join(links.select("call_id", "customer_id"), "call_id")
    until = data_until(callers_project)
    base = base_calls(rows, GROSS, ())
    base = base.filter(is_closed(base, 7, until)).mutate(again=is_repeated(base, 7))
    june = base.filter(base.started_at >= pd.Timestamp("2026-05-31 22:00", tz="UTC"))
    found = callers_data.months[-1]
    assert found.calls == june.count().execute()
    assert found.rate == pytest.approx(june.again.mean().execute())


def test_intervals_of_months_take_customers_as_drawn(callers_data):
    """Calls of one customer hang together, so the interval is wider than of calls."""
    now = callers_data.months[-1]
    of_calls = Z * (now.rate * (1 - now.rate) / now.calls) ** 0.5
    assert (now.high - now.low) / 2 > 1.3 * of_calls
    assert now.change_low < now.change < now.change_high


def test_what_persistent_callers_cost_is_what_their_calls_took(
    callers_data,
):
    calls, links = calls_and_links()
    rows = calls.merge(links[["call_id", "customer_id"]], on="call_id")
    mine = rows[
        (rows["customer_id"] < "c0020")
        & (rows["started_at"] >= NEWEST - pd.Timedelta(days=90))
        & (rows["started_at"] < NEWEST)
    ]
    hours = mine["handle_s"].sum() / 3600 / 3
    assert callers_data.work.hours == pytest.approx(hours)
    assert callers_data.work.low < hours < callers_data.work.high
    assert callers_data.work.calls == pytest.approx(len(mine) / 3)
    said = plain(headline(callers_data).sentences[2])
    assert f"took {hours:,.0f} (" in said
    assert "of 100 so named, about 93 truly call that often" in said
    assert "it finds about 36 of 100 who truly do" in said


def test_work_without_any_reported_time_is_unknown_not_zero(tmp_path):
    project = open_callers(tmp_path)
    store_all(project)
    calls, _ = calls_and_links()
    none = calls.assign(handle_s=float("nan"), talk_s=float("nan"))
    store_frame(project, "calls", none, ["call_id"])
    data = read_callers_data(project)
    assert data.work.hours is None
    assert "no handle time is reported" in headline(data).sentences[2]


@pytest.mark.parametrize(
    ("share", "grave", "noted"),
    [(0.49, True, False), (0.12, False, True), (0.01, False, False)],
)
def test_missing_ids_are_warned_of_by_how_many_they_are(
    callers_data, share, grave, noted
):
    frames = {**callers_data.frames, "kpis": unknown_share(share)}
    found = headline(replace(callers_data, frames=frames))
    words = " ".join(found.warnings)
    assert ("belong to no known" in words) is grave
    assert any("belong to no known" in text for text in found.notes) is noted
    if grave:
        assert "Nearly half" in words
        assert "not missing at random: 10 %" in plain(words)
        assert "in q_billing, 90 %" in plain(words)


def test_a_missing_customer_base_is_warned_of(callers_data):
    summary = segment_summary() | {"notes": ["No record of silent customers."]}
    summaries = {**callers_data.summaries, "segment_summary": summary}
    found = headline(replace(callers_data, summaries=summaries))
    assert found.warnings == ("No record of silent customers.",)


def test_the_heat_map_names_the_dearest_cell_that_is_surely_worse(callers_data):
    figures = {
        block.figure_id: block
        for block in picture_section(callers_data).parts["figures"]
    }
    matrix = repeat_matrix()
    fault = matrix[matrix["reason"] == "fault"].sort_values("repeat_cost_eur").iloc[-1]
    assert plain(figures["triggers"].title) == (
        f"Calls about fault in {fault['queue']} trigger repeats most: 50 % are followed "
        "by another (usual for such callers: 33 %)"
    )
    assert "rare" not in str(figures["triggers"].table)
    assert "75 % of the calls that follow are about billing again" in plain(
        figures["next-issues"].title
    )


def test_segments_are_ordered_by_cost_and_keep_their_colours(callers_data):
    assert [one["id"] for one in by_cost(callers_data)][:3] == ["s2", "s1", "s3"]
    found = colours(callers_data)
    assert len({found[name] for name in ("s1", "s2", "s3", "s4", "s5")}) == 5
    assert found["s6"] == found["quiet"] == "--fig-context"
    moves = str(movement_section(callers_data).parts["wide"][0].svg)
    bubbles = str(segments_section(callers_data).parts["wide"][0].svg)
    for name in ("s1", "s2", "s5"):
        assert f"var({found[name]})" in moves
        assert f"var({found[name]})" in bubbles


def test_a_card_says_who_what_to_do_and_what_became_of_it(callers_data):
    one = next(one for one in by_cost(callers_data) if one["id"] == "s1")
    made = card(callers_data, one)
    assert plain(made.size).endswith(
        "150 (135-165) hours a month, 4,500 EUR (4,050-4,950) a month"
    )
    assert made.rule.startswith("More than 40 % of calls about billing.")
    assert plain(made.standouts[0]) == (
        "Calls about billing: 87.0 %, all callers 20.0 % (very much more)"
    )
    assert len(made.standouts) == 2, "small differences are not told"
    assert plain(made.about[0]) == "They call about billing (87 %)."
    assert len(made.about) == 2, (
        "what comes next no more often than by chance is not told"
    )
    assert made.advice[0].channel == "app message"
    assert made.advice[0].channel_why == "41 % of them use it"
    assert plain(made.advice[0].spares) == (
        "Would spare 200 (120-280) of 900 calls a month, 17 (10-24) hours, 510 EUR "
        "(300-720); costs 150 EUR a month; pays for itself in more than 99 of 100 cases."
    )
    assert plain(made.since[0]) == (
        "Since the month before: 58 % of 830 stayed, 300 new, 350 left (chance alone: "
        "220, 205-236)."
    )
    assert "expected of 3.1 % (3.0-3.2) (n = 1,840)" in plain(made.since[1])


def test_a_segment_of_few_customers_tells_nothing(callers_data):
    one = next(one for one in by_cost(callers_data) if one["id"] == "s7")
    made = card(callers_data, one)
    assert made.size == "Fewer than 5 customers, so nothing more is told."
    assert (made.rule, made.standouts, made.figures) == ("", (), None)


def test_few_who_stayed_or_left_are_not_counted_out(callers_data):
    one = next(one for one in by_cost(callers_data) if one["id"] == "s4")
    since = card(callers_data, one).since
    assert since == ("Since the month before: fewer than 5 customers were in it then.",)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (1, "< 5"), (4, "< 5"), (5, "5"), (None, "-")],
)
def test_small_numbers_are_hidden(number, words):
    assert plain(few(number)) == words


def test_people_are_named_with_their_noun():
    assert customers(3) == "fewer than 5 customers"
    assert plain(customers(1200)) == "1,200 customers"


def test_moves_leave_out_who_never_called_and_small_numbers():
    moves = newest_moves(segment_migration())
    drawn = drawn_moves(moves)
    assert set(moves["to_cutoff_at"]) == {NEWEST}
    assert not (
        (drawn["from_segment"] == "quiet") & (drawn["to_segment"] == "quiet")
    ).any()
    assert "s7" not in {*drawn["from_segment"], *drawn["to_segment"]}


def test_moves_say_how_many_stayed_and_how_many_fall_silent_anyway(callers_data):
    section = movement_section(callers_data)
    figure = section.parts["wide"][0]
    moves = newest_moves(segment_migration())
    callers = moves[~moves["from_segment"].isin(["quiet", "new", "gone"])]
    same = callers[callers["from_segment"] == callers["to_segment"]]
    share = same["customers"].sum() / callers["customers"].sum()
    assert plain(figure.title).startswith(f"{100 * share:.0f} % of the ")
    assert "if nobody's call rate changed, 105 would" in section.parts["sentences"][0]
    assert "Former segment old9" in str(figure.svg)


def test_months_come_in_order_with_what_chance_gives(callers_data):
    months = top_months(callers_data)
    assert list(months["month"]) == ["May 26", "Jun 26"]
    assert months["stayed"].iloc[0] == pytest.approx(180 / 600)
    assert months["by_chance"].iloc[0] == pytest.approx(1 - 380 / 600)
    section = membership_section(callers_data)
    assert section.parts["sentences"] == [
        "Of 100 top callers, 54 leave by chance alone.",
        "Of the persistent callers of May, 62 % stayed.",
        "The top 14 % of a month made 36 % of its calls.",
    ]
    svg = str(section.parts["figures"][0].svg)
    assert svg.index("May 26") < svg.index("Jun 26")


def test_early_warnings_are_counted_never_named(callers_data):
    section = early_section(callers_data)
    expected = early_warnings()["probability"].sum()
    words = plain(" ".join(section.parts["sentences"]))
    assert words.startswith("60 customers who are no persistent callers now")
    assert f"about {expected:.0f} are expected to" in words
    assert "61 % (about 3 in 5)" in words
    assert "rare" not in str(section.parts["tables"]), "three customers are too few"
    assert "early_warnings" in section.parts["commands"][0]


def test_known_causes_come_first_and_callers_are_only_counted(callers_data):
    items = [plain(text) for text in unusual_section(callers_data).parts["items"]]
    assert items[0] == (
        "Region R08, 20 Jun 2026: 84 calls where 11 were usual; known cause: outages."
    )
    assert items[1].endswith("no known cause.")
    assert items[2].startswith("9 customers called far more than before")
    assert items[3].startswith("Fewer than 5 phone numbers called")


def test_bars_of_few_customers_are_put_together():
    fit = [
        {"calls": n, "observed": seen, "expected": 1.0}
        for n, seen in enumerate([90, 20, 3, 7, 4, 0, 2])
    ]
    made = merged_tail(fit)
    assert [row["observed"] for row in made] == [90, 23, 7, 6]
    assert [row["calls"] for row in made] == [0, 1, 3, 4]
    assert sum(row["expected"] for row in made) == 7


def test_the_method_tells_window_exclusions_and_words(callers_data):
    facts = dict(method_section(callers_data).parts["facts"])
    assert facts["Calls they are judged by"] == "2 Apr 2026 to 30 Jun 2026"
    assert facts["Left out"].startswith("12.4")
    assert "within 7 days" in facts["Repeat call"]
