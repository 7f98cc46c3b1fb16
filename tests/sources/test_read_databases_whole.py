"""Sources that are read as a whole each time may stand in a database, too."""

import sqlite3
from contextlib import closing

import pytest
from source_projects import HEAD, project

from ccml.errors import ConfigError, DataError
from ccml.identity.check import check_sources
from ccml.identity.duplicates_stage import DUPLICATES, find_duplicates
from ccml.identity.prepare import prepare_all, prepare_flat

FLAT = """
flat:
  things:
    database: {url: "sqlite:///crm.db", table: things}
    rename: {label: churned}
"""
CUSTOMERS = """
customers:
  database: {url: "sqlite:///crm.db", table: people}
  valid_from: since
"""
PEOPLE = [
    ("a", "2026-01-01T00:00:00Z", "anna@example.com", "600 700 800"),
    ("b", "2026-01-01T00:00:00Z", "Anna@Example.com ", "+48600700800"),
    ("c", "2026-01-01T00:00:00Z", "old@example.com", "600 700 801"),
]


def fill(folder, table, columns, rows):
    marks = ", ".join("?" * len(columns))
    with closing(sqlite3.connect(folder / "crm.db")) as connection, connection:
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} ({', '.join(columns)})")
        connection.executemany(f"insert into {table} values ({marks})", rows)  # noqa: S608


def things(folder, rows):
    fill(folder, "things", ["age", "city text", "churned text"], rows)


def test_a_flat_table_comes_from_a_database(shared_backend, tmp_path):
    things(tmp_path, [(30, "Łódź", "yes"), (41, "Kraków", "no"), (30, "Łódź", "yes")])
    # Files of the project folder are no part of it.
    (tmp_path / "other.csv").write_text("x,y\n1,2\n")
    made = project(shared_backend, tmp_path, FLAT)
    assert check_sources(made) == []
    told = prepare_all(made)["sources"]["flat__things"]
    frame = made.store.frame("flat__things")
    assert frame.age.tolist() == [30, 41]
    assert frame.label.tolist() == ["yes", "no"]
    assert (told["rows_in"], told["set_aside"]) == (3, {"duplicate row": 1})


def test_the_order_of_a_database_s_rows_changes_nothing(shared_backend, tmp_path):
    rows = [(age, "x", "no") for age in (7, 3, 5, 3)]
    stored = []
    for given in (rows, rows[::-1]):
        things(tmp_path, given)
        made = project(shared_backend, tmp_path, FLAT)
        assert prepare_flat(made, "things")
        stored.append(made.store.frame("flat__things"))
    assert stored[0].equals(stored[1])


def test_an_empty_table_is_told(shared_backend, tmp_path):
    things(tmp_path, [])
    made = project(shared_backend, tmp_path, FLAT)
    with pytest.raises(DataError, match=r"sources\.flat\.things\.database: .* no rows"):
        prepare_flat(made, "things")


def test_a_watermark_of_a_flat_table_is_refused(shared_backend, tmp_path):
    sources = FLAT.replace("table: things", "table: things, watermark: age")
    with pytest.raises(ConfigError, match=r"flat\.things.*take the watermark out"):
        project(shared_backend, tmp_path, sources)


def test_duplicates_are_found_among_customers_of_a_database(shared_backend, tmp_path):
    section = "duplicates: {method: exact, columns: {email: mail, phone: tel}}"
    head = HEAD.replace("{phone_region: PL}", f"{{phone_region: PL, {section}}}")
    columns = ["customer_id text", "since text", "mail text", "tel text"]
    fill(tmp_path, "people", columns, PEOPLE)
    made = project(shared_backend, tmp_path, CUSTOMERS, head=head)
    prepare_all(made)
    frame = made.store.frame(DUPLICATES)
    assert frame[["customer_id", "same_as"]].values.tolist() == [["a", "b"]]
    # What changed in columns that `customers` does not keep is seen all the same.
    fill(tmp_path, "people", columns, [PEOPLE[0], PEOPLE[2]])
    assert find_duplicates(made)
    assert made.store.frame(DUPLICATES).empty
