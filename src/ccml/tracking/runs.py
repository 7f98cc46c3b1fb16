"""Runs: one per pipeline, begun when there is something to record, and one per model."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ccml.engine.digest import fingerprint
from ccml.engine.manifest import Manifest
from ccml.project import Project
from ccml.tracking.card import CARD, describe, model_card
from ccml.tracking.champions import DIRTY
from ccml.tracking.evidence import (
    LABEL_RULE,
    TEST_ROWS,
    TRAIN_PERIOD,
    Challenger,
    GateRows,
)
from ccml.tracking.orphans import close_orphans, hold, let_go
from ccml.tracking.package import log_scorer
from ccml.tracking.records import audit_tags, figure_file, metric_values, parameters
from ccml.tracking.register import Registration, register
from ccml.tracking.revision import code_revision
from ccml.tracking.store import TrackingStore, open_store, quiet_mlflow

if TYPE_CHECKING:
    from ccml.predictors.train import TrainedPredictor

MAX_DIGEST = 36
PARAMS_PER_CALL = 100


@dataclass
class PipelineRun:
    """The parent run of one pipeline; it exists in MLflow only once something is in it."""

    project: Project
    pipeline: str
    run_id: str | None = field(default=None)
    store: TrackingStore | None = field(default=None)
    lock: FileLock | None = field(default=None)

    def begin(self) -> tuple[TrackingStore, str]:
        """Open the store and begin the run, unless that has happened."""
        if self.store is None:
            self.store = open_store(self.project)
        if self.run_id is None:
            tags = _project_tags(self.project) | {"ccml.pipeline": self.pipeline}
            self.run_id = _create(self.store, self.pipeline, tags)
            self.lock = hold(self.project, self.run_id)
        return self.store, self.run_id

    def end(self, status: str) -> None:
        """Close the run, if it was begun."""
        if self.store is not None and self.run_id is not None:
            with quiet_mlflow():
                self.store.client.set_terminated(self.run_id, status)
        if self.lock is not None:
            let_go(self.lock)


_CURRENT: ContextVar[PipelineRun | None] = ContextVar("pipeline_run", default=None)


@contextmanager
def pipeline_run(project: Project, pipeline_name: str) -> Iterator[PipelineRun]:
    """Record what happens inside under one parent run.

    A pipeline in which every stage is skipped leaves no run, and MLflow is not imported.
    Runs that a killed process left open are closed first.
    """
    for run_id in close_orphans(project):
        project.progress.note(f"run {run_id[:8]} was left open by a process that died")
    run = PipelineRun(project, pipeline_name)
    token = _CURRENT.set(run)
    try:
        yield run
    except Exception:
        run.end("FAILED")
        raise
    except BaseException:
        run.end("KILLED")
        raise
    else:
        run.end("FINISHED")
    finally:
        _CURRENT.reset(token)


def log_predictor(
    project: Project,
    name: str,
    trained: "TrainedPredictor",
    figures: Mapping[str, str | bytes],
    inputs: Mapping[str, Manifest],
    rows: GateRows | None = None,
) -> Registration:
    """Record a trained predictor in a run of its own and register its model.

    Args:
        project: The project.
        name: The predictor.
        trained: Its scorer and evaluation.
        figures: File name -> text (SVG, HTML) or bytes (PNG).
        inputs: Tables it learnt from; only names, hashes and row counts are recorded.
        rows: Rows to compare it with the champion on; they are not recorded.
    """
    parent = _CURRENT.get()
    store, parent_id = parent.begin() if parent else (open_store(project), None)
    tags = _predictor_tags(project, name, trained.evaluation, parent_id)
    tags |= {TEST_ROWS: rows.mark} if rows else {}
    with _own_run(project, store, name, tags) as run_id:
        _log_values(store, run_id, project, name, trained.evaluation)
        _log_inputs(store, run_id, inputs)
        _log_files(store, run_id, trained.evaluation, figures)
        model = log_scorer(store, run_id, name, trained.scorer, trained.survival)
        dirty = tags.get(DIRTY) == str(True)
        candidate = Challenger("", trained.scorer, trained.evaluation, dirty)
        done = register(project, store, name, model, candidate, rows)
        card = model_card(project, name, trained.evaluation, done, tags)
        store.client.log_text(run_id, card, CARD)
        describe(project, store, name, done, card)
    return done


@contextmanager
def _own_run(
    project: Project, store: TrackingStore, name: str, tags: Mapping[str, str]
) -> Iterator[str]:
    with quiet_mlflow():
        run_id = _create(store, name, tags)
        lock = hold(project, run_id)
        status = "FAILED"
        try:
            yield run_id
            status = "FINISHED"
        except (KeyboardInterrupt, SystemExit):
            status = "KILLED"
            raise
        finally:
            store.client.set_terminated(run_id, status)
            let_go(lock)


def _create(store: TrackingStore, name: str, tags: Mapping[str, str]) -> str:
    with quiet_mlflow():
        run = store.client.create_run(
            store.experiment_id, tags=dict(tags), run_name=name
        )
        return str(run.info.run_id)


def _project_tags(project: Project) -> dict[str, str]:
    revision = code_revision(project.folder)
    return {
        "mlflow.source.name": "ccml",
        "mlflow.source.type": "LOCAL",
        "ccml.project": project.config.project,
        "ccml.config_file": project.file.name,
        "ccml.config_fingerprint": fingerprint(project.config),
        **({"mlflow.source.git.commit": revision.commit} if revision else {}),
        **({DIRTY: str(revision.dirty)} if revision else {}),
    }


def _predictor_tags(
    project: Project, name: str, evaluation: Mapping[str, Any], parent_id: str | None
) -> dict[str, str]:
    split = evaluation.get("split", {})
    return {
        **_project_tags(project),
        **({"mlflow.parentRunId": parent_id} if parent_id else {}),
        "ccml.predictor": name,
        LABEL_RULE: str(evaluation.get("label_rule", "")),
        TRAIN_PERIOD: _period(split.get("train_period")),
        "ccml.test_period": _period(split.get("test_period")),
        "ccml.recommended": str(evaluation.get("recommended", "")),
        **audit_tags(evaluation),
    }


def _period(value: Any) -> str:
    parts = value.values() if isinstance(value, Mapping) else [value]
    return " to ".join(str(part) for part in parts if part is not None)


def _log_values(
    store: TrackingStore,
    run_id: str,
    project: Project,
    name: str,
    evaluation: Mapping[str, Any],
) -> None:
    from mlflow.entities import Metric, Param

    metrics = [Metric(key, value, 0, 0) for key, value in metric_values(evaluation)]
    params = [Param(key, value) for key, value in parameters(project, name)]
    store.client.log_batch(run_id, metrics=metrics)
    for start in range(0, len(params), PARAMS_PER_CALL):
        part = params[start : start + PARAMS_PER_CALL]
        store.client.log_batch(run_id, params=part)


def _log_inputs(
    store: TrackingStore, run_id: str, inputs: Mapping[str, Manifest]
) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    context = [InputTag("mlflow.data.context", "training")]
    datasets = [
        DatasetInput(
            Dataset(
                name=name,
                digest=fingerprint(manifest.content)[:MAX_DIGEST],
                source_type="ccml_table",
                source=json.dumps({"table": manifest.name}),
                profile=json.dumps({"num_rows": manifest.rows}),
            ),
            context,
        )
        for name, manifest in inputs.items()
    ]
    if datasets:
        store.client.log_inputs(run_id, datasets)


def _log_files(
    store: TrackingStore,
    run_id: str,
    evaluation: Mapping[str, Any],
    figures: Mapping[str, str | bytes],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = json.dumps(evaluation, indent=2, sort_keys=True)
        (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
        for figure, content in figures.items():
            target = folder / "figures" / figure_file(figure, content)
            target.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            target.write_bytes(data)
        store.client.log_artifacts(run_id, str(folder))
