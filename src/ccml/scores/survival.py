"""The stage that tells by when the event happens, for the customers who are scored."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.labels.population import population_inputs
from ccml.predictors.scorer import Scorer
from ccml.predictors.survival.hazard import FOLDER, HazardModel
from ccml.project import Project
from ccml.scores.rows import chunks, newest_rows, scoring_spine
from ccml.scores.score import as_arrow
from ccml.scores.scoring import given_values
from ccml.sources.watermark import data_until
from ccml.tracking.registry import ChampionMark, champion_mark, verified

KEYS = ["customer_id", "predictor", "cutoff_at"]
ABOUT = (
    "one row per customer, predictor and cutoff; probability of the event by so many days "
    "after the cutoff, and mean days without it among the next so many"
)


def score_survival(project: Project, name: str) -> dict[str, Any]:
    """Tell by when the event happens, unless the table stands.

    Returns:
        {NAME: {column: mean}} of the table survival__NAME; nothing where the champion
        was trained without `survival`.
    """
    mark = champion_mark(project, name)
    if mark is None or not any(file.startswith(f"{FOLDER}/") for file in mark.hashes):
        return {}
    spine = scoring_spine(project, name)
    stage = Stage(
        name=f"survival of {name}",
        outputs=[f"survival__{name}"],
        inputs=[f"features__{spine}", *_others(project, name, spine)],
        settings={
            "eligible": getattr(
                project.config.predictors[name].label, "eligible", None
            ),
            "champion": [mark.version, mark.hashes],
            "scoring": project.config.predictors[name].scoring,
            "spine": project.config.spines[spine],
            "until": data_until(project),
        },
        code=("scores", "predictors", "labels/population"),
    )
    spill = project.workspace / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        project.stages.run(stage, lambda: _build(project, name, mark, Path(folder)))
    return {name: _means(project, name)}


def _others(project: Project, name: str, spine: str) -> list[str]:
    """Name what else is read: who is eligible, and the usual moment."""
    eligible = population_inputs(project, name, spine)
    return sorted({f"catalogue__{spine}", *eligible} - {f"features__{spine}"})


def _build(
    project: Project, name: str, mark: ChampionMark, folder: Path
) -> Mapping[str, Table]:
    files = verified(project, name, mark).folder
    model = HazardModel.load(files / FOLDER)
    given = given_values(project, name, Scorer.load(files))
    chosen = newest_rows(project, name)
    for number, frame in enumerate(chunks(project, name, chosen, given)):
        told = model.table(frame)
        keys = frame[["customer_id", "cutoff_at"]]
        rows = keys.assign(predictor=name, model_version=mark.version).join(told)
        pq.write_table(as_arrow(rows), folder / f"{number:06d}.parquet")
    parts = [str(file) for file in sorted(folder.iterdir())]
    table = project.store.backend.read_parquet(parts)
    return {f"survival__{name}": Table(table, KEYS, ABOUT)}


def _means(project: Project, name: str) -> dict[str, float]:
    table = project.store.read(f"survival__{name}")
    told = [c for c in table.columns if c not in (*KEYS, "model_version")]
    row = table.agg(**{c: table[c].mean() for c in told}).to_pandas().iloc[0]
    return {column: float(row[column]) for column in told}
