"""From stored tables to the training set of one predictor."""

from datetime import timedelta
from typing import Any

import ibis
import pandas as pd

from ccml.config.labels import ColumnLabelConfig, EventLabelConfig
from ccml.config.predictors import PredictorConfig
from ccml.engine.conditions import condition
from ccml.errors import DataError, unknown_name
from ccml.features.spine import spine_keys
from ccml.labels.words import label_rule
from ccml.predictors.dataset import TrainingSet
from ccml.project import Project

ROW_NO = "row_no"
MOST_CLASSES = 5
TRUE = ("true", "1", "yes")
FALSE = ("false", "0", "no")


def training_set(project: Project, name: str) -> TrainingSet:
    """Read the rows, features, labels and slices of one predictor.

    Rows whose label is not known yet are left out.
    """
    config = project.config.predictors[name]
    if isinstance(config.label, ColumnLabelConfig):
        return _flat(project, name, config, config.label)
    return _over_time(project, name, config, config.label)


def training_inputs(project: Project, name: str) -> list[str]:
    """Name the stored tables that a predictor learns from."""
    config = project.config.predictors[name]
    if config.table:
        return [f"flat__{config.table}"]
    tables = [f"features__{config.spine}", f"labels__{name}"]
    if config.judge.effort == "full":
        tables.append(f"catalogue__{config.spine}")
    return tables


def _over_time(
    project: Project, name: str, config: PredictorConfig, label: EventLabelConfig
) -> TrainingSet:
    keys = spine_keys(project.config.spines[str(config.spine)])
    features = project.store.read(f"features__{config.spine}")
    labels = project.store.read(f"labels__{name}")
    known = labels.filter(labels.label.notnull()).select(*keys, "label")
    rows = features.inner_join(known, keys)
    frame = _with_slices(rows, name, config).order_by(keys).to_pandas()
    return _parts(project, name, frame, keys, label.embargo)


def _flat(
    project: Project, name: str, config: PredictorConfig, label: ColumnLabelConfig
) -> TrainingSet:
    rows = project.store.read(f"flat__{config.table}")
    if label.column not in rows.columns:
        place = f"predictors.{name}.label.column"
        raise unknown_name("column", label.column, rows.columns, place)
    empty = int(rows.filter(rows[label.column].isnull()).count().execute())
    if empty:
        raise DataError(
            f"predictors.{name}.label.column: {label.column!r} is empty in {empty:,} "
            f"rows; fill it or take these rows out."
        )
    frame = _with_slices(rows, name, config).order_by(ROW_NO).to_pandas()
    answers = frame.pop(label.column)
    frame["label"] = _is_positive(answers, label.positive).astype("int8")
    if not frame["label"].any():
        raise DataError(
            f"predictors.{name}.label.positive: {label.positive!r} never stands in "
            f"column {label.column!r}, which holds {_kinds(answers)}; set `positive` to "
            f"one of them."
        )
    return _parts(project, name, frame, [ROW_NO], timedelta(0))


def _kinds(answers: pd.Series) -> str:
    """Show the few classes of a label; of any other column only how many values."""
    values = sorted(map(str, answers.unique()))
    few = len(values) <= MOST_CLASSES
    return str(values) if few else f"{len(values):,} different values"


def _is_positive(answers: pd.Series, positive: str) -> pd.Series:
    if pd.api.types.is_bool_dtype(answers):
        return answers.map({True: TRUE, False: FALSE}).map(
            lambda words: positive.lower() in words
        )
    if pd.api.types.is_numeric_dtype(answers):
        return answers == pd.to_numeric(positive, errors="coerce")
    return answers.astype(str) == positive


def _with_slices(rows: ibis.Table, name: str, config: PredictorConfig) -> ibis.Table:
    slices: dict[str, Any] = {}
    for slice_name, text in config.slices.items():
        place = f"predictors.{name}.slices.{slice_name}"
        inside = condition(rows, text, place)
        slices[f"slice__{slice_name}"] = inside.fill_null(False)
    return rows.mutate(**slices) if slices else rows


def _parts(
    project: Project,
    name: str,
    frame: pd.DataFrame,
    keys: list[str],
    embargo: timedelta,
) -> TrainingSet:
    in_slices = [column for column in frame.columns if column.startswith("slice__")]
    names = {column: column.removeprefix("slice__") for column in in_slices}
    return TrainingSet(
        keys=frame[keys],
        features=frame.drop(columns=[*keys, "label", *in_slices]),
        label=frame["label"],
        slices=frame[in_slices].rename(columns=names),
        embargo=embargo,
        label_rule=label_rule(project, name),
        zone=project.config.time_zone,
        families=_families(project, project.config.predictors[name]),
    )


def _families(project: Project, config: PredictorConfig) -> dict[str, str]:
    """Read the families of the features, where the judgement asks for them."""
    if config.spine is None or config.judge.effort != "full":
        return {}
    catalogue = project.store.frame(f"catalogue__{config.spine}")
    return dict(zip(catalogue["name"], catalogue["family"], strict=True))
