"""The lists' section: who is on a list, and who was left out by which rule."""

from dataclasses import replace

import pandas as pd
import pytest
from report_inputs import texts
from report_tables import winback

from ccml.reports.lists import lists_section
from ccml.reports.page import render_page
from ccml.reports.stored import ListData


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
