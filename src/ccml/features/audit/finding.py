"""What a check of the audit found."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import pandas as pd

Verdict = Literal["holds", "fails", "look", "nothing to check"]
HOLDS: Verdict = "holds"
FAILS: Verdict = "fails"
LOOK: Verdict = "look"
NOTHING: Verdict = "nothing to check"
ORDER = (FAILS, LOOK, NOTHING, HOLDS)


@dataclass(frozen=True)
class Finding:
    """One check of one feature, table, spine, label or predictor.

    Args:
        check: Name of the check.
        kind: What it is about: feature, table, spine, label or predictor.
        about: Its name.
        verdict: Whether the check holds; `look` asks for a person's judgement.
        rows: Rows that were compared.
        faults: Rows that were wrong.
        detail: One sentence, without any customer's value.
    """

    check: str
    kind: str
    about: str
    verdict: Verdict
    rows: int
    faults: int
    detail: str = ""


def judged(
    check: str, kind: str, about: str, counted: tuple[int, int], detail: str = ""
) -> Finding:
    """Make a finding of counted (rows, faults): nothing may be wrong."""
    rows, faults = counted
    verdict = FAILS if faults else HOLDS if rows else NOTHING
    return Finding(check, kind, about, verdict, rows, faults, detail if faults else "")


def as_frame(findings: Sequence[Finding], mark: str) -> pd.DataFrame:
    """Lay findings out as a table, what failed first.

    Args:
        findings: What was found.
        mark: Fingerprint of the audited features.
    """
    ordered = sorted(findings, key=lambda found: ORDER.index(found.verdict))
    frame = pd.DataFrame([asdict(finding) for finding in ordered])
    texts = ["check", "kind", "about", "verdict", "detail"]
    frame[texts] = frame[texts].astype("string")
    return frame.assign(
        features_mark=pd.Series([mark] * len(frame), dtype="string"),
        position=range(len(frame)),
    )


def failed(findings: Iterable[Finding]) -> list[Finding]:
    """Choose what failed."""
    return [finding for finding in findings if finding.verdict == FAILS]
