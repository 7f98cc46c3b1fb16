"""What every section says of absent parts; quality, method and the summary."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from report_inputs import texts
from report_tables import match_quality

from ccml.contracts.summary import summary_frame
from ccml.reports.blocks import MOST_ROWS, table
from ccml.reports.callers import callers_section
from ccml.reports.lists import lists_section
from ccml.reports.method import method_section
from ccml.reports.operation import operation_section
from ccml.reports.page import render_page
from ccml.reports.predictor import predictors_section
from ccml.reports.quality import quality_section, source_totals
from ccml.reports.summary import summarise

PERIOD = tuple(pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-12-31"))


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
    summary = summarise(replace(empty, config=config, calls_period=PERIOD))
    assert summary.data == (
        "Calls from 1 Jan 2025 to 31 Dec 2025.",
        "Complete to 30 Jun 2026.",
    )


def test_a_long_table_is_cut_and_says_so():
    block = table("Rows", ("n",), [(str(n),) for n in range(MOST_ROWS + 5)])
    assert len(block.rows) == MOST_ROWS
    assert block.left_out == 5
