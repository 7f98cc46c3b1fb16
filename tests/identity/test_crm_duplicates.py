"""Customers that are one person: the exact rule, splink, and one id per person."""

import sys

import pandas as pd
import pytest
from people_rows import pairs_of, people
from pydantic import ValidationError
from source_projects import HEAD, project

from ccml.config.duplicates import DuplicatesConfig
from ccml.errors import ConfigError, DataError
from ccml.identity.duplicates import customer_duplicates, person_ids
from ccml.identity.duplicates_stage import DUPLICATES, find_duplicates
from ccml.identity.prepare import prepare_customers

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

NAMES = ["first_name", "last_name", "email", "birth_date", "postcode", "phone"]
EVERY = DuplicatesConfig(columns={name: name for name in NAMES})
EXACT = DuplicatesConfig(columns={"email": "e", "phone": "p"}, method="exact")


def rows(*given):
    """Lay people out: customer_id, email, phone; the rest is missing."""
    frame = pd.DataFrame(given, columns=["customer_id", "email", "phone"])
    return frame.assign(**{n: None for n in NAMES if n not in frame.columns})


def found(frame, config=EXACT, most_shared=5):
    made = customer_duplicates(frame, config, most_shared, seed=1)
    return list(zip(made.customer_id, made.same_as, made.person_id, strict=True))


def test_the_same_mail_and_phone_are_one_person_and_one_of_both_is_not():
    frame = rows(
        ("b", "x@example.com", "1"),
        ("a", "x@example.com", "1"),
        ("c", "x@example.com", "2"),
        ("d", None, "1"),
        ("e", None, "1"),
    )
    assert found(frame) == [("a", "b", "a")]


def test_values_of_very_many_customers_tell_nobody_apart():
    frame = rows(*((f"c{i}", "none@example.com", "0") for i in range(6)))
    assert found(frame) == []
    assert len(found(frame, most_shared=6)) == 15


def test_nobody_is_twice_where_nobody_is():
    assert found(rows()) == []
    assert found(rows(("a", "x@example.com", "1")), EVERY) == []


def test_pairs_that_hang_together_are_one_person():
    left = pd.Series(["b", "c", "e"])
    right = pd.Series(["c", "d", "f"])
    assert list(person_ids(left, right)) == ["b", "b", "e"]


@pytest.mark.slow
def test_splink_finds_known_duplicates_and_spares_households(capsys):
    frame = people(2_000, 0.1)
    true = pairs_of(frame)
    pairs = {pair[:2] for pair in found(frame.drop(columns="who"), EVERY)}
    precision, recall = len(pairs & true) / len(pairs), len(pairs & true) / len(true)
    with capsys.disabled():
        sys.stdout.write(
            f"\nduplicates of customers: precision {precision:.3f}, recall {recall:.3f}, "
            f"{len(true)} true pairs\n"
        )
    assert precision > 0.93
    assert recall > 0.9


def test_the_order_of_customers_changes_nothing():
    frame = people(150, 0.2).drop(columns="who")
    mixed = frame.sample(frac=1, random_state=3)
    assert found(frame, EVERY) == found(mixed, EVERY)
    assert found(frame, EVERY)


def test_without_splink_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(ConfigError, match=r"pip install ccml\[splink\]"):
        found(people(20, 0.5).drop(columns="who"), EVERY)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"columns": {"email": "e"}, "method": "exact"}, "email and phone"),
        ({"columns": {"email": "e", "phone": "p"}}, "at least three columns"),
        ({"columns": {"nickname": "n"}}, "nickname"),
    ],
)
def test_too_few_columns_are_refused(config, words):
    with pytest.raises(ValidationError, match=words):
        DuplicatesConfig.model_validate(config)


SOURCES = "customers: {path: crm/1.csv, valid_from: since}"
LINES = [
    "customer_id,since,mail,tel",
    "a,2026-01-01T00:00:00Z,old@example.com,600 700 800",
    "a,2026-02-01T00:00:00Z,Anna@Example.com ,+48 600700800",
    "b,2026-01-01T00:00:00Z,anna@example.com,0048600700800",
    "c,2026-01-01T00:00:00Z,old@example.com,600 700 800",
    ",2026-01-01T00:00:00Z,anna@example.com,600 700 800",
]


def head(mail="mail"):
    section = f"duplicates: {{method: exact, columns: {{email: {mail}, phone: tel}}}}"
    return HEAD.replace("{phone_region: PL}", f"{{phone_region: PL, {section}}}")


def opened(backend, folder, text):
    sources = SOURCES.replace("}", ", max_bad_share: 1}")
    made = project(backend, folder, sources, head=text, crm_1=LINES)
    prepare_customers(made)
    return made


def test_the_newest_values_are_compared_and_no_value_is_stored(
    shared_backend, tmp_path
):
    made = opened(shared_backend, tmp_path, head())
    assert find_duplicates(made)
    frame = made.store.frame(DUPLICATES)
    assert frame.to_dict("records") == [
        {
            "customer_id": "a",
            "same_as": "b",
            "probability": 1.0,
            "rule": "exact",
            "person_id": "a",
        }
    ]
    assert not find_duplicates(made)
    stored = b"".join(f.read_bytes() for f in made.workspace.rglob("*.parquet"))
    assert b"example.com" not in stored
    assert b"600700800" not in stored
    assert not [t for t in shared_backend.list_tables() if t.startswith("scratch_")]


def test_a_missing_column_is_told_with_its_place(shared_backend, tmp_path):
    made = opened(shared_backend, tmp_path, head(mail="e_mail"))
    with pytest.raises(DataError, match=r"duplicates\.columns\.email.*'e_mail'"):
        find_duplicates(made)


def test_duplicates_need_customers(shared_backend, tmp_path):
    sources = "flat:\n  things: {path: things/1.csv}"
    made = project(shared_backend, tmp_path, sources, head=head(), things_1=["a", "1"])
    with pytest.raises(ConfigError, match=r"sources\.customers is needed"):
        find_duplicates(made)
