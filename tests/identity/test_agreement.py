"""Tables that do not reach as far as the others, and keys that do not meet."""

import textwrap

import pytest
from source_projects import project

from ccml.errors import DataError
from ccml.identity.agreement import FRESH, LINKED
from ccml.identity.prepare import prepare_all

SOURCES = """
customers: {path: customers/*, valid_from: from}
events:
  bills:
    path: bills/*
    id: bill
    event_at: at
    time_zone: UTC
    EXTRA
  orders: {path: orders/*, id: order, event_at: at, time_zone: UTC}
"""
CUSTOMERS = ["customer_id,from", "c1,2025-01-01T00:00:00Z", "c2,2025-01-01T00:00:00Z"]


def shop(backend, folder, bills, extra="max_orphan_share: 0.5"):
    sources = SOURCES.replace("EXTRA", extra)
    return project(
        backend,
        folder,
        textwrap.dedent(sources),
        customers_1=CUSTOMERS,
        bills_1=["bill,customer_id,at", *bills],
        orders_1=["order,customer_id,at", "o1,c1,2026-03-31 10:00:00"],
    )


def checks(opened):
    frame = opened.store.frame("contract_checks")
    return frame.set_index(["table", "check"])


def test_what_is_kept_is_told_too(shared_backend, tmp_path):
    bills = ["b1,c1,2026-03-30 10:00:00", "b2,c9,2026-03-01 10:00:00"]
    opened = shop(shared_backend, tmp_path, bills)
    prepare_all(opened)
    found = checks(opened)
    assert found.loc[("bills", FRESH)].value == 1.0
    assert found.loc[("bills", LINKED)][["rows", "bad", "value"]].tolist() == [
        2,
        1,
        0.5,
    ]
    assert found.loc[("orders", LINKED)].bad == 0
    assert found.is_kept.all()


def test_keys_that_never_meet_stop_the_run(shared_backend, tmp_path):
    bills = ["b1,0001,2026-03-30 10:00:00", "b2,0002,2026-03-30 10:00:00"]
    opened = shop(shared_backend, tmp_path, bills)
    with pytest.raises(DataError, match=r"bills\.max_orphan_share: 2 of 2 rows"):
        prepare_all(opened)


def test_an_old_export_stops_the_run_where_its_age_is_limited(shared_backend, tmp_path):
    opened = shop(
        shared_backend, tmp_path, ["b1,c1,2026-01-01 10:00:00"], "max_age_days: 30"
    )
    with pytest.raises(DataError, match=r"bills\.max_age_days: .* 89\.0 days older"):
        prepare_all(opened)


def test_all_broken_contracts_are_told_at_once(shared_backend, tmp_path):
    opened = shop(
        shared_backend, tmp_path, ["b1,zz,2026-01-01 10:00:00"], "max_age_days: 30"
    )
    with pytest.raises(DataError) as error:
        prepare_all(opened)
    assert len(str(error.value).splitlines()) == 2
    assert "zz" not in str(error.value)
