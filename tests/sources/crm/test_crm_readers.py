"""Each reader on rows made for it: ids, dates, deletions, parts, and what it refuses."""

import pandas as pd
import pytest
from source_projects import KEY, project, reasons

from ccml.demo.crm_exports.salesforce import salesforce_ids
from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_all, prepare_customers, prepare_events

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")

ANN, BOB = salesforce_ids("003", [37, 62])
LEAD = salesforce_ids("00Q", [7])[0]
CASE = salesforce_ids("500", [10, 11, 12, 13])


@pytest.fixture
def backend(shared_backend, monkeypatch):
    monkeypatch.setenv("CCML_PSEUDONYM_KEY", KEY)
    return shared_backend


def instants(frame, column="event_at"):
    return [f"{at:%Y-%m-%d %H:%M}" for at in frame[column]]


def opened(backend, folder, section, **files):
    return project(backend, folder, section, **files)


def events(backend, folder, options, lines):
    """Read one event source and give the project and its rows."""
    made = opened(
        backend,
        folder,
        f"events: {{things: {{path: crm/1.csv, max_bad_share: 1, {options}}}}}",
        crm_1=lines,
    )
    prepare_events(made, "things")
    return made, made.store.frame("things").sort_values("event_id")


def notes(made, table="things"):
    frame = made.store.frame(f"ingest_summary__{table}")
    rows = frame[frame.kind == "note"]
    return dict(zip(rows.reason, rows.rows, strict=True))


CONTACTS = [
    '"ID","ISDELETED","PHONE","MOBILEPHONE","DONOTCALL","CREATEDDATE","TARIFF__C"',
    f'"{ANN}","false","600700800","600 700 800","true","2024-01-01T10:00:00.000Z","a"',
    f'"{BOB[:15]}","false","","","false","2024-01-02T10:00:00.000Z","b"',
    f'"{salesforce_ids("003", [99])[0]}","true","600700801","","","2024-01-02","b"',
]
SALESFORCE = """
customers: {reader: salesforce_contacts, path: crm/1.csv, attributes: [Tariff__c],
            time_zone: UTC}
customer_phones: {reader: salesforce_contacts, path: crm/1.csv, time_zone: UTC}
"""


def test_salesforce_contacts_in_capitals_become_customers_and_phones(backend, tmp_path):
    made = opened(backend, tmp_path, SALESFORCE, crm_1=CONTACTS)
    counts = prepare_all(made)["sources"]
    customers = made.store.frame("customers").set_index("customer_id")
    assert customers.do_not_call.to_dict() == {ANN: True, BOB: False}
    assert customers.Tariff__c.to_dict() == {ANN: "a", BOB: "b"}
    assert instants(customers, "valid_from") == ["2024-01-01 10:00", "2024-01-02 10:00"]
    assert counts["customers"]["set_aside"] == {"deleted in the CRM": 1}
    told = counts["customers"]["notes"]
    assert told == {"the export has no column HasOptedOutOfEmail": 2}


def test_each_number_is_a_row_and_a_contact_without_one_is_told(backend, tmp_path):
    made = opened(backend, tmp_path, SALESFORCE, crm_1=CONTACTS)
    counts = prepare_all(made)["sources"]["customer_phones"]
    assert made.store.frame("customer_phones").customer_id.tolist() == [ANN]
    assert counts["rows_in"] == 3
    assert counts["rows_kept"] == 1
    assert counts["set_aside"] == {"deleted in the CRM": 1, "names no phone number": 1}
    assert counts["notes"]["duplicate (one of several values of a row)"] == 1
    assert reasons(made, "customer_phones") == {
        2: "names no phone number",
        3: "deleted in the CRM",
    }


def test_phones_of_any_export_may_stand_in_several_columns(backend, tmp_path):
    made = opened(
        backend,
        tmp_path,
        "customer_phones: {path: crm/1.csv, customer_id: id, phones: [a, b]}",
        crm_1=["id,a,b", "1,600700800,600700801", "2,,600700802", "3,12,600700803"],
    )
    counts = prepare_all(made)["sources"]["customer_phones"]
    phones = made.store.frame("customer_phones")
    assert sorted(phones.customer_id) == ["1", "1", "2", "3"]
    assert counts["rows_kept"] == counts["rows_in"] == 3
    assert counts["notes"] == {
        "phone is internal (one of several values of a row)": 1,
    }


CASES = [
    "Id,ContactId,Origin,Reason,Priority,Status,IsClosed,CreatedDate,ClosedDate",
    f"{CASE[0]},{ANN},Phone,bill,High,Closed,true,"
    "2024-01-01T10:00:00.000Z,2024-01-03T10:00:00.000Z",
    f"{CASE[1]},{BOB[:15]},Web,fault,Low,New,false,2024-01-02T10:00:00.000Z,",
    f"{CASE[2]},,Web,fault,Low,New,false,2024-01-02T10:00:00.000Z,",
    f"{CASE[3].lower()[:14]},{ANN},Web,x,Low,New,false,2024-01-02T10:00:00.000Z,",
]


def test_a_case_is_opened_without_knowing_its_end(backend, tmp_path):
    made, rows = events(backend, tmp_path, "reader: salesforce_cases", CASES)
    assert rows.event_id.tolist() == [
        f"{CASE[0]}:closed",
        f"{CASE[0]}:opened",
        f"{CASE[1]}:opened",
    ]
    assert rows.customer_id.tolist() == [ANN, ANN, BOB]
    closed, first, second = (row for _, row in rows.iterrows())
    assert (closed.event, closed.reason, closed.status) == ("closed", "bill", "Closed")
    assert (first.event, first.origin) == ("opened", "Phone")
    assert pd.isna(first.reason)
    assert pd.isna(second.status)
    assert instants(rows, "known_at") == instants(rows)
    assert instants(rows) == [
        "2024-01-03 10:00",
        "2024-01-01 10:00",
        "2024-01-02 10:00",
    ]
    assert reasons(made, "things") == {
        3: "names no customer",
        4: "Id is no id of the CRM",
    }
    told = notes(made)
    assert (
        told["closing known from its editable close date (crm.closing_known_at)"] == 1
    )


def test_what_never_changes_may_be_kept_from_the_start(backend, tmp_path):
    options = (
        "reader: salesforce_cases, crm: {known_from_start: [Reason]}, "
        "categories: {event: _event, why: Reason, origin: Origin}"
    )
    _, rows = events(backend, tmp_path, options, CASES)
    opening = rows[rows.event == "opened"]
    assert opening.why.tolist() == ["bill", "fault"]
    assert opening.origin.isna().all()


WON, LOST, OPEN = salesforce_ids("006", [1, 2, 3])
CHANGED = "2024-01-09T10:00:00.000Z"
DEALS = [
    "Id,AccountId,ContactId,StageName,Amount,CloseDate,IsClosed,IsWon,CreatedDate,"
    "LastModifiedDate",
    f"{WON},,{ANN},Closed Won,10,2024-01-03,true,true,2024-01-01T10:00:00Z,{CHANGED}",
    f"{LOST},,{ANN},Closed Lost,20,2024-01-03,true,false,2024-01-03T10:00:00Z,{CHANGED}",
    f"{OPEN},,{BOB},Proposal,30,2024-09-03,false,false,2024-01-05T10:00:00Z,{CHANGED}",
]


def test_an_opportunity_is_won_on_its_close_date_known_from_its_end(backend, tmp_path):
    options = (
        "reader: salesforce_opportunities, key: ContactId, time_zone: Europe/Warsaw"
    )
    made, rows = events(backend, tmp_path, options, DEALS)
    ends = rows[rows.event != "created"].set_index("event")
    assert instants(ends.loc[["won"]]) == ["2024-01-02 23:00"]
    assert instants(ends.loc[["won"]], "known_at") == ["2024-01-03 23:00"]
    # Created at noon of its close date: the closing is not before the opening.
    assert instants(ends.loc[["lost"]]) == ["2024-01-03 10:00"]
    assert ends.amount.to_dict() == {"won": 10.0, "lost": 20.0}
    assert rows[rows.event == "created"].amount.isna().all()
    assert len(rows) == 5
    assert made.store.frame("ingest_summary__things").rows_kept.iloc[0] == 3


def test_a_closing_may_be_known_from_the_last_change(backend, tmp_path):
    options = (
        "reader: salesforce_opportunities, key: ContactId, time_zone: Europe/Warsaw, "
        "crm: {closing_known_at: last_modified}"
    )
    made, rows = events(backend, tmp_path, options, DEALS)
    ends = rows[rows.event != "created"]
    assert set(instants(ends, "known_at")) == {"2024-01-09 10:00"}
    assert notes(made)["closing known from the record's last change"] == 2


def test_a_close_date_needs_a_zone(backend, tmp_path):
    with pytest.raises(
        DataError, match=r"things.time_zone: time stamps without a zone"
    ):
        events(
            backend, tmp_path, "reader: salesforce_opportunities, key: ContactId", DEALS
        )


TASKS = [
    "Id,WhoId,CallObject,CallType,CallDisposition,CallDurationInSeconds,CreatedDate",
    f"{salesforce_ids('00T', [1])[0]},{ANN},call-1,Inbound,ok,60,2024-01-01T10:00:00Z",
    f"{salesforce_ids('00T', [2])[0]},{LEAD},call-2,Inbound,ok,60,2024-01-01T10:00:00Z",
    f"{salesforce_ids('00T', [3])[0]},{BOB},,,,,2024-01-01T10:00:00Z",
]


def test_tasks_give_links_between_calls_and_customers(backend, tmp_path):
    made = opened(
        backend,
        tmp_path,
        "call_links: {reader: salesforce_tasks, path: crm/1.csv}",
        crm_1=TASKS,
    )
    counts = prepare_all(made)["sources"]["call_links"]
    links = made.store.frame("call_links")
    assert links[["call_ref", "customer_id"]].values.tolist() == [["call-1", ANN]]
    assert counts["set_aside"] == {
        "about a lead, no customer": 1,
        "names no call": 1,
    }


@pytest.mark.parametrize(
    ("keep", "whose"),
    [("false", [ANN, BOB]), ("true", [ANN, LEAD, BOB])],
)
def test_leads_are_kept_when_the_config_says_so(backend, tmp_path, keep, whose):
    options = f"reader: salesforce_tasks, crm: {{keep_leads: {keep}}}"
    _, rows = events(backend, tmp_path, options, TASKS)
    assert rows.customer_id.tolist() == whose


def test_campaign_members_are_added_and_answer(backend, tmp_path):
    member, campaign = salesforce_ids("00v", [1, 2]), salesforce_ids("701", [1])[0]
    _, rows = events(
        backend,
        tmp_path,
        "reader: salesforce_campaign_members, time_zone: UTC, crm: {keep_leads: true}",
        [
            "Id,CampaignId,ContactId,LeadId,FirstRespondedDate,CreatedDate",
            f"{member[0]},{campaign},{ANN},,2024-01-05,2024-01-01T10:00:00Z",
            f"{member[1]},{campaign},,{LEAD},,2024-01-01T10:00:00Z",
        ],
    )
    assert rows.event.tolist() == ["added", "responded", "added"]
    assert rows.customer_id.tolist() == [ANN, ANN, LEAD]
    assert set(rows.campaign_id) == {campaign}
    assert instants(rows[rows.event == "responded"], "known_at") == ["2024-01-06 00:00"]


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


GUID = "{00000001-0000-4000-8000-0000000000AB}"


def test_dynamics_contacts_allow_and_refuse_in_words(backend, tmp_path):
    made = opened(
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


def test_an_unknown_header_names_the_nearest_layout(backend, tmp_path):
    with pytest.raises(DataError, match="Nearest is the layout 'Salesforce Case'"):
        events(
            backend,
            tmp_path,
            "reader: salesforce_cases",
            ["Id,Created,ClosedDate,ContactId", f"{CASE[0]},2024-01-01,,{ANN}"],
        )


def test_events_of_nobody_are_refused(backend, tmp_path):
    lines = [line.replace(ANN, "").replace(BOB[:15], "") for line in CASES]
    with pytest.raises(DataError, match="'ContactId' is empty in all 4 rows"):
        events(backend, tmp_path, "reader: salesforce_cases", lines)


@pytest.mark.parametrize(
    ("section", "told"),
    [
        pytest.param(
            "customers: {reader: hubspot_deals, path: crm/1.csv}",
            "reads \\['events'\\] and no customers",
            id="another-kind",
        ),
        pytest.param(
            "customers: {path: crm/1.csv, header: {Id: key}}",
            "only a CRM's reader has known columns",
            id="header-without-crm",
        ),
        pytest.param(
            "customers: {reader: salesforce_contacts, path: crm/1.csv}\n"
            "events: {o: {reader: salesforce_opportunities, path: crm/1.csv}}",
            "events.o: the key 'AccountId' names accounts",
            id="mixed-levels",
        ),
        pytest.param(
            "customers: {reader: salesforce_accounts, path: crm/1.csv}\n"
            "customer_phones: {reader: salesforce_contacts, path: crm/1.csv}",
            "customer_phones: the key 'Id' names contacts",
            id="mixed-phones",
        ),
    ],
)
def test_configs_that_would_link_nothing_are_refused(backend, tmp_path, section, told):
    with pytest.raises(ConfigError, match=told):
        opened(backend, tmp_path, section, crm_1=CONTACTS)
