"""CXone: completed contacts as pages of JSON, again when after-call work is stored.

Some pages write numbers as texts, and the last one durations as PT1M30S, as parts of the
interface do. Contacts that go on are not listed.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ccml.demo import text
from ccml.demo.platforms.cxone_contacts import (
    DISPOSITIONS,
    agent_no,
    contacts,
    seconds,
)
from ccml.demo.platforms.deliveries import COMPLETE, OPEN, Delivery, frame_deliveries
from ccml.demo.platforms.stretches import plain

_SECONDS = (
    "preQueueSeconds",
    "inQueueSeconds",
    "routingTime",
    "agentSeconds",
    "holdSeconds",
    "confSeconds",
    "postQueueSeconds",
    "releaseSeconds",
    "ACWSeconds",
    "abandonSeconds",
    "totalDurationSeconds",
    "callbackTime",
)
_NUMBERS = ("contactId", "masterContactId", "agentId", "serviceLevelFlag")


def write(calls: pa.Table, legs: pa.Table, folder: Path, part: int) -> dict[str, int]:
    """Write pages of contacts of a month each; return their contacts."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = contacts(calls.to_pandas(), legs.to_pandas())
    listed = _listed(rows)
    files = frame_deliveries(rows.begin, rows.known, rows.number, part)
    written = {}
    for place, file in enumerate(files):
        name = f"completed-contacts-{file.name}-part-{part:04d}.json"
        written[name] = _write(listed, file, folder / name, place)
    return written


def _write(listed: pd.DataFrame, file: Delivery, path: Path, place: int) -> int:
    done = file.state != OPEN
    out = listed.iloc[file.rows[done]].reset_index(drop=True)
    early = pd.Series(file.state[done] != COMPLETE)
    out["ACWSeconds"] = out["ACWSeconds"].mask(early, 0)
    out["primaryDispositionId"] = out["primaryDispositionId"].mask(early)
    out["dateACWWarehoused"] = out["dateACWWarehoused"].mask(early)
    updated = text.instants(file.version_at[done]).to_pandas()
    out["lastUpdateTime"] = updated
    out["dateContactWarehoused"] = updated
    if place % 2:
        columns = [*_SECONDS, *_NUMBERS]
        out[columns] = out[columns].astype("string")
    if file.name == "late":
        out[list(_SECONDS)] = out[list(_SECONDS)].apply(_durations)
    records = out.astype(object).where(out.notna(), None).to_json(orient="records")
    path.write_text(f'{{"totalRecords":{len(out)},"completedContacts":{records}}}')
    return len(out)


def _durations(column: pd.Series) -> pd.Series:
    whole = column.astype("int64")
    minutes, rest = (whole // 60).astype("string"), (whole % 60).astype("string")
    return "PT" + minutes + "M" + rest + "S"


def _listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the fields of contacts."""
    out = rows.direction.isin(["outbound", "callback"])
    theirs = rows.customer_phone
    lasted = (rows.end - rows.begin).dt.total_seconds()
    names = rows.agent_name.str.split(" ", n=1, expand=True)
    stamp = plain(rows.begin).to_numpy().astype("datetime64[s]").astype(np.int64)
    known = plain(rows.known).to_numpy().astype("datetime64[s]").astype(np.int64)
    fields = {
        "contactId": rows.number.astype("int64"),
        "masterContactId": rows.master.astype("int64"),
        "contactStart": text.instants(stamp).to_pandas(),
        "dateACWWarehoused": text.instants(known).to_pandas(),
        "fromAddr": theirs.mask(out, rows.dialed_number),
        "toAddr": rows.dialed_number.mask(out, theirs),
        "isOutbound": out,
        "mediaTypeName": rows.media,
        "pointOfContactName": rows.dialed_number,
        "campaignName": rows.campaign,
        "skillName": rows.team,
        "teamName": rows.team,
        "agentId": agent_no(rows.agent_id).astype("Int64"),
        "firstName": names[0],
        "lastName": names[1],
        "abandoned": rows.lost.astype(bool),
        "isShortAbandon": rows.short.astype(bool),
        "isRefused": rows.refused.astype(bool),
        "refuseReason": rows.refused.map({True: "No answer", False: None}),
        "isTakeover": False,
        "isLogged": True,
        "serviceLevelFlag": rows.sla,
        "transferIndicatorId": rows.moved.astype("int64"),
        "transferIndicatorName": rows.moved.map({True: "Transfer", False: "None"}),
        "primaryDispositionId": rows.disposition.map(DISPOSITIONS),
        **_durations_of(rows, lasted),
    }
    return pd.DataFrame(fields)


def _durations_of(rows: pd.DataFrame, lasted: pd.Series) -> dict[str, pd.Series]:
    told = {
        "preQueueSeconds": rows.ivr_s,
        "inQueueSeconds": rows.wait_s,
        "routingTime": rows.ring_s,
        "agentSeconds": rows.talk_s + rows.hold_s.fillna(0),
        "holdSeconds": rows.hold_s,
        "postQueueSeconds": rows.outside_s,
        "ACWSeconds": rows.wrap_s,
        "abandonSeconds": lasted.where(rows.lost.astype(bool)),
        "totalDurationSeconds": lasted,
        "callbackTime": rows.callback_s,
    }
    nothing = pd.Series(np.nan, index=rows.index)
    return {name: seconds(told.get(name, nothing)) for name in _SECONDS}
