from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ccml.kpis.conversion import (
    attempts_to_conversion,
    contact_rate,
    conversion_figures,
    followed_calls,
    numbered_attempts,
    product_limit,
)
from ccml.kpis.measure import measure

END = datetime(2025, 3, 1, tzinfo=UTC)
OUT = {"direction": "outbound", "campaign": "winter"}


def followed(calls, rows, events):
    table = calls(*rows).drop("event_at")
    later = calls(*[{"customer_id": who, "started_at": at} for who, at in events])
    return followed_calls(table, later.select("customer_id", event_at="started_at"))


def conversion(table, days=30):
    tidy = measure(table, conversion_figures(table, days, END))
    starts = tidy["variant"].str.split(" calls").str[0]
    return dict(
        zip(starts, zip(tidy["numerator"], tidy["n"], strict=True), strict=True)
    )


def test_a_call_converts_when_an_event_follows_within_the_window(calls):
    table = followed(
        calls,
        [
            {**OUT, "customer_id": "A"},
            {**OUT, "customer_id": "B", "answered": False},
            {**OUT, "customer_id": "C"},
            {**OUT, "customer_id": None},
            {"customer_id": "A", "started_at": "2025-01-05 10:00"},
        ],
        [
            ("A", "2025-01-05 10:00"),
            ("B", "2025-02-01 10:00"),
            ("C", "2025-02-01 10:01"),
        ],
    )
    found = conversion(table)
    assert found == {
        "outbound": (2, 3),
        "answered outbound": (1, 2),
        "answered inbound": (1, 1),
    }


def test_calls_whose_window_is_open_are_left_out_though_they_converted(calls):
    table = followed(
        calls, [{**OUT, "started_at": "2025-02-10 10:00"}], [("A", "2025-02-11 10:00")]
    )
    assert conversion(table)["outbound"][1] == 0
    assert conversion(table, days=7)["outbound"] == (1, 1)


def test_contact_rate_counts_the_right_party_where_dispositions_are_named(calls):
    table = calls(
        {**OUT, "disposition": "right party"},
        {**OUT, "disposition": "wrong number"},
        {**OUT, "answered": False},
        {"disposition": "right party"},
    )
    assert measure(table, contact_rate(table, []))["value"].tolist() == pytest.approx(
        [2 / 3]
    )
    values = measure(table, contact_rate(table, ["right party"]))["value"]
    assert values.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_attempts_are_numbered_per_customer_and_campaign(calls):
    rows = calls(
        {**OUT, "started_at": "2025-01-03 10:00"},
        {**OUT, "started_at": "2025-01-02 10:00"},
        {**OUT, "campaign": "spring"},
        {"direction": "outbound"},
        {**OUT, "customer_id": None},
        {},
    )
    numbers = numbered_attempts(rows).select("call_id", "attempt").to_pandas()
    found = dict(zip(numbers["call_id"], numbers["attempt"], strict=True))
    assert found == {"c0": 2, "c1": 1, "c2": 1, "c3": 1}


def test_leads_that_are_given_up_are_censored(calls):
    days = ["2025-01-02 10:00", "2025-01-04 10:00", "2025-01-06 10:00"]
    rows = [
        *({**OUT, "customer_id": "won", "started_at": day} for day in days),
        {**OUT, "customer_id": "lost"},
        {**OUT, "customer_id": "at once"},
    ]
    events = [("won", "2025-01-05 09:00"), ("at once", "2025-01-02 10:00")]
    table = followed(calls, rows, events)
    found = attempts_to_conversion(numbered_attempts(table), 30).set_index("attempt")
    assert found["at_risk"].tolist() == [3, 1]
    assert found["converted"].tolist() == [1, 1]
    assert found["censored"].tolist() == [1, 0]
    assert found["share_converted"].tolist() == pytest.approx([1 / 3, 1])


def test_the_product_limit_equals_the_share_without_censoring():
    counts = pd.DataFrame(
        {"attempt": [1, 2, 3], "converted": [2, 3, 1], "leads": [2, 3, 5]}
    )
    found = product_limit(counts)
    assert found["share_converted"].tolist() == pytest.approx([0.2, 0.5, 0.6])
    assert (found["low"] <= found["share_converted"]).all()
    assert (np.diff(found["share_converted"]) >= 0).all()
