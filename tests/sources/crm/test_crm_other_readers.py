"""The readers of HubSpot and Dynamics 365 on rows made for them."""

import pandas as pd
import pytest
from crm_rows import GUID, events, instants, notes
from source_projects import project, reasons

from ccml.identity.prepare import prepare_customers

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


HUBSPOT = [
    "Record ID,Deal Name,Deal Stage,Amount,Create Date,Close Date,Associated Contact IDs",
    "1,x,Closed Won,10,2024-03-12 09:14,3/15/2024 2:30 PM,11; 12",
    "2,y,Presentation,20,3/15/2024 2:30 PM,4/1/2024 12:00 AM,11",
    "3,z,Closed lost,30,13/15/2024 2:30 PM,,",
]


def test_hubspot_deals_of_several_contacts_count_for_each(backend, tmp_path):
    made, rows = events(
        backend, tmp_path, "reader: hubspot_deals, time_zone: Europe/Warsaw", HUBSPOT
    )
    assert rows.event_id.tolist() == [
        "1:created:11",
        "1:created:12",
        "1:won:11",
        "1:won:12",
        "2:created:11",
    ]
    assert instants(rows) == [
        "2024-03-12 08:14",
        "2024-03-12 08:14",
        "2024-03-15 13:30",
        "2024-03-15 13:30",
        "2024-03-15 13:30",
    ]
    assert reasons(made, "things") == {3: "names no customer"}
    assert notes(made)["dates with slashes read month first (crm.date_order)"] > 0


@pytest.mark.parametrize("key", ["Record ID", "Ticket ID", "ticket id"])
def test_hubspot_tickets_have_their_id_under_two_labels(backend, tmp_path, key):
    _, rows = events(
        backend,
        tmp_path,
        "reader: hubspot_tickets, time_zone: UTC",
        [
            f"{key},Create date,Close date,Category,Source,Associated Contact IDs",
            "7,2024-01-01 10:00,2024-01-02 10:00,bill,Phone,11",
        ],
    )
    assert rows.event.tolist() == ["closed", "opened"]
    assert rows.ticket_id.tolist() == ["7", "7"]
    assert rows.source.tolist() == ["Phone", "Phone"]


def test_dynamics_contacts_allow_and_refuse_in_words(backend, tmp_path):
    made = project(
        backend,
        tmp_path,
        "customers: {reader: dynamics_contacts, path: crm/1.csv, time_zone: UTC}",
        crm_1=[
            "(Do Not Modify) Contact,(Do Not Modify) Row Checksum,Last Name,"
            "Do not allow Phone Calls,Do not allow Bulk Emails,Created On",
            f"{GUID},x,Ann,Do Not Allow,Allow,2024-01-01 10:00",
        ],
    )
    prepare_customers(made)
    rows = made.store.frame("customers")
    assert rows.customer_id.tolist() == [GUID.lower().strip("{}")]
    assert rows[["do_not_call", "opted_out"]].values.tolist() == [[True, False]]


def test_dynamics_phone_calls_last_minutes(backend, tmp_path):
    made, rows = events(
        backend,
        tmp_path,
        "reader: dynamics_phone_calls",
        [
            "activityid,_regardingobjectid_value,directioncode,actualdurationminutes,"
            "createdon",
            f"{GUID.replace('AB', 'A1')},{GUID},true,3,2024-01-01T10:00:00Z",
            f"{GUID.replace('AB', 'A2')},{GUID},False,,2024-01-01T10:00:00Z",
            f"{GUID.replace('AB', 'A3')},{GUID},callback,x,2024-01-01T10:00:00Z",
        ],
    )
    assert rows.duration_s.iloc[0] == 180
    assert pd.isna(rows.duration_s.iloc[1])
    assert rows.direction.tolist() == ["outbound", "inbound"]
    assert reasons(made, "things") == {3: "unparsable duration_s"}


def test_dynamics_cases_are_closed_at_their_last_change(backend, tmp_path):
    made, rows = events(
        backend,
        tmp_path,
        "reader: dynamics_cases, time_zone: UTC, header: {incidentid: Fall, "
        "modifiedon: Geändert, createdon: Created On, statecode: Status, "
        "_customerid_value: Customer Id}",
        [
            "Fall,Geändert,Created On,Status,Customer Id",
            f"{GUID},2024-01-05 10:00,2024-01-01 10:00,Canceled,{GUID}",
        ],
    )
    assert rows.event.tolist() == ["cancelled", "opened"]
    assert instants(rows) == ["2024-01-05 10:00", "2024-01-01 10:00"]
    assert notes(made)["closing known from the record's last change"] == 1
