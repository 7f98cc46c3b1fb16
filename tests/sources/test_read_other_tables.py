"""Customers, phones, events and flat tables."""

import io
import zipfile

import pandas as pd
import pytest
from source_projects import project, reasons

from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_all, prepare_customers, prepare_flat

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

CRM = """
customers:
  path: crm/1.csv
  max_bad_share: 1
  valid_from: since
  valid_to: until
  known_at: recorded
  attributes: [tariff, fee, code]
  opted_out: refuses
"""
CRM_HEADER = "customer_id,since,until,recorded,tariff,fee,code,refuses"


def state(customer, since, until="", fee="9.5", refuses="no"):
    """One raw row of the CRM; months of 2026."""
    begin = f"2026-{since:02}-01T00:00:00Z"
    end = f"2026-{until:02}-01T00:00:00Z" if until else ""
    return f"{customer},{begin},{end},{begin},basic,{fee},007,{refuses}"


def test_customers_get_typed_attributes_and_closed_validity(shared_backend, tmp_path):
    rows = [state("c1", 1), state("c1", 3, refuses="YES"), state("c2", 2, 5)]
    opened = project(shared_backend, tmp_path, CRM, crm_1=[CRM_HEADER, *rows])
    told = prepare_all(opened)["sources"]["customers"]
    table = opened.store.frame("customers").set_index(["customer_id", "valid_from"])
    first = table.loc[("c1", pd.Timestamp("2026-01-01T00:00Z"))]
    assert first.valid_to == pd.Timestamp("2026-03-01T00:00Z")
    assert (first.fee, first.code, first.tariff) == (9.5, "007", "basic")
    assert table.opted_out.tolist() == [False, True, False]
    assert not table.do_not_call.any()
    assert list(told["notes"].values()) == [1]


def test_overlapping_and_backward_validity_is_set_aside(shared_backend, tmp_path):
    rows = [state("c1", 1, 6), state("c1", 3, 7), state("c2", 5, 4), state("", 1)]
    opened = project(shared_backend, tmp_path, CRM, crm_1=[CRM_HEADER, *rows])
    prepare_customers(opened)
    assert reasons(opened, "customers") == {
        2: "overlapping validity",
        3: "validity ends before it starts",
        4: "missing customer_id",
    }


def refusals(opened):
    frame = opened.store.frame("refusals").set_index("customer_id")
    assert not frame.do_not_call.any()
    return frame.opted_out.to_dict()


@pytest.mark.parametrize(
    ("rows", "refuses"),
    [
        pytest.param([state("c1", 1), state("c1", 3)], False, id="never"),
        pytest.param(
            [state("c1", 1, refuses="y"), state("c1", 3)], False, id="no-more"
        ),
        pytest.param(
            [state("c1", 1, 6), state("c1", 3, refuses="y")], True, id="overlapping"
        ),
        pytest.param(
            [state("c1", 1, 6, refuses="y"), state("c1", 3)], False, id="withdrawn"
        ),
        pytest.param(
            [state("c1", 1, refuses="n"), state("c1", 1, refuses="y")], True, id="equal"
        ),
        pytest.param(
            [state("c1", 5, 4, refuses="y"), state("c1", 6)], True, id="backward"
        ),
        pytest.param(
            [state("c1", 1, refuses="y"), state("c1", 6, 5)], True, id="kept-refuses"
        ),
        pytest.param(
            [state("c1", 77, refuses="y"), state("c1", 6)], True, id="no-start"
        ),
        pytest.param(
            [state("c1", 1, 77, refuses="y"), state("c1", 6)], True, id="no-end"
        ),
        pytest.param([state("c1", 1, refuses="perhaps")], True, id="unreadable"),
        pytest.param(
            [state("c1", 1, refuses="perhaps"), state("c1", 3)], False, id="read-later"
        ),
        pytest.param([state("c1", 1, refuses="")], False, id="empty"),
    ],
)
def test_refusals_are_read_from_rows_that_are_set_aside_too(
    shared_backend, tmp_path, rows, refuses
):
    lines = [CRM_HEADER, *rows, state("", 1, refuses="y"), state("c2", 1)]
    opened = project(shared_backend, tmp_path, CRM, crm_1=lines)
    prepare_customers(opened)
    assert refusals(opened) == {"c1": refuses, "c2": False}


def test_a_flag_that_cannot_be_read_refuses_whatever_else_is_wrong(
    shared_backend, tmp_path
):
    both = CRM.replace("opted_out: refuses", "opted_out: refuses\n  do_not_call: code")
    rows = [state("c1", 1, refuses="perhaps")]
    opened = project(shared_backend, tmp_path, both, crm_1=[CRM_HEADER, *rows])
    prepare_customers(opened)
    assert reasons(opened, "customers") == {1: "unparsable opted_out"}
    one = opened.store.frame("refusals").iloc[0]
    assert one.opted_out
    assert one.do_not_call


def test_without_flag_columns_nobody_refuses(shared_backend, tmp_path):
    plain = CRM.replace("  opted_out: refuses\n", "")
    rows = [state("c1", 1, refuses="yes")]
    opened = project(shared_backend, tmp_path, plain, crm_1=[CRM_HEADER, *rows])
    prepare_customers(opened)
    assert refusals(opened) == {"c1": False}


def attributes(backend, folder, values, zone=""):
    """Store one attribute of as many customers; give its type and values."""
    opened = project(
        backend,
        folder,
        f"customers: {{path: crm/1.csv, known_at: k, attributes: [a]{zone}}}",
        crm_1=["customer_id,k,a"]
        + [f"c{i},2026-01-01T00:00:00Z,{value}" for i, value in enumerate(values)],
    )
    prepare_customers(opened)
    kept = opened.store.frame("customers").a
    kind = opened.store.manifest("customers").columns["a"]
    return kind, [None if pd.isna(value) else value for value in kept]


@pytest.mark.parametrize(
    ("values", "instants"),
    [
        pytest.param(
            ["2025-01-01", "2025-07-01", " "],
            ["2024-12-31T23:00Z", "2025-06-30T22:00Z", None],
            id="dates-are-local-midnights",
        ),
        pytest.param(
            ["2025-01-01T12:00:00Z", "2025-01-01 12:00:00.5+02:00", "2025-01-01 12:00"],
            ["2025-01-01T12:00Z", "2025-01-01T10:00:00.5Z", "2025-01-01T11:00Z"],
            id="time-stamps",
        ),
    ],
)
def test_attributes_that_are_dates_throughout_become_instants(
    shared_backend, tmp_path, values, instants
):
    kind, kept = attributes(shared_backend, tmp_path, values)
    assert kind.startswith("timestamp('UTC'")
    assert kept == [text and pd.Timestamp(text) for text in instants]


def test_dates_are_midnights_of_the_zone_of_their_source(shared_backend, tmp_path):
    zone = ", time_zone: America/New_York"
    _, kept = attributes(shared_backend, tmp_path, ["2025-01-01"], zone)
    assert kept == [pd.Timestamp("2025-01-01T05:00Z")]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["2025-01-01", "soon"], id="one-is-none"),
        pytest.param(["2025-01-01", "2025-02-30"], id="no-such-day"),
        pytest.param(["2025-01"], id="a-month"),
        pytest.param(["01.02.2025"], id="not-iso"),
        pytest.param(["2025-01-01 was fine"], id="begins-like-one"),
        pytest.param([""], id="nothing"),
    ],
)
def test_attributes_that_are_not_dates_throughout_stay_texts(
    shared_backend, tmp_path, values
):
    kind, kept = attributes(shared_backend, tmp_path, values)
    assert kind == "string"
    assert kept == [value or None for value in values]


def test_a_customer_table_without_times_is_valid_always(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        "customers: {path: crm/1.csv, current_only: true}",
        crm_1=["customer_id,x", "c1,1"],
    )
    prepare_customers(opened)
    one = opened.store.frame("customers").iloc[0]
    assert one.valid_from == one.known_at < pd.Timestamp("1901-01-01T00:00Z")
    assert pd.isna(one.valid_to)


def test_an_attribute_may_not_hide_a_column_of_every_customer(shared_backend, tmp_path):
    with pytest.raises(ConfigError, match=r"\['known_at'\] are columns of every"):
        project(
            shared_backend, tmp_path, "customers: {path: x, attributes: [known_at]}"
        )


def test_phones_become_pseudonyms_and_odd_ones_are_set_aside(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        "customer_phones: {path: phones/1.csv, max_bad_share: 1}",
        phones_1=[
            "customer_id,phone",
            "c1,+48 600 700 800",
            "c2,600-700-800",
            "c3,12",
            "c4,",
            "c5,hello",
        ],
    )
    prepare_all(opened)
    phones = opened.store.frame("customer_phones")
    assert phones.phone_key.nunique() == 1
    assert set(phones.customer_id) == {"c1", "c2"}
    assert reasons(opened, "customer_phones") == {
        3: "phone is internal",
        4: "phone is missing",
        5: "phone is invalid",
    }


EVENTS = """
events:
  bills:
    path: bills/1.csv
    max_bad_share: 1
    id: bill
    key: who
    event_at: billed
    known_at: seen
    measures: {amount_eur: amount}
    categories: {kind: type}
    flags: [paid]
    times: {due_at: due}
"""


def test_events_keep_what_the_config_names(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        EVENTS,
        bills_1=[
            "bill,who,billed,seen,amount,type,paid,due,secret",
            "b1,c1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1e2,x,y,,s",
            "b2,c1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1,x,maybe,,s",
            "b3,,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,1,x,1,,s",
        ],
    )
    prepare_all(opened)
    bills = opened.store.frame("bills")
    assert list(bills.columns) == [
        "event_id",
        "customer_id",
        "event_at",
        "known_at",
        "due_at",
        "amount_eur",
        "kind",
        "paid",
        "source_file",
    ]
    assert bills[["event_id", "amount_eur", "kind", "paid"]].values.tolist() == [
        ["b1", 100.0, "x", True]
    ]
    assert reasons(opened, "bills") == {2: "unparsable paid", 3: "missing customer_id"}


def test_a_column_given_twice_is_a_config_error(shared_backend, tmp_path):
    twice = EVENTS.replace("[paid]", "[kind]")
    with pytest.raises(ConfigError, match=r"\['kind'\] are given twice"):
        project(shared_backend, tmp_path, twice)


FLAT = "flat: {things: {path: things/1.csv, max_bad_share: 0.5}}"


def test_flat_tables_get_clean_names_types_and_row_numbers(shared_backend, tmp_path):
    opened = project(
        shared_backend,
        tmp_path,
        FLAT,
        things_1=[
            "Call  Failure,share,code,y,nothing",
            "8,.5,01,yes,",
            "8,.5,01,yes,",
            "9,1e1,02,no,",
            "8,,01,yes,",
        ],
    )
    told = prepare_all(opened)["sources"]["flat__things"]
    assert (told["rows_in"], told["rows_kept"]) == (4, 3)
    things = opened.store.frame("flat__things")
    assert things.row_no.tolist() == [1, 3, 4]
    assert things.Call_Failure.tolist() == [8, 9, 8]
    assert things.code.tolist() == ["01", "02", "01"]
    kinds = opened.store.manifest("flat__things").columns
    assert (kinds["Call_Failure"], kinds["share"]) == ("int64", "float64")
    assert kinds["nothing"] == "string"
    assert reasons(opened, "flat__things") == {2: "duplicate row"}


def test_copies_stay_when_the_config_says_so(shared_backend, tmp_path):
    keep = FLAT.replace("0.5", "0.5, drop_duplicates: false, rename: {label: y}")
    lines = ["x,y", "1,a", "1,a"]
    opened = project(shared_backend, tmp_path, keep, things_1=lines)
    prepare_all(opened)
    assert opened.store.frame("flat__things").label.tolist() == ["a", "a"]


def test_a_broken_line_of_a_flat_table_is_counted(shared_backend, tmp_path):
    lines = ["x,y", "1,a", "2", "3,c"]
    opened = project(shared_backend, tmp_path, FLAT, things_1=lines)
    told = prepare_all(opened)["sources"]["flat__things"]
    assert told["set_aside"] == {"too few fields": 1}
    assert reasons(opened, "flat__things") == {2: "too few fields"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["x,X", "1,2"], "capitals do"),
        (["a  b,a b", "1,2"], "would have one name"),
        (["row_no,b", "1,2"], "is named row_no"),
    ],
)
def test_names_that_would_collide_are_refused(shared_backend, tmp_path, lines, message):
    opened = project(shared_backend, tmp_path, FLAT, things_1=lines)
    with pytest.raises(DataError, match=message):
        prepare_flat(opened, "things")


def archive(tmp_path):
    """An archive in an archive."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as written:
        written.writestr("in/things.csv", "a;b\n1;x\n2;y\n")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as written:
        written.writestr("inner.zip", inner.getvalue())


def test_a_member_of_a_nested_archive_is_read(shared_backend, tmp_path):
    archive(tmp_path)
    member = "{path: outer.zip, member: inner.zip/in/things.csv}"
    opened = project(shared_backend, tmp_path, f"flat: {{things: {member}}}")
    prepare_all(opened)
    assert opened.store.frame("flat__things").a.tolist() == [1, 2]


def test_an_unknown_member_suggests_the_nearest(shared_backend, tmp_path):
    archive(tmp_path)
    member = "{path: outer.zip, member: inner.zip/in/thing.csv}"
    opened = project(shared_backend, tmp_path, f"flat: {{things: {member}}}")
    with pytest.raises(ConfigError, match=r"no member .*mean 'in/things\.csv'"):
        prepare_flat(opened, "things")


def test_a_member_of_no_archive_is_refused(shared_backend, tmp_path):
    (tmp_path / "outer.zip").write_text("text")
    member = "{path: outer.zip, member: inner.csv}"
    opened = project(shared_backend, tmp_path, f"flat: {{things: {member}}}")
    with pytest.raises(DataError, match="no zip archive"):
        prepare_flat(opened, "things")
