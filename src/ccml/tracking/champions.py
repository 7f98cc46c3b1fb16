"""Who is champion: change it, take the change back, and remember every change.

The alias `champion` says who it is now. Each change is kept as a tag of the registered
model, `ccml.champion.0001` and so on, so the past stands beside the models themselves. A
version that was rolled back carries a tag, and never returns by itself.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from ccml.errors import ConfigError, RefusedError, unknown_name
from ccml.project import Project
from ccml.tracking.gate import Verdict
from ccml.tracking.registry import (
    ALIAS,
    champion_version,
    mark_of,
    model_name,
    no_champion,
    verified,
)
from ccml.tracking.store import TrackingStore, open_store, quiet_mlflow

ENTRY = "ccml.champion."
GATE = "ccml.gate"
ROLLED_BACK = "ccml.rolled_back"
DIRTY = "ccml.uncommitted_changes"
MOST_TEXT = 1500
COLUMNS = ["predictor", "n", "version", "kind", "at", "why", "former", "run_id", "now"]
Kind = Literal["automatic", "promoted", "rolled back to", "found"]


@dataclass(frozen=True)
class Change:
    """One entry of the history: which version became champion, when, how and why."""

    version: str
    kind: Kind
    at: str
    why: str
    former: str | None = None
    run_id: str = ""


def crown(client: Any, full: str, change: Change) -> None:
    """Make a version champion and write it into the history."""
    entries = changes(client, full)
    if change.former and (not entries or entries[-1].version != change.former):
        # Set by hand in MLflow, or by a run that ended before it wrote this down.
        _write(client, full, len(entries), _found(change.former))
        entries.append(_found(change.former))
    client.set_registered_model_alias(full, ALIAS, change.version)
    _write(client, full, len(entries), change)


def _found(version: str) -> Change:
    return Change(version, "found", "", "It was champion without an entry here.")


def _write(client: Any, full: str, before: int, change: Change) -> None:
    cut = asdict(change) | {"why": change.why[:MOST_TEXT]}
    client.set_registered_model_tag(full, f"{ENTRY}{before + 1:04d}", json.dumps(cut))


def changes(client: Any, full: str) -> list[Change]:
    """Read the history of a registered model, the oldest change first."""
    tags: Mapping[str, str] = client.get_registered_model(full).tags
    keys = sorted(key for key in tags if key.startswith(ENTRY))
    return [Change(**json.loads(tags[key])) for key in keys]


def history(project: Project, name: str) -> pd.DataFrame:
    """List what was champion when.

    Returns:
        One row per change: predictor, n, version, kind, at, why, former, run_id, now
        (whether this version is champion now).
    """
    store, full = open_store(project), model_name(project, name)
    with quiet_mlflow():
        present = champion_version(store.client, full)
        if present is None and not _is_known(store, full):
            return pd.DataFrame(columns=COLUMNS)
        entries = changes(store.client, full)
    version = None if present is None else str(present.version)
    if version and (not entries or entries[-1].version != version):
        entries.append(_found(version))
    rows = [
        {"predictor": name, "n": n, **asdict(entry), "now": entry.version == version}
        for n, entry in enumerate(entries, start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _is_known(store: TrackingStore, full: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        store.client.get_registered_model(full)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False
    return True


def promote(
    project: Project,
    name: str,
    version: str | None,
    *,
    at: datetime,
    why: str = "",
    allow_dirty: bool = False,
) -> Change:
    """Make a version champion by a person's decision.

    Doubts of the gate are overruled and kept in the history; faults are not.

    Args:
        project: The project.
        name: The predictor.
        version: Its version; None takes the newest.
        at: Now.
        why: The person's reason.
        allow_dirty: Take a model trained from files with uncommitted changes.

    Raises:
        ConfigError: There is no such version, or it is champion already.
        RefusedError: The gate found a fault, its files were changed, or it comes from
            uncommitted changes.
    """
    store, full = open_store(project), model_name(project, name)
    with quiet_mlflow():
        found = _version(store, full, name, version)
        present = champion_version(store.client, full)
        former = None if present is None else str(present.version)
        if former == str(found.version):
            raise ConfigError(f"--version: {former} is the champion of {name} already.")
        verdict = _verdict(found, name)
        dirty = _is_dirty(store, found)
        _refuse(name, str(found.version), verdict, dirty and not allow_dirty)
        verified(project, name, mark_of(found))
        overruled = [*verdict.doubts, *(["Uncommitted changes."] if dirty else [])]
        told = f" Overruled: {' '.join(overruled)}" if overruled else ""
        change = Change(
            version=str(found.version),
            kind="promoted",
            at=at.isoformat(timespec="seconds"),
            why=f"{why or 'By hand.'}{told}",
            former=former,
            run_id=str(found.run_id),
        )
        if ROLLED_BACK in found.tags:
            store.client.delete_model_version_tag(full, found.version, ROLLED_BACK)
        crown(store.client, full, change)
    return change


def _version(store: TrackingStore, full: str, name: str, wanted: str | None) -> Any:
    found = {
        str(one.version): one
        for one in store.client.search_model_versions(f"name = '{full}'")
    }
    if not found:
        raise no_champion(name)
    if wanted is None:
        return found[max(found, key=int)]
    if wanted not in found:
        raise unknown_name(f"version of {name}", wanted, found, "--version")
    return found[wanted]


def _verdict(found: Any, name: str) -> Verdict:
    text = found.tags.get(GATE)
    if text is None:
        raise RefusedError(
            f"predictors.{name}: version {found.version} was never judged by the gate; "
            f"run `ccml run train --force` and promote what that registers."
        )
    return Verdict.from_text(text)


def _is_dirty(store: TrackingStore, found: Any) -> bool:
    tags = store.client.get_run(found.run_id).data.tags
    return bool(tags.get(DIRTY) == str(True))


def _refuse(name: str, version: str, verdict: Verdict, dirty: bool) -> None:
    if verdict.faults:
        raise RefusedError(
            f"predictors.{name}: version {version} may not become champion: "
            f"{' '.join(verdict.faults)} Mend that and train again."
        )
    if dirty:
        raise RefusedError(
            f"predictors.{name}: version {version} was trained from files with "
            f"uncommitted changes; commit them and train again, or give --allow-dirty, "
            f"which the history keeps."
        )


def rollback(project: Project, name: str, *, at: datetime, why: str = "") -> Change:
    """Bring the champion before the present one back; bar the present one.

    Raises:
        DataError: There is no champion.
        RefusedError: There was none before, or its files were changed.
    """
    store, full = open_store(project), model_name(project, name)
    with quiet_mlflow():
        present = champion_version(store.client, full)
        if present is None:
            raise no_champion(name)
        target = _earlier(store.client, full, name, str(present.version))
        verified(project, name, mark_of(target))
        moment = at.isoformat(timespec="seconds")
        store.client.set_model_version_tag(full, present.version, ROLLED_BACK, moment)
        change = Change(
            version=str(target.version),
            kind="rolled back to",
            at=moment,
            why=why or "By hand.",
            former=str(present.version),
            run_id=str(target.run_id),
        )
        crown(store.client, full, change)
    return change


def _earlier(client: Any, full: str, name: str, present: str) -> Any:
    for entry in reversed(changes(client, full)):
        if entry.version == present:
            continue
        found = client.get_model_version(full, entry.version)
        if ROLLED_BACK not in found.tags:
            return found
    raise RefusedError(
        f"predictors.{name}: version {present} is champion, and no other one was before "
        f"it that was not rolled back; choose a version with `ccml promote`."
    )
