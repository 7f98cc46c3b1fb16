"""Rows that come twice: the newest stays, the others are counted and set aside."""

import pytest
from small_site import SmallSite, exports, write_csv, write_site

from ccml.identity.prepare import prepare_all
from ccml.project import Project

AGAIN = {
    "calls": {"id": "k0", "wait": 59},
    "customers": {"customer_id": "C0", "tariff": "B"},
    "customer_phones": {"customer_id": "C0"},
    "contracts": {"change_id": "e0", "event": "moved"},
    "flat__survey": {},
}
REASONS = {
    "calls": "older copy of the same call",
    "customers": "older copy of the same row",
    "customer_phones": "duplicate",
    "contracts": "older copy of the same event",
    "flat__survey": "duplicate row",
}
FILES = {"customer_phones": "phones", "flat__survey": "survey"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twice")
    write_site(folder)
    site = SmallSite(folder)
    for table, change in AGAIN.items():
        name = FILES.get(table, table)
        rows = exports()[name]
        write_csv(site.raw(f"{name}.csv"), [*rows, {**rows[0], **change}])
    return prepare_all(Project.open(site.config))["sources"]


@pytest.mark.parametrize("table", REASONS)
def test_a_row_that_comes_twice_is_kept_once(sources, table):
    found = sources[table]
    assert found["set_aside"].get(REASONS[table], 0) >= 1
    aside = sum(found["set_aside"].values())
    assert found["rows_in"] == found["rows_kept"] + aside


@pytest.mark.parametrize("table", ["calls", "customers", "contracts"])
def test_only_the_copy_is_set_aside(sources, table):
    assert sources[table]["set_aside"] == {REASONS[table]: 1}
