"""The demo company on a platform: its files, read again, against the truth of its calls.

`prepared_company` writes and reads the company once per case; the tests ask that
`differences` finds none. What a platform says in its own words (agents as UUIDs, ...) its
case puts into the truth first, by `told`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from source_projects import KEY, project

from ccml.contracts.calls import CALLS
from ccml.contracts.summary import summary_counts
from ccml.demo.journeys import journeys_of_company
from ccml.demo.platforms import writer_of
from ccml.identity.prepare import prepare_calls
from ccml.identity.pseudonyms import (
    agent_pseudonym,
    click_pseudonym,
    line_pseudonym,
    phone_pseudonym,
)
from ccml.project import Project
from ccml.sources.platforms.registry import find_platform

SEED, CUSTOMERS = 1, 300
KIND = {column.name: column.kind for column in CALLS.columns}
NOT_COMPARED = {
    "call_id": "the key of the comparison",
    "source_platform": "said by the reader",
    "source_file": "said by the reader",
    "source_rows": "differs by platform",
    "parse_flags": "said by the reader",
    "handle_src": "said by the reader",
    "short_abandon_src": "said by the reader",
}
HIDDEN: Mapping[str, tuple[str, Callable[[bytes, str], str]]] = {
    "phone_key": ("customer_phone", phone_pseudonym),
    "dialed_key": ("dialed_number", line_pseudonym),
    "first_agent_id": ("first_agent_id", agent_pseudonym),
    "agent_id": ("agent_id", agent_pseudonym),
    "click_key": ("click_id", click_pseudonym),
}
"""Canonical column: the truth's column, and the pseudonym of its texts."""
Told = Callable[[pd.DataFrame], pd.DataFrame]
Untold = Mapping[str, Callable[[pd.DataFrame], pd.Series]]


@dataclass(frozen=True)
class Case:
    """How the truth is compared with what a reader gives.

    Args:
        reader: Name of the reader, and of the writer unless `writer` says another.
        told: Puts the truth into the platform's words.
        untold: Column: which rows of the truth the platform cannot tell as they are.
        tolerance_s: How far instants may be apart.
        rounding_s: How far seconds may be apart.
        source: Further lines of `sources.calls`.
        writer: Name of the writer.
        files: Which folder of what is written the reader reads; empty for all of it.
        talk: Seconds talked in the legs; None where the platform does not tell talk.
        reasons: Why rows are set aside; None for any reasons.
    """

    reader: str
    told: Told = lambda calls: calls
    untold: Untold = field(default_factory=dict)
    tolerance_s: float = 0.0
    rounding_s: float = 0.0
    source: str = ""
    writer: str = ""
    files: str = ""
    talk: Callable[["Case"], float] | None = None
    reasons: frozenset[str] | None = None


AGENTS_OF_UNANSWERED: Untold = {
    "agent_id": lambda calls: ~calls.answered,
    "first_agent_id": lambda calls: ~calls.answered,
}
"""Agents whom a call rang in vain: the truth names them, most platforms do not."""


@dataclass(frozen=True)
class Prepared:
    """The company on a platform, read.

    Args:
        case: How it is compared with the truth.
        opened: Its project.
        calls: Its prepared calls.
        rows: How many rows were written for the reader.
    """

    case: Case
    opened: Project
    calls: pd.DataFrame
    rows: int


@cache
def company() -> tuple[Any, Any]:
    """The truth tables of calls and legs of a small company."""
    return journeys_of_company(seed=SEED, customers=CUSTOMERS)


def write_company(case: Case, folder: Path) -> dict[str, int]:
    """Write the company's files into a folder; return rows per file."""
    calls, legs = company()
    return writer_of(case.writer or case.reader)(calls, legs, folder, 0)


def company_project(backend: Any, folder: Path, case: Case) -> Project:
    """Open a project whose call log stands in `calls` in the folder."""
    lines = [f"reader: {case.reader}", "path: calls/*", *case.source.splitlines()]
    body = "\n".join(f"  {line}" for line in lines)
    return project(backend, folder, f"calls:\n{body}")


def prepared_company(backend: Any, folder: Path, case: Case) -> Prepared:
    """Write the company, and read what the case's reader reads of it."""
    rows = write_company(case, folder / "raw")
    (folder / "raw" / case.files).rename(folder / "calls")
    opened = company_project(backend, folder, case)
    mine = sum(n for name, n in rows.items() if name.startswith(case.files))
    return Prepared(case, opened, read_calls(opened), mine)


def read_calls(opened: Project) -> pd.DataFrame:
    """Prepare the calls, and load them in order of their ids."""
    prepare_calls(opened)
    frame = opened.store.frame("calls")
    return frame.sort_values("call_id", ignore_index=True)


def in_two_steps(backend: Any, folder: Path, case: Case) -> pd.DataFrame:
    """Read every second file first, then all, under names that turn their order round."""
    write_company(case, folder / "written")
    (folder / "calls").mkdir()
    files = sorted((folder / "written").iterdir())
    opened = company_project(backend, folder, case)
    for rest in (0, 1):
        for number, file in enumerate(files):
            if number % 2 == rest:
                file.rename(folder / "calls" / f"{999 - number} {file.name}")
        calls = read_calls(opened)
    return calls


def expected_calls(case: Case) -> pd.DataFrame:
    """The truth under canonical names, with pseudonyms, in order of call_id."""
    calls = case.told(company()[0].to_pandas()).reset_index(drop=True)
    key = bytes.fromhex(KEY)
    frame = calls.copy()
    shown = calls.customer_phone.where(calls.phone_status == "ok")
    for column, (name, rename) in HIDDEN.items():
        texts = shown if column == "phone_key" else calls[name]
        frame[column] = [
            None if pd.isna(text) else rename(key, str(text)) for text in texts
        ]
    label = find_platform(case.reader).label
    frame["call_id"] = f"{label}:" + calls.call_ref
    return frame.sort_values("call_id", ignore_index=True)


def differences(got: pd.DataFrame, case: Case) -> dict[str, str]:
    """Compare calls with the truth, column by column.

    Returns:
        Column: how many rows differ, with an example; empty when all is as it should.
    """
    wanted = expected_calls(case)
    if list(got.call_id) != list(wanted.call_id):
        lost = set(wanted.call_id) - set(got.call_id)
        more = set(got.call_id) - set(wanted.call_id)
        return {"call_id": f"{len(lost)} calls lost, {len(more)} too many"}
    gaps = find_platform(case.reader).gaps
    found = {}
    for column in KIND.keys() - NOT_COMPARED.keys():
        if column in gaps or column not in wanted:
            bad = got[column].notna().to_numpy()
        else:
            bad = _unequal(got[column], wanted[column], column, case)
        if column in case.untold:
            bad = bad & ~case.untold[column](wanted).to_numpy(dtype=bool)
        if bad.any():
            found[column] = _example(got, wanted, column, bad)
    return found


def _unequal(
    got: pd.Series, wanted: pd.Series, column: str, case: Case
) -> np.ndarray[Any, Any]:
    known, meant = got.notna().to_numpy(), wanted.notna().to_numpy()
    kind = KIND[column]
    if kind == "instant":
        apart = (got - wanted).dt.total_seconds().abs().to_numpy() > case.tolerance_s
    elif kind == "number":
        left = got.to_numpy(dtype=float, na_value=np.nan)
        right = wanted.to_numpy(dtype=float, na_value=np.nan)
        apart = np.abs(left - right) > case.rounding_s + 1e-6
    else:
        apart = (got.astype("object") != wanted.astype("object")).to_numpy()
    return (known != meant) | (known & meant & apart)


def _example(
    got: pd.DataFrame, wanted: pd.DataFrame, column: str, bad: np.ndarray[Any, Any]
) -> str:
    row = int(np.flatnonzero(bad)[0])
    kind = wanted.loc[row, ["direction", "channel", "system_outcome"]].tolist()
    value = wanted[column][row] if column in wanted else None
    return (
        f"{int(bad.sum())} rows differ, such as {kind} {wanted.call_id[row]}: "
        f"{got[column][row]!r} for {value!r}"
    )


def talk_of_legs(opened: Project) -> float:
    """Seconds talked with customers, by the stored legs."""
    legs = opened.store.frame("call_legs")
    facing = legs.leg_type.isin(["ivr", "queue", "agent", "external", "voicemail"])
    return float(legs.talk_s[facing].sum())


def true_talk(*without: str) -> float:
    """Seconds talked with customers by the truth's legs, some directions left out."""
    legs = company()[1].to_pandas()
    counted = (legs.leg_type == "agent") & ~legs.direction.isin(without)
    return float(legs.talk_s[counted].sum())


def talk_of_calls(case: Case) -> float:
    """Seconds talked by the truth's calls, where the platform tells all of them."""
    return float(expected_calls(case).talk_s.sum())


def counts(opened: Project) -> tuple[int, int, int]:
    """Rows in, kept and set aside, by the summary and by the list of rows set aside."""
    summary = summary_counts(opened.store.frame("ingest_summary__calls"))
    aside = opened.store.frame("quarantine__calls")
    return summary["rows_in"], summary["rows_kept"], len(aside)
