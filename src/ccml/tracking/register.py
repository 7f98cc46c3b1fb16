"""Registers a trained model and lets the gate decide whether it becomes champion."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ccml.project import Project
from ccml.tracking.champions import GATE, Change, crown
from ccml.tracking.evidence import Challenger, GateRows, gather
from ccml.tracking.gate import Verdict, judge
from ccml.tracking.package import LoggedModel
from ccml.tracking.records import audit_tags
from ccml.tracking.registry import champion_version, model_name, registered
from ccml.tracking.store import TrackingStore, quiet_mlflow


@dataclass(frozen=True)
class Registration:
    """What became of a model that was handed to the registry.

    Attributes:
        version: Its version.
        is_champion: Whether it is champion now.
        champion: The champion's version now, if there is one.
        sentence: All that in words.
        run_id: The run that handed it over.
        gate: What the gate found: faults, doubts, figures.
    """

    version: str
    is_champion: bool
    champion: str | None
    sentence: str
    run_id: str
    gate: dict[str, Any] = field(default_factory=dict)


def register(
    project: Project,
    store: TrackingStore,
    name: str,
    model: LoggedModel,
    candidate: Challenger,
    rows: GateRows | None,
) -> Registration:
    """Register a model; make it champion if the gate has no objection.

    Args:
        project: The project.
        store: Its MLflow.
        name: The predictor.
        model: The model as it was logged.
        candidate: Its scorer and evaluation; its version is not known yet.
        rows: Rows to compare it with the champion on.
    """
    full = model_name(project, name)
    with quiet_mlflow():
        version = registered(store, full, model)
        for key, said in audit_tags(candidate.evaluation).items():
            store.client.set_model_version_tag(full, version, key, said)
        present = champion_version(store.client, full)
    former = None if present is None else str(present.version)
    known = Challenger(version, candidate.scorer, candidate.evaluation, candidate.dirty)
    evidence = gather(project, store, name, known, rows)
    verdict = judge(evidence, project.config.predictors[name].promotion)
    with quiet_mlflow():
        store.client.set_model_version_tag(full, version, GATE, verdict.to_text())
        if verdict.promote and former != version:
            crown(store.client, full, _change(store, version, former, verdict, model))
    done = _registration(project, name, version, former, verdict, model.run_id)
    project.progress.note(done.sentence)
    return done


def _change(
    store: TrackingStore,
    version: str,
    former: str | None,
    verdict: Verdict,
    model: LoggedModel,
) -> Change:
    started = store.client.get_run(model.run_id).info.start_time
    return Change(
        version=version,
        kind="automatic",
        at=datetime.fromtimestamp(started / 1000, UTC).isoformat(timespec="seconds"),
        why=_why(verdict, former),
        former=former,
        run_id=model.run_id,
    )


def _why(verdict: Verdict, former: str | None) -> str:
    told = "The first champion." if former is None else "It passed the gate."
    broken = verdict.figures.get("champion_broken")
    gain = verdict.figures.get("log_loss_gain")
    if broken:
        told = str(broken)
    elif gain:
        told = (
            f"Log loss lower by {gain['value']:.4f} ({gain['low']:.4f} to "
            f"{gain['high']:.4f}) on {verdict.figures['compared_rows']:,} later rows."
        )
    if verdict.figures.get("uncommitted_changes"):
        told += " Trained from files with uncommitted changes."
    return told


def _registration(
    project: Project,
    name: str,
    version: str,
    former: str | None,
    verdict: Verdict,
    run_id: str,
) -> Registration:
    found = {"faults": [*verdict.faults], "doubts": [*verdict.doubts]}
    gate = found | {"figures": verdict.figures}
    if verdict.promote:
        sentence = f"{name}: version {version} is the champion"
        if former not in (None, version):
            sentence += f", in place of version {former}"
        return Registration(version, True, version, f"{sentence}.", run_id, gate)
    if former == version:
        sentence = (
            f"{name}: version {version} is the champion, but would not become it now: "
            f"{' '.join(verdict.reasons)} `ccml rollback` takes it back."
        )
        return Registration(version, True, version, sentence, run_id, gate)
    kept = (
        f"version {former} stays champion"
        if former
        else "there is no champion, so nothing can be scored"
    )
    sentence = (
        f"{name}: version {version} does not become champion: "
        f"{' '.join(verdict.reasons)} Hence {kept}.{_by_hand(project, name, verdict)}"
    )
    return Registration(version, False, former, sentence, run_id, gate)


def _by_hand(project: Project, name: str, verdict: Verdict) -> str:
    if verdict.faults:
        return ""
    return (
        f" To make it champion all the same: `ccml promote {project.file.name} --only "
        f"{name}`."
    )
