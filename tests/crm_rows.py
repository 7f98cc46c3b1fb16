"""Rows of CRM exports that are made for one test, and what became of them."""

from source_projects import project

from ccml.demo.crm_exports.salesforce import salesforce_ids
from ccml.identity.prepare import prepare_events

ANN, BOB = salesforce_ids("003", [37, 62])
LEAD = salesforce_ids("00Q", [7])[0]
CASE = salesforce_ids("500", [10, 11, 12, 13])
GUID = "{00000001-0000-4000-8000-0000000000AB}"


def instants(frame, column="event_at"):
    return [f"{at:%Y-%m-%d %H:%M}" for at in frame[column]]


def events(backend, folder, options, lines):
    """Read one event source and give the project and its rows."""
    made = project(
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
