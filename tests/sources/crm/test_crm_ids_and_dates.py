"""Salesforce ids of 15 and 18 characters, GUIDs, and dates of several forms."""

import ibis
import numpy as np
import pytest

from ccml.demo.crm_exports.salesforce import salesforce_ids
from ccml.errors import DataError
from ccml.sources.crm.dates import (
    end_of_day,
    is_slashed,
    iso_text,
    refuse_other_order,
)
from ccml.sources.crm.ids import ENOUGH, known_id, refuse_changed_capitals

PLACE = "sources.customers"


def texts(*values):
    return ibis.memtable({"id": list(values)}, schema={"id": "string"})


def values(table, expression):
    return table.select(out=expression).to_pyarrow()["out"].to_pylist()


@pytest.mark.parametrize(
    ("given_id", "known"),
    [
        # Vectors that are published with the rule.
        pytest.param("a0D30000001n7Pi", "a0D30000001n7PiEAI", id="15"),
        pytest.param("a0RE000000IJmcN", "a0RE000000IJmcNMAT", id="15-capitals"),
        pytest.param("a0RE000000IJmcNMAT", "a0RE000000IJmcNMAT", id="18"),
        pytest.param("a0RE000000IJmcNmat", "a0RE000000IJmcNMAT", id="small-check"),
        pytest.param("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaAAA", id="no-capitals"),
        pytest.param("a0re000000ijmcnmat", None, id="capitals-lost"),
        pytest.param("a0RE000000IJmcNMAA", None, id="wrong-check"),
        pytest.param("a0RE000000", None, id="too-short"),
        pytest.param("a0RE0000-0IJmcN", None, id="no-letter"),
        pytest.param(None, None, id="none"),
    ],
)
@pytest.mark.usefixtures("shared_backend")
def test_salesforce_ids_get_18_characters(given_id, known):
    table = texts(given_id)
    assert values(table, known_id(table.id, "salesforce")) == [known]


@pytest.mark.usefixtures("shared_backend")
def test_the_demo_writes_ids_that_the_reader_knows():
    numbers = np.random.default_rng(1).integers(0, 62**8, 2_000)
    written = list(salesforce_ids("003", numbers))
    table = texts(*(one[:15] for one in written))
    assert values(table, known_id(table.id, "salesforce")) == written
    assert len(set(written)) == len(set(numbers.tolist()))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(str.lower, "capital letters of", id="lower"),
        pytest.param(str.upper, "capital letters of", id="upper"),
    ],
)
@pytest.mark.usefixtures("shared_backend")
def test_ids_of_changed_capitals_are_refused_without_showing_one(change, told):
    ids = [change(one) for one in salesforce_ids("003", range(30, 40))]
    with pytest.raises(DataError, match=told) as caught:
        refuse_changed_capitals(texts(*ids), ["id"], "c.csv", PLACE)
    assert "'id' of c.csv" in str(caught.value)
    assert ids[0] not in str(caught.value)


@pytest.mark.usefixtures("shared_backend")
def test_many_short_ids_without_any_capital_are_refused():
    ids = [one[:15].lower() for one in salesforce_ids("003", range(10_000, 10_400))]
    with pytest.raises(DataError, match="capital letters of"):
        refuse_changed_capitals(texts(*ids), ["id"], "c.csv", PLACE)
    few = [f"0035g00000000{i:02d}" for i in range(ENOUGH - 1)]
    refuse_changed_capitals(texts(*few), ["id"], "c.csv", PLACE)


@pytest.mark.parametrize(
    ("given_id", "known"),
    [
        (
            "{00000001-0000-4000-8000-0000000000AB}",
            "00000001-0000-4000-8000-0000000000ab",
        ),
        (
            "00000001-0000-4000-8000-0000000000ab",
            "00000001-0000-4000-8000-0000000000ab",
        ),
        ("Customer 1", None),
    ],
)
@pytest.mark.usefixtures("shared_backend")
def test_guids_have_one_form(given_id, known):
    table = texts(given_id)
    assert values(table, known_id(table.id, "guid")) == [known]


@pytest.mark.parametrize(
    ("text", "order", "iso"),
    [
        ("2024-03-12 09:14", "month_first", "2024-03-12 09:14"),
        ("3/15/2024 2:30 PM", "month_first", "2024-03-15 14:30:00"),
        ("15/3/2024 2:30 pm", "day_first", "2024-03-15 14:30:00"),
        ("20/3/2024 2:30 pm", "day_first", "2024-03-20 14:30:00"),
        ("3/4/24, 12:05 AM", "month_first", "2024-03-04 00:05:00"),
        ("3/4/24 12:05 p.m.", "month_first", "2024-03-04 12:05:00"),
        ("15.03.2024 14:30:59", "month_first", "2024-03-15 14:30:59"),
        ("3/15/2024", "month_first", "2024-03-15"),
        ("31/12/2024", "month_first", "2024-31-12"),
        ("1/2/2024 13:30 PM", "month_first", "2024-01-02 99:30:00"),
        ("2006-06-15T20:47:07.000Z", "day_first", "2006-06-15T20:47:07.000Z"),
        (None, "day_first", None),
    ],
)
@pytest.mark.usefixtures("shared_backend")
def test_dates_become_iso_texts(text, order, iso):
    table = texts(text)
    assert values(table, iso_text(table.id, order)) == [iso]


@pytest.mark.usefixtures("shared_backend")
def test_a_date_alone_ends_at_the_next_midnight():
    table = texts("2024-02-29", "2024-02-29 10:00", None)
    ends = values(table, end_of_day(table.id))
    assert ends == ["2024-03-01", "2024-02-29 10:00", None]


@pytest.mark.usefixtures("shared_backend")
def test_only_slashes_leave_the_order_of_day_and_month_open():
    table = texts("3/4/2024", "03.04.2024", "2024-03-04")
    assert values(table, is_slashed(table.id)) == [True, False, False]


@pytest.mark.parametrize(
    ("order", "dates", "told"),
    [
        ("month_first", ["15/3/2024", "1/2/2024"], "set it to day_first"),
        ("day_first", ["3/15/2024", "1/2/2024"], "set it to month_first"),
    ],
)
@pytest.mark.usefixtures("shared_backend")
def test_dates_of_the_other_order_are_refused(order, dates, told):
    with pytest.raises(DataError, match=told):
        refuse_other_order(texts(*dates), ["id"], order, PLACE)


@pytest.mark.usefixtures("shared_backend")
def test_dates_that_fit_no_order_are_left_to_the_rows():
    refuse_other_order(texts("15/3/2024", "3/15/2024"), ["id"], "month_first", PLACE)
    refuse_other_order(texts("3/15/2024", "2024-15-01"), ["id"], "month_first", PLACE)
