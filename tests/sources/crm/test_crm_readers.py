"""Salesforce's readers on rows made for them, and what every CRM's reader refuses."""

import pandas as pd
import pytest
from crm_company import read_links
from crm_rows import ANN, BOB, CASE, LEAD, events, instants, notes
from source_projects import project, reasons

from ccml.demo.crm_exports.salesforce import salesforce_ids
from ccml.errors import ConfigError, DataError
from ccml.identity.prepare import prepare_all, prepare_customers, prepare_events

# Ibis 12 calls a method that DuckDB 2 has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table")


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
    made = project(backend, tmp_path, SALESFORCE, crm_1=CONTACTS)
    counts = prepare_all(made)["sources"]
    customers = made.store.frame("customers").set_index("customer_id")
    assert customers.do_not_call.to_dict() == {ANN: True, BOB: False}
    assert customers.Tariff__c.to_dict() == {ANN: "a", BOB: "b"}
    assert instants(customers, "valid_from") == ["2024-01-01 10:00", "2024-01-02 10:00"]
    assert counts["customers"]["set_aside"] == {"deleted in the CRM": 1}
    told = counts["customers"]["notes"]
    assert told == {
        "the export has no column HasOptedOutOfEmail": 2,
        "today's values, taken as valid since the record was created": 2,
    }


def test_each_number_is_a_row_and_a_contact_without_one_is_told(backend, tmp_path):
    made = project(backend, tmp_path, SALESFORCE, crm_1=CONTACTS)
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
    made = project(
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
    made = project(
        backend,
        tmp_path,
        "call_links: {reader: salesforce_tasks, path: crm/1.csv}",
        crm_1=TASKS,
    )
    links, aside = read_links(made)
    assert links[["call_ref", "customer_id"]].values.tolist() == [["call-1", ANN]]
    assert aside == {"about a lead, no customer": 1, "names no call": 1}


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


def test_a_history_gives_validity_that_the_config_names(backend, tmp_path):
    made = project(
        backend,
        tmp_path,
        "customers: {reader: salesforce_contacts, path: crm/1.csv, valid_from: From__c, "
        "valid_to: to__c, known_at: From__c, current_only: false, "
        "attributes: [Tariff__c]}",
        crm_1=[
            "Id,CreatedDate,From__c,To__c,Tariff__c",
            f"{ANN},2024-01-01T10:00:00Z,2024-01-01T10:00:00Z,2024-02-01T10:00:00Z,a",
            f"{ANN},2024-01-01T10:00:00Z,2024-02-01T10:00:00.000+0000,,b",
        ],
    )
    prepare_customers(made)
    rows = made.store.frame("customers").sort_values("valid_from")
    assert rows.Tariff__c.tolist() == ["a", "b"]
    assert instants(rows, "valid_from") == ["2024-01-01 10:00", "2024-02-01 10:00"]
    assert not made.config.sources.customers.current_only
    assert "today's values, taken as valid since the record was created" not in notes(
        made, "customers"
    )


def test_files_with_other_headers_are_read_together(backend, tmp_path):
    made = project(
        backend,
        tmp_path,
        "events: {things: {reader: salesforce_cases, path: crm/*}}",
        crm_1=CASES[:2],
        crm_2=[
            "ID,CONTACTID,CREATEDDATE,CLOSEDDATE",
            f"{CASE[1]},{BOB},2024-01-02T10:00:00Z,",
        ],
    )
    prepare_events(made, "things")
    assert len(made.store.frame("things")) == 3
    told = notes(made)
    assert told["the export has no column Reason"] == 1


def test_a_column_that_never_changes_must_be_one(backend, tmp_path):
    options = "reader: salesforce_cases, crm: {known_from_start: [Reasons]}"
    with pytest.raises(ConfigError, match=r"known_from_start: .*Did you mean 'Reason'"):
        events(backend, tmp_path, options, CASES)


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
        project(backend, tmp_path, section, crm_1=CONTACTS)
