"""What audits found, as the run tells it and as models remember it."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from ccml.engine.digest import fingerprint
from ccml.errors import ConfigError
from ccml.features.audit.finding import FAILS, HOLDS, LOOK, NOTHING
from ccml.project import Project
from ccml.sources.flat import flat_name

NOT_AUDITED = "not audited"
VERDICTS = [HOLDS, FAILS, LOOK, NOTHING]
NAMED = 5
"""Failures that a sentence names."""


FLAT = flat_name("")
"""What the names of flat tables begin with."""


def subject_of(project: Project, predictor: str) -> str:
    """Name what a predictor learns from: its spine, or its stored flat table."""
    config = project.config.predictors[predictor]
    return config.spine or flat_name(str(config.table))


def subjects(project: Project) -> list[str]:
    """Name all that can be audited: the spines, and flat tables of predictors."""
    learnt = [subject_of(project, name) for name in project.config.predictors]
    return list(dict.fromkeys([*project.config.spines, *learnt]))


def chosen_subjects(project: Project) -> list[str]:
    """Name what is to be audited: all, or what the predictors of `--only` use.

    Raises:
        ConfigError: The config has nothing to audit.
    """
    everything = subjects(project)
    if not everything:
        raise ConfigError(
            "spines: there is none, and no predictor learns from a flat table, so there "
            "are no features to audit; add a spine and `features`."
        )
    if not project.only:
        return everything
    used = {subject_of(project, name) for name in project.predictors}
    used |= {
        spine
        for name in project.predictors
        if (spine := project.config.predictors[name].scoring.spine)
    }
    return [name for name in everything if name in used]


def features_mark(project: Project, subject: str) -> str:
    """Give the fingerprint of the stored features of a subject, bytes and all."""
    table = subject if subject.startswith(FLAT) else f"features__{subject}"
    manifest = project.store.manifest(table)
    return fingerprint(manifest.content) if manifest else ""


def audit_result(project: Project, audited: list[str]) -> dict[str, Any]:
    """Sum up stored audits.

    Returns:
        checked, failed, look (what a person must judge), nothing_to_check, audited (counts
        by spine or flat table), and `refused`: one sentence, when something failed.
    """
    frames = {name: project.store.frame(f"audit__{name}") for name in audited}
    failures = _told(frames, FAILS)
    result: dict[str, Any] = {
        "checked": sum(len(frame) for frame in frames.values()),
        "failed": failures,
        "look": _told(frames, LOOK),
        "nothing_to_check": len(_told(frames, NOTHING)),
        "audited": {name: _counts(frame) for name, frame in frames.items()},
    }
    return result | ({"refused": _sentence(failures)} if failures else {})


def _told(frames: dict[str, pd.DataFrame], verdict: str) -> list[dict[str, Any]]:
    columns = ["check", "kind", "about", "rows", "faults", "detail"]
    return [
        {"of": name, **{str(key): value for key, value in row.items()}}
        for name, frame in frames.items()
        for row in frame.loc[frame.verdict == verdict, columns].to_dict("records")
    ]


def _counts(frame: pd.DataFrame) -> dict[str, int]:
    counted = frame.verdict.value_counts()
    return {str(verdict): int(n) for verdict, n in counted.items()}


def _sentence(failures: list[dict[str, Any]]) -> str:
    first = [f"{f['about']} ({f['check']})" for f in failures[:NAMED]]
    more = f" and {len(failures) - NAMED:,} more" if len(failures) > NAMED else ""
    return (
        f"audit: {len(failures):,} checks failed: {', '.join(first)}{more}; do not train "
        f"on these features before they are mended, and see audit__SPINE in the "
        f"workspace (`ccml show audit`) for what is wrong with each."
    )


def audit_of_features(project: Project, subject: str) -> dict[str, Any]:
    """Say whether the features of a subject, as they are stored now, were audited.

    Returns:
        result (a sentence); and, when they were, audited_at, checked and failed.
    """
    name = f"audit__{subject}"
    if project.store.manifest(name) is None:
        return {"result": NOT_AUDITED}
    frame = project.store.frame(name)
    if frame.features_mark.iloc[0] != features_mark(project, subject):
        return {"result": f"{NOT_AUDITED} (the features changed after their audit)"}
    failures = int((frame.verdict == FAILS).sum())
    written = project.store.parts(name)[0].stat().st_mtime
    return {
        "result": "failed" if failures else "passed",
        "audited_at": datetime.fromtimestamp(written, UTC).isoformat(
            timespec="seconds"
        ),
        "checked": len(frame),
        "failed": failures,
    }


def by_check(findings: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of one audit by check.

    Returns:
        check, of (features, tables, labels ...), holds, fails, look, nothing to check.
    """
    counted = findings.groupby(["check", "kind"], sort=True).verdict.value_counts()
    table = counted.unstack(fill_value=0).reindex(columns=VERDICTS, fill_value=0)
    return table.reset_index().rename(columns={"kind": "of"})
