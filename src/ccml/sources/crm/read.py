"""The file of a CRM as columns with known names, ids, dates and events."""

from collections.abc import Mapping
from dataclasses import replace

import ibis

from ccml.config.crm import EVENT, OWN
from ccml.config.sources import CrmSource
from ccml.contracts.schema import DELETED, LEAD, NO_CALL, NO_CUSTOMER
from ccml.contracts.split import FAULT, PART, ROW
from ccml.errors import DataError, unknown_name
from ccml.sources.cast import Cast, as_flag, as_text
from ccml.sources.crm import CRM_READERS
from ccml.sources.crm.dates import is_slashed, iso_text, refuse_other_order
from ccml.sources.crm.export import Export
from ccml.sources.crm.ids import LEAD as LEAD_SIGN
from ccml.sources.crm.ids import known_id, refuse_changed_capitals
from ccml.sources.crm.lifecycle import as_table, split_customers, split_events
from ccml.sources.csv_files import FILE
from ccml.sources.layouts import match_layout
from ccml.sources.raw import RawFiles, require_columns
from ccml.sources.scratch import as_view, keep_aside
from ccml.sources.staging import NOTE

MADE = frozenset({EVENT, *OWN.values()})
KEYS = ("customer_id", "key")
INSTANTS = ("valid_from", "valid_to", "known_at", "event_at")
POSITION = (ROW, FILE)
TODAY = f"{NOTE}today's values, taken as valid since the record was created"


def crm_raw(
    source: CrmSource, wanted: Mapping[str, str], place: str, raw: RawFiles
) -> RawFiles:
    """Bring the export of a CRM into known names and forms; other files stay.

    Args:
        source: The section of the config.
        wanted: Key of the section: column that it names, known or the file's own.
        place: Where the section stands in the config.
        raw: The opened file.

    Returns:
        The wanted columns, the fault of rows that are not read, notes, and the part
        where a row becomes several.

    Raises:
        DataError: The header is not known, ids were changed, or no row names a customer.
    """
    export = CRM_READERS.get(source.reader)
    if export is None:
        return raw
    _refuse_unknown_columns(export, source, wanted, place)
    key = next((wanted[name] for name in KEYS if name in wanted), export.id)
    rows = _known_names(export, source, wanted, place, raw)
    dates = _date_columns(rows, export, wanted)
    _refuse_strange(rows, export, source, (key, raw.name, place), dates)
    clean = _known_dates(rows, dates, source)
    if export.joined_key == key:
        clean = split_customers(clean, key)
    clean = _known_ids(clean, export, {key, export.id})
    clean = _known_values(clean, export, source)
    clean = _with_fault(clean, export, source, wanted, key)
    rows = as_table(clean, rows)
    _require_customers(rows, key, raw.name, place)
    kept = sorted(set(wanted.values()) - MADE)
    rows = split_events(rows, export, source.crm, source.time_zone, kept)
    made = [name for name in rows.columns if name in MADE or name.startswith(NOTE)]
    part = [PART] if PART in rows.columns else []
    names = dict.fromkeys((*POSITION, FAULT, *part, *kept, *made))
    return replace(raw, rows=as_view(rows.select(*names)))


def _refuse_unknown_columns(
    export: Export, source: CrmSource, wanted: Mapping[str, str], place: str
) -> None:
    known = {*export.columns, *wanted.values()} - MADE
    for name in source.crm.known_from_start:
        if name not in known:
            where = f"{place}.crm.known_from_start"
            raise unknown_name("column that is read", name, known, where)


def carried(source: CrmSource, raw: RawFiles) -> dict[str, Cast]:
    """List what the reader made of a CRM's rows beside the wanted columns."""
    if source.reader not in CRM_READERS:
        return {}
    names = [n for n in raw.rows.columns if n == PART or n.startswith(NOTE)]
    return {name: Cast(raw.rows[name]) for name in names}


def _known_names(
    export: Export,
    source: CrmSource,
    wanted: Mapping[str, str],
    place: str,
    raw: RawFiles,
) -> ibis.Table:
    """Select the columns by their known names; those that are not there are null."""
    columns = raw.columns
    matched = match_layout(export.layouts, columns, source.header, raw.name, place)
    there = {export.names.get(c, c): own for c, own in matched.names.items()}
    small = {column.lower(): column for column in reversed(columns)}
    asked = {n: c for n, c in wanted.items() if c not in {*export.columns, *MADE}}
    own = {name: small.get(name.lower(), name) for name in asked.values()}
    require_columns(raw, {n: own[c] for n, c in asked.items()}, place)
    needed = (export.needed | set(wanted.values())) - MADE
    texts = {
        name: as_text(raw.rows[column]).value
        for name, column in (there | own).items()
        if name in needed
    }
    absent = sorted(needed - set(texts))
    nulls = dict.fromkeys(absent, ibis.null("string"))
    # Every file has the same notes, so that files with other headers fit together.
    told = {
        f"{NOTE}the export has no column {name}": ibis.literal(name in absent)
        for name in sorted(set(export.columns) & set(wanted.values()))
    }
    if "valid_from" in wanted:
        told[TODAY] = ibis.literal("valid_to" not in wanted)
    chosen = raw.rows.select(*POSITION, **texts, **nulls, **told)
    # The file is read once, whatever is asked of its rows.
    return keep_aside(ibis.get_backend(raw.rows), chosen)


def _date_columns(
    rows: ibis.Table, export: Export, wanted: Mapping[str, str]
) -> list[str]:
    named = {
        column
        for name, column in wanted.items()
        if name in INSTANTS or name.startswith("times.")
    }
    return sorted((named - MADE) | (export.times & set(rows.columns)))


def _refuse_strange(
    rows: ibis.Table,
    export: Export,
    source: CrmSource,
    names: tuple[str, str, str],
    dates: list[str],
) -> None:
    """Stop when dates are of the other order, or ids lost their capitals."""
    key, file, place = names
    refuse_other_order(rows, dates, source.crm.date_order, place)
    if export.id_form == "salesforce":
        columns = sorted({key, export.id} & export.ids)
        refuse_changed_capitals(rows, columns, file, place)


def _known_dates(rows: ibis.Table, columns: list[str], source: CrmSource) -> ibis.Table:
    order = source.crm.date_order
    slashed = ibis.or_(*(is_slashed(rows[name]).fill_null(False) for name in columns))
    words = order.replace("_", " ")
    note = {f"{NOTE}dates with slashes read {words} (crm.date_order)": slashed}
    dates = {name: iso_text(rows[name], order) for name in columns}
    return rows.mutate(**dates, **note)


def _known_ids(rows: ibis.Table, export: Export, keys: set[str]) -> ibis.Table:
    """Bring ids into one form; a wrong key is a fault of the row."""
    columns = sorted(export.ids & set(rows.columns))
    ids = {name: known_id(rows[name], export.id_form) for name in columns}
    bad = [
        (rows[name].notnull() & ids[name].isnull(), f"{name} is no id of the CRM")
        for name in columns
        if name in keys
    ]
    nothing = ibis.null("string")
    fault = ibis.cases(*bad, else_=nothing) if bad else nothing
    return rows.mutate(**ids, **{FAULT: fault})


def _known_values(rows: ibis.Table, export: Export, source: CrmSource) -> ibis.Table:
    """Translate consent words into true and false, and other values of the CRM."""
    crm = source.crm
    words = {
        **dict.fromkeys((word.lower() for word in crm.allowing_words), "false"),
        **dict.fromkeys((word.lower() for word in crm.refusing_words), "true"),
    }
    values = {
        name: ibis.coalesce(
            *(
                ibis.ifelse(rows[name].lower() == w, to, None)
                for w, to in words.items()
            ),
            rows[name],
        )
        for name in sorted(export.consent & set(rows.columns))
    }
    values |= {
        name: change(rows[name])
        for name, change in export.values.items()
        if name in rows.columns
    }
    return rows.mutate(**values) if values else rows


def _with_fault(
    rows: ibis.Table,
    export: Export,
    source: CrmSource,
    wanted: Mapping[str, str],
    key: str,
) -> ibis.Table:
    """Find rows that tell nothing of a customer: deleted ones, leads, those of nobody."""
    reasons: list[tuple[ibis.Value, str]] = []
    if export.deleted:
        is_deleted = as_flag(rows[export.deleted]).value.fill_null(False)
        reasons.append((is_deleted, DELETED))
    whose = rows[key]
    if export.lead_key and source.crm.keep_leads:
        whose = whose.fill_null(rows[export.lead_key])
    elif export.lead_key:
        lead = rows[export.lead_key]
        of_lead = lead.startswith(LEAD_SIGN) & (whose.isnull() | (whose == lead))
        reasons.append((of_lead, LEAD))
    if key != export.id:
        reasons.append((whose.isnull(), NO_CUSTOMER))
    if "call_id" in wanted:
        reasons.append((rows[wanted["call_id"]].isnull(), NO_CALL))
    nothing = ibis.null("string")
    found = ibis.cases(*reasons, else_=nothing) if reasons else nothing
    return rows.mutate(**{key: whose, FAULT: rows[FAULT].fill_null(found)})


def _require_customers(rows: ibis.Table, key: str, file: str, place: str) -> None:
    """Stop when no row says whose it is: the key column is another one then."""
    counts = rows.aggregate(rows=rows.count(), named=rows[key].count())
    found = counts.to_pyarrow().to_pylist()[0]
    if found["rows"] and not found["named"]:
        raise DataError(
            f"{place}: column {key!r} is empty in all {found['rows']:,} rows of {file}, or "
            f"holds no ids of this CRM, so nothing can be linked to a customer; export it, "
            f"or name the column with the customer's id."
        )
