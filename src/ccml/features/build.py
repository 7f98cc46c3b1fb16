"""The stage that makes a spine and its features."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

from ccml.engine.parts import Parts
from ccml.engine.spark_rows import SharedRows
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.features.blocks import Reading
from ccml.features.catalogue import as_frame
from ccml.features.events import event_inputs
from ccml.features.partitions import (
    CODE,
    PARTITION,
    RowsMark,
    column_marks,
    data_digests,
    partition,
    rows_marks,
    standing_files,
    with_partition,
)
from ccml.features.plan import Plan, plan_features
from ccml.features.spark_project import on_engine
from ccml.features.spine import make_spine, spine_keys
from ccml.features.writing import Due, Writing
from ccml.project import Project
from ccml.sources.watermark import data_until

if TYPE_CHECKING:
    from ccml.features.spark import SparkWriting


def build_features(project: Project, name: str) -> bool:
    """Make spine, features and catalogue of one spine, unless they stand."""
    config = project.config
    spine = config.spines[name]
    followed = {other for t in config.features.tables.values() for other in t.after}
    tables = {*config.features.tables, *followed, *([spine.each] if spine.each else [])}
    inputs = [stored for table in sorted(tables) for stored in event_inputs(table)]
    if config.sources.customers:
        inputs.append("customers")
    stage = Stage(
        name=f"features of {name}",
        outputs=[f"spine__{name}", f"features__{name}", f"catalogue__{name}"],
        inputs=inputs,
        settings={
            "spine": spine,
            "firsts": {key: other.first for key, other in config.spines.items()},
            "features": config.features,
            "time_zone": config.time_zone,
            "until": data_until(project),
        },
        code=CODE,
    )
    return project.stages.run(stage, lambda: _build(project, name))


def _build(project: Project, name: str) -> Mapping[str, Output]:
    config = project.config.spines[name]
    keys = spine_keys(config)
    project.progress.step("who and when")
    spine, shared = _spine(project, name)
    plan = plan_features(project, config)
    project.progress.step("what stands already")
    writing = _writing(project, name, spine, plan, shared)
    stands = f", {len(writing.kept)} stand" if writing.kept else ""
    project.progress.step(
        f"{len(plan.features)} features: {len(writing.due)} partitions{stands}"
    )
    about = f"one row per {' and '.join(keys)}"
    return {
        f"spine__{name}": Table(spine.select(*keys), keys, about),
        f"features__{name}": Parts(keys, about, writing.kept, writing.fill),
        f"catalogue__{name}": Table(
            as_frame(plan.features), ["name"], "one row per feature"
        ),
    }


def _spine(project: Project, name: str) -> tuple[ibis.Table, SharedRows | None]:
    """Make the spine; what Spark makes lies in files, which both engines open."""
    seen = on_engine(project)
    made = make_spine(seen, name)
    if seen is project:
        return made, None
    backend = project.store.backend
    shared = SharedRows(made, backend)
    return backend.read_parquet(shared.files), shared


def _writing(
    project: Project,
    name: str,
    spine: ibis.Table,
    plan: Plan,
    shared: SharedRows | None,
) -> "Writing | SparkWriting":
    """Find which partitions stand, and prepare the others."""
    config = project.config.spines[name]
    spine = with_partition(spine, config, project.config.time_zone).cache()
    marks = rows_marks(spine)
    due, kept = _due(project, name, plan, marks)
    if shared:
        from ccml.features.spark import spark_writing

        return spark_writing(on_engine(project), name, shared, plan, (due, kept))
    rows = spine.filter(spine[PARTITION].isin(list(due)))
    ids = rows.select("customer_id").distinct()
    person = ibis.row_number().over(order_by=ids.customer_id)
    people = ids.mutate(person=person.cast("int32")).cache()
    engine = project.config.engine
    return Writing(
        Reading(rows, people, plan, project.config.time_zone),
        spine_keys(config),
        due,
        kept,
        engine.threads,
        engine.memory_limit_gb * 1e9,
    )


def _due(
    project: Project, name: str, plan: Plan, marks: Mapping[str, RowsMark]
) -> tuple[dict[str, Due], list[str]]:
    config = project.config.spines[name]
    ends = [partition(label, config, project.zone) for label in marks]
    digests = data_digests(plan, ends)
    stands = {} if project.force else standing_files(project.store, f"features__{name}")
    due, kept = {}, []
    for place, (label, mark) in enumerate(marks.items()):
        columns = column_marks(plan, digests, place)
        old = stands.get(label)
        if old and old.rows != mark.mark:
            old = None
        if old and dict(old.columns) == columns:
            kept.append(old.file.name)
        else:
            due[label] = Due(label, columns, mark.mark, mark.rows, old)
    return due, kept
