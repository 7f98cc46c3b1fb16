"""Talkdesk: the contacts report, one row for each contact of an interaction.

A transfer is a new contact of the same interaction. The report counts who leaves between
the queue and the answer as abandoned, ringing included; it holds no calls that end in the
menu. The example record of a published client shows that a contact is finished with the
agent's work after the call.
"""

import ibis

from ccml.contracts.calls import CALLS
from ccml.contracts.split import FAULT, ROW
from ccml.sources.cast import Cast, as_flag, as_instant, as_number, as_text
from ccml.sources.csv_files import FILE
from ccml.sources.layouts import Layout, match_layout
from ccml.sources.legs import leg_rows
from ccml.sources.platforms import talkdesk_gaps
from ccml.sources.platforms.leg_durations import exceed, marked
from ccml.sources.platforms.platform import PLACE, Assumption, Platform, Reading
from ccml.sources.platforms.talk_and_hold import talk_of
from ccml.sources.platforms.talkdesk_files import report_opening
from ccml.sources.raw import RawFiles
from ccml.sources.scratch import as_view
from ccml.sources.staging import NOTE

ORDER = (
    "Interaction ID",
    "Contact ID",
    "Company Number",
    "Phone Display Name",
    "Contact Person Number",
    "External Phone Number (Forward)",
    "Direction",
    "Contact Type",
    "Started At",
    "Wait Time",
    "Time to Missed",
    "Abandon Time",
    "Short Abandon Time",
    "Time to Voicemail",
    "Ring Time",
    "Connect Time",
    "Answered At",
    "Connected At",
    "Talk Time",
    "Hard Hold Time",
    "Soft Hold Time",
    "Hold Time",
    "After Call Work Time",
    "Finished At",
    "Duration",
    "Handle Time",
    "Inside Business Hours",
    "Inside Service Level",
    "Within Service Level Threshold",
    "Transfer Out",
    "Transfer Out Type",
    "Transfer In",
    "Transfer In Type",
    "Callback",
    "Ring Groups",
    "User Name",
    "Direct Assignment User",
    "Team Name",
    "User ID",
    "Direct Assignment IDs",
    "Team ID",
    "Handling Ring Groups",
    "Disconnected By Agent",
    "Last Contact",
    "Data Status",
)
REQUIRED = (
    "Interaction ID",
    "Contact ID",
    "Direction",
    "Contact Type",
    "Started At",
    "Finished At",
)
OPTIONAL = (*(name for name in ORDER if name not in REQUIRED), "External Phone Number")
LAYOUTS = (Layout("Talkdesk contacts report", REQUIRED, OPTIONAL),)
NOTHING = "None"
DAMAGED = "damaged record"
NUMBERS = {
    "wait_s": "Wait Time",
    "ring_s": "Ring Time",
    "talk_s": "Talk Time",
    "hold_s": "Hold Time",
    "wrap_s": "After Call Work Time",
    "handle_s": "Handle Time",
}
MANY = 0.2
EXCEEDS = (
    f"{NOTE}wait, talk, hold and wrap-up exceed the contact: see "
    f"switches.talk_includes_hold"
)
ASSUMPTIONS = (
    Assumption("talk_includes_hold", False, "Talk Time does not contain Hold Time"),
    Assumption(
        "finished_includes_wrap",
        True,
        "Finished At is the end of the work after the call",
    ),
)
_OF_CALLS = "The contacts report has none; the calls report has."
GAPS = talkdesk_gaps.GAPS | dict.fromkeys(("reason", "disposition", "csat"), _OF_CALLS)


def _legs(reading: Reading, raw: RawFiles) -> ibis.Table:
    matched = match_layout(LAYOUTS, raw.columns, reading.source.header, raw.name, PLACE)
    rows = _told(raw.rows, dict(matched.names))
    return leg_rows(rows, _casts(rows, reading))


def _told(rows: ibis.Table, own: dict[str, str]) -> ibis.Table:
    """Read the texts of all columns under their known names; "None" is none."""
    fields = {
        name: as_text(rows[own[name]]).value.nullif(NOTHING)
        if name in own
        else ibis.null("string")
        for name in (*REQUIRED, *OPTIONAL)
    }
    texts = as_view(rows.select(**fields, **{n: rows[n] for n in (ROW, FILE)}))
    kind = texts["Contact Type"].lower().re_replace("[ -]+", "_")
    groups = texts["Ring Groups"].fill_null(texts["Handling Ring Groups"])
    outward = texts["Direction"].lower().startswith("out")
    damaged = texts["Data Status"].lower() == "damaged"
    forwarded = texts["External Phone Number (Forward)"].fill_null(
        texts["External Phone Number"]
    )
    return as_view(
        texts.mutate(
            kind=kind,
            outward=outward,
            forwarded=forwarded,
            group=groups.split(",")[0].strip().nullif(""),
            moved=as_flag(texts["Transfer Out"]).value,
            came_on=as_flag(texts["Transfer In"]).value.fill_null(False),
            back=as_flag(texts["Callback"]).value.fill_null(False),
            wrap=as_number(texts["After Call Work Time"]).value,
            **{FAULT: ibis.ifelse(damaged, DAMAGED, None)},
        )
    )


def _casts(rows: ibis.Table, reading: Reading) -> dict[str, Cast]:
    zone = reading.zone
    finished = as_instant(rows["Finished At"], zone)
    end = finished.value
    if reading.switch("finished_includes_wrap"):
        end = end - (rows.wrap.fill_null(0) * 1000).round().cast("int64").as_interval(
            "ms"
        )
    values = {
        "row_key": rows["Contact ID"],
        "link_id": rows["Interaction ID"],
        "call_ref": rows["Interaction ID"],
        "is_origin": ~rows.came_on,
        "known_at": finished.value,
        "version_at": finished.value,
        "channel": ibis.literal("voice"),
        **_states(rows),
        **_parties(rows),
    }
    return {
        **{name: Cast(value) for name, value in values.items()},
        "started_at": as_instant(rows["Started At"], zone),
        "ended_at": Cast(end, finished.given, finished.zoneless),
        **_seconds(rows, reading.switch("talk_includes_hold")),
    }


def _states(rows: ibis.Table) -> dict[str, ibis.Value]:
    served = rows.kind.isin(["answered", "connected"])
    message = (rows.kind == "voicemail").fill_null(False)
    queued = ~rows.outward & (rows.group.notnull() | ~rows.came_on)
    asks_back = rows.back & ~rows.outward & ~served
    lost = rows.kind.isin(["abandoned", "short_abandoned"]) & ~asks_back
    external = rows.came_on & rows.forwarded.notnull()
    way = ibis.cases(
        (~rows.came_on, None),
        (external, "external"),
        (rows.group.notnull(), "queue"),
        (rows["Transfer In Type"].lower().re_search("warm|consult"), "consult"),
        else_="blind",
    )
    return {
        "leg_type": ibis.cases(
            (external, "external"),
            (served | rows.outward, "agent"),
            else_="queue",
        ),
        "queued": queued & ~external,
        "answered": served & ~external,
        "abandoned": ibis.ifelse(queued, lost, None),
        "short_abandon": ibis.ifelse(lost, rows.kind == "short_abandoned", None),
        "flow_out": queued & (message | asks_back),
        "voicemail": message,
        "callback": rows.back & rows.outward,
        "transferred": rows.moved,
        "n_transfers": rows.moved.cast("float64"),
        "transfer_type": way,
    }


def _parties(rows: ibis.Table) -> dict[str, ibis.Value]:
    by_agent = as_flag(rows["Disconnected By Agent"]).value
    return {
        "direction": ibis.cases(
            (rows.outward & rows.back, "callback"),
            (rows.outward, "outbound"),
            else_="inbound",
        ),
        "customer_phone": rows["Contact Person Number"],
        "dialed_number": rows["Company Number"],
        "agent_id": rows["User ID"],
        "queue": rows.group,
        "system_outcome": rows["Contact Type"],
        "disconnect_by": ibis.cases(
            (rows.moved, "transfer"), (by_agent, "agent"), (~by_agent, "customer")
        ),
    }


def _seconds(rows: ibis.Table, includes_hold: bool) -> dict[str, Cast]:
    casts = {name: as_number(rows[field]) for name, field in NUMBERS.items()}
    parts = {name: cast.value for name, cast in casts.items()}
    parts["talk_s"] = talk_of(parts["talk_s"], parts["hold_s"], includes=includes_hold)
    casts["talk_s"] = Cast(parts["talk_s"], casts["talk_s"].given)
    told = [parts[name] for name in ("wait_s", "talk_s", "hold_s", "wrap_s")]
    exceeds = exceed(told, as_number(rows["Duration"]).value)
    many = exceeds.cast("float64").mean().over(ibis.window()) > MANY
    return casts | {
        "parse_flags": Cast(marked(exceeds)),
        EXCEEDS: Cast((exceeds & many).fill_null(False)),
    }


PLATFORM = Platform(
    label="talkdesk",
    kind="other",
    legs=_legs,
    layouts=LAYOUTS,
    opening=report_opening(LAYOUTS, (ORDER,)),
    assumptions=ASSUMPTIONS,
    gives=frozenset(CALLS.names) - GAPS.keys(),
    gaps=GAPS,
)
