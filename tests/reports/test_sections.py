import copy
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from report_inputs import (
    HOSTILE,
    calls_by_hour,
    kpis,
    match_quality,
    open_project,
    repeat_callers,
    repeat_trend,
    segment_summary,
    winback,
)

from ccml.contracts.summary import summary_frame
from ccml.reports.blocks import MOST_ROWS, table
from ccml.reports.callers import callers_section, segment_cards, who_calls_again
from ccml.reports.lists import lists_section
from ccml.reports.method import method_section
from ccml.reports.operation import operation_section, pick
from ccml.reports.page import render_page
from ccml.reports.predictor import predictors_section
from ccml.reports.quality import quality_section, source_totals
from ccml.reports.stored import ListData, PredictorData, ReportData
from ccml.reports.summary import summarise

START, END = (pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-12-31"))


@pytest.fixture
def empty(tmp_path):
    config = open_project(tmp_path).config
    return ReportData(config, "demo.yaml", "f" * 64, {"ccml": "0.1.0"})


@pytest.fixture
def operation(empty):
    return replace(
        empty,
        kpis=kpis(),
        trend=repeat_trend(),
        hours=calls_by_hour(),
        calls_period=(START, END),
    )


def texts(block):
    return [[cell.text for cell in row] for row in block.rows]


def listed(**changes):
    summary = {
        "rows_in": 100,
        "rows_listed": 3,
        "rows_held_out": 0,
        "excluded": {},
        "expected_value_eur": None,
        "notes": [],
        "model_version": "3",
        "cutoff_at": "2026-07-01T00:00:00+00:00",
    }
    first = winback()["list__"].drop(columns=["customer_id", "list_id", "region"])
    return ListData(summary | changes, first, (0.08, 0.62))


# --- what is missing


@pytest.mark.parametrize(
    "section",
    [
        operation_section,
        callers_section,
        predictors_section,
        lists_section,
        quality_section,
    ],
)
def test_an_absent_part_says_what_would_be_needed(empty, section):
    made = section(empty)
    assert made.missing.startswith("Needed for this section: ")
    assert not made.parts


def test_a_page_of_nothing_is_still_a_page(empty):
    page = render_page(empty)
    assert page.count("Needed for this section") == 5
    assert "<code>ccml run train CONFIG</code>" in page
    assert "No data have been read yet." in page


# --- operation


def test_a_figure_is_found_by_the_start_of_its_variant():
    found = pick(kpis(), "repeat_rate", "within 7 d")
    assert found.value == 0.31
    assert pick(kpis(), "calls", "inbound").value == 48210
    assert pick(kpis(), "calls", "outbound") is None


def test_null_figures_are_left_out(operation):
    nothing = kpis().assign(value=float("nan"))
    section = operation_section(replace(operation, kpis=nothing))
    assert section.parts["tiles"] == []
    assert section.lead == "How the contact centre did over the whole period."


def test_tiles_say_how_they_were_counted_and_how_many_calls(operation):
    tiles = {tile.label: tile for tile in operation_section(operation).parts["tiles"]}
    assert tiles["Repeated within 7 days"].detail == "48,210 calls"
    assert tiles["Gave up in the queue"].note == "AB1: abandoned / offered"
    assert tiles["Inbound calls"].value == "48,210"
    assert "8 in 10 calls" in tiles["Handle time"].detail


@pytest.mark.parametrize(
    ("kpi", "label", "value", "tone"),
    [
        ("fcr", "Settled with one call", 0.75, "good"),
        ("fcr", "Settled with one call", 0.65, "watch"),
        ("fcr", "Settled with one call", 0.4, "bad"),
        ("abandonment", "Gave up in the queue", 0.04, "good"),
        ("abandonment", "Gave up in the queue", 0.07, "watch"),
        ("abandonment", "Gave up in the queue", 0.12, "bad"),
        ("hold_time", "Hold per held call", 30.0, "good"),
        ("hold_time", "Hold per held call", 90.0, "watch"),
    ],
)
def test_bands_follow_the_benchmarks(operation, kpi, label, value, tone):
    changed = kpis()
    changed.loc[changed.kpi == kpi, "value"] = value
    section = operation_section(replace(operation, kpis=changed))
    tiles = {tile.label: tile for tile in section.parts["tiles"]}
    assert tiles[label].tone == tone


def test_handle_time_is_never_judged(operation):
    tiles = {tile.label: tile for tile in operation_section(operation).parts["tiles"]}
    assert tiles["Handle time"].tone == ""


def test_windows_are_sorted_by_their_days(operation):
    windows = operation_section(operation).parts["windows"]
    assert [row[0] for row in texts(windows)] == [
        "1\u00a0day",
        "7\u00a0days",
        "30\u00a0days",
    ]


def test_groups_come_with_most_calls_first_and_without_empty_ones(operation):
    none = kpis()
    none.loc[(none["group"] == "other") & (none.kpi == "calls"), "value"] = 0.0
    section = operation_section(replace(operation, kpis=none))
    (reasons,) = section.parts["groups"]
    assert [row[0] for row in texts(reasons)] == ["billing", "fault", "contract"]


@pytest.mark.parametrize(
    ("start", "end", "partial"),
    [
        ("2025-01-01", "2025-12-31", 0),
        ("2025-01-09", "2025-12-31", 1),
        ("2025-01-09", "2025-12-11", 2),
    ],
)
def test_months_that_the_data_do_not_cover_are_marked(operation, start, end, partial):
    ends = (pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC"))
    section = operation_section(replace(operation, calls_period=ends))
    months = next(
        f for f in section.parts["figures"] if f.figure_id == "calls-by-month"
    )
    marked = [row for row in texts(months.table) if row[2] == "not the whole month"]
    assert len(marked) == partial


# --- callers


@pytest.mark.parametrize(
    ("callers", "start"),
    [
        ({"persistent_customers": 3, "share_of_customers": 0.1}, "3 customers"),
        ({"persistent_customers": 0}, "No customer surely calls more often"),
        ({}, "Persistent repeat callers could not be told apart"),
    ],
)
def test_who_calls_again_is_answered_in_words(callers, start):
    assert who_calls_again({"repeat_callers": callers}).startswith(start)


def test_the_price_of_being_sure_is_told(empty):
    data = replace(empty, segments=segment_summary(), rates=rates())
    figures = {f.figure_id: f for f in callers_section(data).parts["figures"]}
    assert "only 44" in figures["persistence"].note
    assert set(figures) == {"lorenz", "segment-shares", "call-counts", "persistence"}


def rates():
    flagged = repeat_callers(100).is_persistent
    return pd.DataFrame(
        {"low": [0.0], "high": [0.5], "customers": [100], "persistent": [flagged.sum()]}
    )


def test_a_summary_of_nothing_has_no_figures(empty):
    summary = {"segments": [], "concentration": {}, "repeat_callers": {}}
    section = callers_section(replace(empty, segments=summary, rates=rates()))
    (only,) = section.parts["figures"]
    assert only.note == ""


def test_without_reliable_clusters_no_shares_are_drawn(empty):
    summary = segment_summary()
    summary["segments"] = [
        {**segment, "id": plain}
        for segment, plain in zip(
            summary["segments"], ("together", "quiet"), strict=False
        )
    ]
    section = callers_section(replace(empty, segments=summary))
    assert "segment-shares" not in {f.figure_id for f in section.parts["figures"]}
    assert len(section.parts["cards"]) == 2


def test_cards_do_not_say_the_size_twice():
    segment = segment_summary()["segments"][0]
    texts_ = ["1,840 customers (9.0 % of all) make 32 %.", "They call about bills."]
    (card,) = segment_cards([{**segment, "sentences": texts_}])
    assert card.sentences == ("They call about bills.",)
    assert "hours of agents' time" in card.size


# --- predictors


def with_claim(evaluation, **claim):
    changed = copy.deepcopy(evaluation)
    changed["claim"] |= claim
    changed["findings"] = []
    return changed


@pytest.mark.parametrize("holds", [True, False])
def test_a_claim_that_does_not_hold_is_said_loudly(empty, evaluation, sample, holds):
    changed = with_claim(evaluation, holds=holds, sentence="What may be said.")
    data = replace(empty, predictors={"churn": PredictorData(changed, sample)})
    page = render_page(data)
    assert ("No accuracy is promised" in page) is not holds
    assert "What may be said." in page


def test_a_shift_of_the_base_rate_is_said_loudly_too(empty, evaluation):
    changed = with_claim(evaluation, holds=True, sentence="What may be said.")
    changed["findings"] = [
        {
            "check": "base_rate_shift",
            "severity": "warning",
            "sentence": "Positives rose.",
        }
    ]
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    assert not block.holds
    assert block.findings == (("warning", "base rate shift", "Positives rose."),)


def test_findings_are_sorted_by_weight_and_do_not_repeat_the_claim(empty, evaluation):
    changed = with_claim(evaluation, sentence="The claim.")
    changed["findings"] = [
        {"check": "a_note", "severity": "note", "sentence": "Small."},
        {
            "check": "claim_not_borne_out",
            "severity": "warning",
            "sentence": "The claim.",
        },
        {"check": "leak_suspicion", "severity": "error", "sentence": "Large."},
    ]
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    assert [finding[0] for finding in block.findings] == ["error", "note"]


def test_the_label_and_its_window_are_shown(empty, evaluation):
    data = replace(empty, predictors={"churn": PredictorData(evaluation)})
    (block,) = predictors_section(data).parts["blocks"]
    assert dict(block.facts)["What is predicted"] == evaluation["label_rule"]
    assert "predictor-churn-label-window" in {f.figure_id for f in block.figures}


def test_predictors_that_are_not_trained_are_named(empty, evaluation):
    data = replace(empty, predictors={"other": PredictorData(evaluation)})
    assert "Not trained yet: Churn." in predictors_section(data).lead


def test_a_flat_table_has_rows_but_no_days(empty, evaluation):
    changed = copy.deepcopy(evaluation)
    flat = {"from": 1, "until": 900}
    changed["split"] |= {"kind": "ordered", "train_period": flat, "test_period": flat}
    changed["tuning"] |= {"trials": 12, "kept_default": False}
    data = replace(empty, predictors={"other": PredictorData(changed)})
    (block,) = predictors_section(data).parts["blocks"]
    facts = dict(block.facts)
    assert facts["Learned from"] == f"{changed['split']['train_rows']:,} rows"
    assert facts["Split"].startswith("by row order")
    assert facts["Search"] == "12 settings tried; a better one was taken"


# --- lists


def test_a_list_names_no_customer(empty):
    page = render_page(replace(empty, lists={"winback": listed()}))
    assert "c00007" not in page
    assert "R01" not in page
    assert "6 calls in the last 30 days (usual: 1)" in page
    assert "about 3 in 5 (62" in page


def test_everyone_is_counted_once_on_the_list_or_by_rule(empty):
    found = listed(excluded={"opted_out": 40, "held_out": 57}, rows_held_out=57)
    (block,) = lists_section(replace(empty, lists={"winback": found})).parts["blocks"]
    numbers = [int(row[1]) for row in texts(block.left_out)]
    assert sum(numbers) == 100
    assert texts(block.left_out)[0][0] == "refuse marketing"
    assert dict(block.facts)["Held out to learn what it earns"].startswith("57")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "3\u00a0customers to contact."),
        ({"rows_listed": 0}, "Nobody is to be contacted."),
        (
            {"expected_value_eur": 31_417.0},
            "3\u00a0customers to contact, expected to be worth 31,000\u00a0EUR after cost.",
        ),
    ],
)
def test_a_list_is_summed_up_in_a_sentence(empty, changes, sentence):
    data = replace(empty, lists={"winback": listed(**changes)})
    (block,) = lists_section(data).parts["blocks"]
    assert block.sentence == sentence


def test_an_empty_list_has_no_first_rows(empty):
    found = replace(listed(rows_listed=0), first=pd.DataFrame(), probability=None)
    (block,) = lists_section(replace(empty, lists={"winback": found})).parts["blocks"]
    assert block.first is None


# --- quality, method, summary


def test_rows_in_are_rows_kept_and_set_aside(empty):
    frame = summary_frame("flat__bank", 50, 47, {"duplicate row": 3}, {"clipped": 2})
    section = quality_section(replace(empty, sources=frame))
    assert texts(section.parts["sources"])[0][:4] == ["bank", "50", "47", "3"]
    assert texts(section.parts["reasons"]) == [
        ["bank", "duplicate row", "3", "6.0\u00a0%"]
    ]
    assert texts(section.parts["mended"])[0][1] == "clipped"
    assert section.lead.startswith("50 rows came in; 3 (6.0")


def test_nothing_set_aside_needs_no_table_of_reasons(empty):
    frame = summary_frame("calls", 0, 0, {})
    section = quality_section(replace(empty, sources=frame))
    assert section.parts["reasons"] is None
    assert section.parts["matching"] is None


def test_callers_are_counted_by_how_they_were_found(empty):
    section = quality_section(replace(empty, match_quality=match_quality()))
    block = section.parts["matching"]
    assert sum(int(row[1]) for row in texts(block)) == 1000
    assert "internal number" not in {row[0] for row in texts(block)}
    assert source_totals(None).empty


def test_the_method_names_the_config_but_no_folder(empty, tmp_path):
    facts = dict(method_section(empty).parts["facts"])
    assert facts["To make it again"] == "ccml run cycle configs/demo.yaml"
    assert str(tmp_path) not in render_page(empty)


def test_midnight_belongs_to_the_day_that_ends(empty):
    until = datetime(2026, 6, 30, 22, tzinfo=UTC)  # midnight in Warsaw
    config = empty.config.model_copy(update={"data_until": until})
    summary = summarise(replace(empty, config=config, calls_period=(START, END)))
    assert summary.data == (
        "Calls from 1 Jan 2025 to 31 Dec 2025.",
        "Complete to 30 Jun 2026.",
    )


def test_the_summary_repeats_the_doubts_and_not_the_figures(empty, evaluation):
    changed = with_claim(
        evaluation, holds=False, sentence="The past does not carry over."
    )
    data = replace(empty, predictors={"churn": PredictorData(changed)})
    _, predictors, _ = summarise(data).answers
    assert predictors.lines == (("Churn", "The past does not carry over.", "bad"),)


def test_a_long_table_is_cut_and_says_so():
    block = table("Rows", ("n",), [(str(n),) for n in range(MOST_ROWS + 5)])
    assert len(block.rows) == MOST_ROWS
    assert block.left_out == 5


def test_hostile_names_stay_text(empty):
    data = replace(empty, segments=segment_summary(HOSTILE), rates=rates())
    page = render_page(data)
    assert HOSTILE not in page
    assert "&lt;script&gt;alert" in page
