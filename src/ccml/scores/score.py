"""The stage that scores customers by a predictor's champion."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import RefusedError
from ccml.labels.population import population_inputs
from ccml.predictors.dataset import Floats
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.scores.bands import BANDS, band
from ccml.scores.rows import chunks, newest_rows, scoring_spine
from ccml.scores.scoring import given_values, reasons_config, score_frame, scoring_by
from ccml.scores.unseen import (
    alarmed_features,
    tell_unseen,
    unseen_columns,
    unseen_values,
)
from ccml.sources.watermark import data_until
from ccml.tracking.registry import ChampionMark, champion, champion_mark, no_champion

ABOUT = "one row per customer, predictor and cutoff"
COLUMNS = (
    "customer_id",
    "predictor",
    "cutoff_at",
    "model_version",
    "raw_score",
    "probability",
    "band",
    "reasons",
)


def score_predictor(project: Project, name: str) -> dict[str, Any]:
    """Score the newest rows by the champion, unless these scores stand.

    Returns:
        What `run score --json` shows: {NAME: {rows, cutoff_from, cutoff_until,
        model_version, model_kind, mean_probability, reasons_method, unseen,
        unseen_alarm, bands}}.
    """
    spine = scoring_spine(project, name)
    mark = champion_mark(project, name)
    if mark is None:
        raise no_champion(name)
    stage = Stage(
        name=f"scores of {name}",
        outputs=[f"scores__{name}", f"score_summary__{name}"],
        inputs=sorted(
            {
                f"features__{spine}",
                f"catalogue__{spine}",
                *population_inputs(project, name, spine),
            }
        ),
        settings={
            "eligible": getattr(
                project.config.predictors[name].label, "eligible", None
            ),
            "champion": [mark.version, mark.hashes],
            "scoring": project.config.predictors[name].scoring,
            "spine": project.config.spines[spine],
            "until": data_until(project),
            "reasons": reasons_config(project, name),
        },
        code=("scores", "predictors", "labels/population"),
    )
    spill = project.workspace / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        project.stages.run(stage, lambda: _build(project, name, mark, Path(folder)))
    tell_unseen(project, name)
    return score_summary(project, name)


def _build(
    project: Project, name: str, mark: ChampionMark, folder: Path
) -> Mapping[str, Table]:
    version, files = champion(project, name)
    if version != mark.version:
        raise RefusedError(
            f"predictors.{name}: the champion changed from version {mark.version} to "
            f"{version} while scoring began; run it again."
        )
    scorer = Scorer.load(files)
    chosen = newest_rows(project, name)
    given = given_values(project, name, scorer)
    scoring = scoring_by(project, name, version, scorer, chosen)
    probabilities, unseen, methods = [], [], []
    for number, frame in enumerate(chunks(project, name, chosen, given)):
        project.progress.step(f"{name}: part {number + 1}, {len(frame):,} customers")
        scored, explained = score_frame(frame, scoring)
        methods.append((explained.method, explained.slow_because))
        part = folder / f"{number:06d}.parquet"
        pq.write_table(as_arrow(scored), part)
        probabilities.append(scored["probability"].to_numpy())
        unseen.append((len(frame), scorer.unseen_shares(frame)))
    everyone = np.concatenate(probabilities)
    rows = project.store.backend.read_parquet(
        [str(f) for f in sorted(folder.iterdir())]
    )
    rows = rows.mutate(band=band(rows.probability, float(everyone.mean())))
    rows = rows.select(*COLUMNS)
    most = project.config.predictors[name].scoring.max_unseen_share
    told = unseen_columns(unseen_values(scorer, unseen), most)
    summary = _summary(name, version, scorer, everyone, told, rows)
    summary["reasons_method"] = _method(project, name, methods)
    keys = ["customer_id", "predictor", "cutoff_at"]
    return {
        f"scores__{name}": Table(rows, keys, ABOUT),
        f"score_summary__{name}": Table(
            summary, ["predictor"], "one row per predictor"
        ),
    }


def _method(
    project: Project, name: str, methods: Sequence[tuple[str, str | None]]
) -> str:
    """Name the routes taken; say why the fast one was not, where it should have been."""
    slow = dict.fromkeys(why for _, why in methods if why)
    if slow:
        project.progress.note(
            f"predictors.{name}: reasons were worked out by LightGBM's own, slower way: "
            f"{'; '.join(slow)}."
        )
    return ", ".join(dict.fromkeys(method for method, _ in methods))


def as_arrow(scored: pd.DataFrame) -> pa.Table:
    """Make a table of rows with cutoff_at, its instants in UTC."""
    # pyarrow still asks pandas for instants in a way that pandas deprecates.
    instants = scored["cutoff_at"].dt.tz_convert(None).to_numpy()
    table = pa.Table.from_pandas(scored.drop(columns="cutoff_at"), preserve_index=False)
    column = pa.array(instants).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    return table.append_column("cutoff_at", column)


def _summary(
    name: str,
    version: str,
    scorer: Scorer,
    probabilities: Floats,
    told: Mapping[str, list[object]],
    rows: ibis.Table,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "predictor": [name],
            "rows": [len(probabilities)],
            "cutoff_from": [rows.cutoff_at.min().execute()],
            "cutoff_until": [rows.cutoff_at.max().execute()],
            "model_version": [version],
            "model_kind": [scorer.kind],
            "mean_probability": [float(probabilities.mean())],
            **told,
        }
    ).astype({"unseen_feature": "string", "unseen_alarm": "string"})


def score_summary(project: Project, name: str) -> dict[str, Any]:
    """Read what is known of the stored scores of a predictor."""
    row = project.store.frame(f"score_summary__{name}").iloc[0]
    scores = project.store.read(f"scores__{name}")
    counts = scores.group_by("band").agg(n=scores.count()).to_pandas()
    bands = dict(zip(counts["band"], counts["n"].astype(int), strict=True))
    return {
        name: {
            "rows": int(row["rows"]),
            "cutoff_from": row["cutoff_from"].isoformat(),
            "cutoff_until": row["cutoff_until"].isoformat(),
            "model_version": row["model_version"],
            "model_kind": row["model_kind"],
            "mean_probability": float(row["mean_probability"]),
            "reasons_method": str(row["reasons_method"]),
            "unseen": _unseen(row),
            "unseen_alarm": alarmed_features(row),
            "bands": {word: int(bands.get(word, 0)) for word in BANDS},
        }
    }


def _unseen(row: pd.Series) -> dict[str, Any] | None:
    if pd.isna(row["unseen_feature"]):
        return None
    return {
        "feature": str(row["unseen_feature"]),
        "share": float(row["unseen_share"]),
        "share_in_training": float(row["unseen_share_in_training"]),
    }
