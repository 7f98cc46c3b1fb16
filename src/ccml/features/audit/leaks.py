"""Features that look like the answer itself: the leak report."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from ccml.config.project import ProjectConfig
from ccml.features.audit.alone import single_auc
from ccml.features.audit.case import Case
from ccml.features.audit.finding import FAILS, HOLDS, LOOK, Finding, Verdict

ALONE, LATER, TODAY, ENDS = (
    "tells the label alone",
    "known only after the cutoff",
    "today's state",
    "says how it ended",
)
KNOWN_AT_START = frozenset(
    [
        "call_id", "source_platform", "phone_key", "phone_status", "dialed_key",
        "customer_key", "customer_id", "direction", "channel", "started_at", "event_at",
        "source", "medium", "campaign", "keyword", "click_key", "is_first_call",
        "region", "priority", "callback", "callback_of",
    ]
)  # fmt: skip
"""Columns of a call that are known when it begins; all others come with its end."""
KNOWN_LATER = frozenset(
    ["wrap_s", "handle_s", "disposition", "csat", "nps", "ces", "quality_score"]
)
"""Columns of a call that agents, surveys or reviewers may add after its end."""
STARTS = frozenset(["event_at", "started_at"])
ENDINGS = ("cancel", "churn", "terminat", "closed", "ended", "left_", "deactivat")
"""Parts of names of columns that tell how a customer's story ended."""
OF_FLAT = (*ENDINGS, "duration", "disposition", "outcome", "talk_s", "handle_s")
"""Parts of names that a flat table's columns have when they came after the label."""


def check_columns(case: Case) -> list[Finding]:
    """Find columns of the config that cannot be known at the cutoffs of a spine."""
    config, name = case.project.config, case.sample.spine
    return [*_own_columns(config, name), *_current_only(config), *_endings(config)]


def _own_columns(config: ProjectConfig, name: str) -> Iterator[Finding]:
    spine = config.spines[name]
    for column in spine.own:
        verdict: Verdict = HOLDS
        detail = ""
        if (
            spine.each == "calls"
            and spine.at in STARTS
            and column not in KNOWN_AT_START
        ):
            verdict = FAILS
            detail = f"{column} is known only at the call's end, after {spine.at}"
        elif spine.each == "calls" and column in KNOWN_LATER:
            verdict = LOOK
            detail = f"{column} may be recorded after the call's end"
        elif column == "ended_at" or column.startswith(ENDINGS):
            verdict = LOOK
            detail = f"{column} tells by its name how the event ended"
        faults = int(verdict == FAILS)
        yield Finding(LATER, "feature", f"this_{column}", verdict, 0, faults, detail)


def _current_only(config: ProjectConfig) -> Iterator[Finding]:
    customers = config.sources.customers
    for column in config.features.attributes:
        leaks = customers is not None and customers.current_only
        detail = "sources.customers is current_only and i_know_this_leaks is true"
        verdict: Verdict = LOOK if leaks else HOLDS
        yield Finding(TODAY, "feature", column, verdict, 0, 0, detail if leaks else "")


def _endings(config: ProjectConfig) -> Iterator[Finding]:
    for column in config.features.attributes:
        if any(part in column for part in ENDINGS):
            detail = f"{column} tells by its name that the customer left"
            yield Finding(ENDS, "feature", column, LOOK, 0, 0, detail)


def endings_of_flat(columns: Iterable[str]) -> list[Finding]:
    """Find columns of a flat table whose names tell how it ended; no time is on record."""
    found = []
    for column in columns:
        ends = any(part in column.lower() for part in OF_FLAT)
        detail = f"{column} tells by its name what came later; nothing says when" * ends
        verdict: Verdict = LOOK if ends else HOLDS
        found.append(Finding(ENDS, "feature", column, verdict, 0, 0, detail))
    return found


def leaks_of_label(
    features: pd.DataFrame, label: pd.Series, config: ProjectConfig
) -> list[Finding]:
    """Measure how well each feature alone tells a label of 0 and 1."""
    answers = label.to_numpy(dtype=np.float64)
    found = {str(name): single_auc(features[name], answers) for name in features}
    return [_judged(name, auc, len(answers), config) for name, auc in found.items()]


def _judged(name: str, auc: float, rows: int, config: ProjectConfig) -> Finding:
    limit = config.audit.auc_limit
    if not auc > limit:
        return Finding(ALONE, "feature", name, HOLDS, rows, 0)
    detail = f"alone it ranks the label with an AUC of {auc:.3f}, above {limit:g}"
    if name in config.audit.accepted:
        return Finding(ALONE, "feature", name, LOOK, rows, 0, f"{detail}; accepted")
    return Finding(ALONE, "feature", name, FAILS, rows, 1, detail)


def by_predictor(name: str, findings: Iterable[Finding]) -> list[Finding]:
    """Say whose label findings are about."""
    return [replace(found, about=f"{name}: {found.about}") for found in findings]
