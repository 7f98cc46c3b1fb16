"""Exports of Dynamics 365: Excel files with labels, or tables with Dataverse names.

An Excel export begins with three hidden columns: the record's GUID under a label that
names the entity, a checksum, and the last change; labels are those of the user's
language. It shows names in place of the ids of other records, so that a case, an
opportunity or a call of it can be linked only where a column with the contact's id was
added. The Dataverse names are unconfirmed.
"""

from collections.abc import Callable, Mapping

import ibis

from ccml.sources.crm.export import Export, Lifecycle, ended_by_words
from ccml.sources.layouts import Layout

LOCKED = "(Do Not Modify)"
MODIFIED = {f"{LOCKED} Modified On": "modifiedon", f"{LOCKED} Row Checksum": "checksum"}
TIMES = frozenset({"createdon", "modifiedon", "actualclosedate", "actualend"})
MINUTE_S = 60
Values = Mapping[str, Callable[[ibis.Value], ibis.Value]]


def _direction(text: ibis.Value) -> ibis.Value:
    """Read the direction: true is outgoing."""
    small = text.lower()
    return ibis.cases(
        (small.isin(["true", "1", "yes", "outgoing"]), "outbound"),
        (small.isin(["false", "0", "no", "incoming"]), "inbound"),
        else_=text,
    )


def _minutes(text: ibis.Value) -> ibis.Value:
    """Write minutes as seconds; what is no number stays, and becomes a fault."""
    seconds = (text.try_cast("float64") * MINUTE_S).cast("string")
    return seconds.fill_null(text)


def _export(
    entity: str,
    key: str,
    labels: Mapping[str, str],
    optional: Mapping[str, str],
    lifecycle: Lifecycle | None = None,
    values: Values | None = None,
) -> Export:
    """Describe an entity by its Dataverse names and the labels of an Excel export.

    Args:
        entity: Label of the entity.
        key: Name of its id.
        labels: Label: name of the columns that must be there.
        optional: The same of those that may be there.
        lifecycle: How a record becomes events.
        values: Columns whose values are translated.
    """
    must = {f"{LOCKED} {entity}": key} | dict(labels)
    may = MODIFIED | dict(optional)
    excel = Layout(f"Dynamics 365 {entity}, Excel", tuple(must), tuple(may))
    names = Layout(
        f"Dynamics 365 {entity}, Dataverse", tuple(must.values()), tuple(may.values())
    )
    return Export(
        layouts=(excel, names),
        id=key,
        names=must | may,
        id_form="guid",
        ids=frozenset({key, "_customerid_value", "_regardingobjectid_value"}),
        times=TIMES,
        consent=frozenset({"donotphone", "donotbulkemail"}),
        lifecycle=lifecycle,
        values=values or {},
    )


CREATED = {"Created On": "createdon"}
STATE = {"Status": "statecode"}
CUSTOMER = {"Customer Id": "_customerid_value"}

DYNAMICS = {
    "dynamics_contacts": _export(
        "Contact",
        "contactid",
        CREATED,
        {
            "First Name": "firstname",
            "Last Name": "lastname",
            "Full Name": "fullname",
            "Company Name": "_parentcustomerid_value",
            "Email": "emailaddress1",
            "Business Phone": "telephone1",
            "Mobile Phone": "mobilephone",
            "Home Phone": "telephone2",
            "Do not allow Phone Calls": "donotphone",
            "Do not allow Bulk Emails": "donotbulkemail",
            **STATE,
        },
    ),
    "dynamics_cases": _export(
        "Case",
        "incidentid",
        CREATED | STATE,
        {
            "Case Number": "ticketnumber",
            "Origin": "caseorigincode",
            "Case Type": "casetypecode",
            "Priority": "prioritycode",
            **CUSTOMER,
        },
        Lifecycle(
            "opened",
            "createdon",
            ended_by_words("statecode"),
            "modifiedon",
            "modifiedon",
            ("statecode",),
        ),
    ),
    "dynamics_opportunities": _export(
        "Opportunity",
        "opportunityid",
        CREATED | STATE | {"Actual Close Date": "actualclosedate"},
        {"Est. Revenue": "estimatedvalue", "Actual Revenue": "actualvalue", **CUSTOMER},
        Lifecycle(
            "created",
            "createdon",
            ended_by_words("statecode"),
            "actualclosedate",
            "modifiedon",
            ("statecode",),
        ),
    ),
    "dynamics_phone_calls": _export(
        "Phone Call",
        "activityid",
        CREATED,
        {
            "Direction": "directioncode",
            "Duration": "actualdurationminutes",
            "Actual End": "actualend",
            "Regarding Id": "_regardingobjectid_value",
            **STATE,
        },
        values={"directioncode": _direction, "actualdurationminutes": _minutes},
    ),
}
