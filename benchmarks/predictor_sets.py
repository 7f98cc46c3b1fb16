"""Data sets for predictors: the same rows and columns for ccml and for every peer.

Rows, features, labels and splits are those of `ccml run train`; what is missing in a
workspace is built. A set becomes a folder: train.parquet and test.parquet (numbers,
texts and `label`), clusters.parquet (who a test row belongs to), about.json, and for ccml
itself all rows with keys and slices in a folder of their own, `all`.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from bank_protocol import labelled

from ccml.config.predictors import PredictorConfig
from ccml.engine.lock import run_lock
from ccml.features.build import build_features
from ccml.identity.prepare import prepare_missing
from ccml.labels.build import build_labels
from ccml.predictors.dataset import (
    TrainingSet,
    as_numbers,
    feature_kind,
    prepare,
    without_empty_features,
)
from ccml.predictors.split import split_rows
from ccml.predictors.training_table import training_set
from ccml.project import Project

CONFIGS = Path(__file__).parents[1] / "configs"
DEMO = "demo.yaml"
DIGEST_CHARACTERS = 12


@dataclass(frozen=True)
class Recipe:
    """How a set comes about.

    Attributes:
        config: File of the config; the demo company's may be given by an option.
        predictor: Its predictor.
        split: How train and test were cut, in words.
        overrides: Changes of the config.
        relabel: Another label than the config's.
    """

    config: str
    predictor: str
    split: str
    overrides: tuple[str, ...] = ()
    relabel: Callable[[Project, TrainingSet], TrainingSet] | None = None


def _by_protocol(project: Project, data: TrainingSet) -> TrainingSet:
    """Ask as the bank log's protocol does: does the next call begin within 7 days?"""
    label = labelled(project).repeated.reindex(data.keys["event_id"])
    rule = "the customer's next call begins within 7 days of the begin of this one"
    return replace(data, label=label.set_axis(data.label.index), label_rule=rule)


RECIPES = {
    "bank_marketing_time": Recipe(
        "bank_marketing.yaml",
        "conversion",
        "B3: the first 80 % of the rows train, the last 20 % test; their order is time",
    ),
    "bank_marketing_shuffled": Recipe(
        "bank_marketing.yaml",
        "conversion",
        "80 % of the rows train, 20 % test, at random with equal shares of positives",
        ("predictors.conversion.split.kind=random",),
    ),
    "anonymous_bank": Recipe(
        "anonymous_bank.yaml",
        "repeat_call",
        "R1: calls of 1 February to 24 May train, those of 1 June to 23 July test",
        relabel=_by_protocol,
    ),
    "iranian_churn": Recipe(
        "iranian_churn.yaml",
        "churn",
        "80 % of the distinct rows train, 20 % test, at random with equal shares of "
        "positives",
    ),
    "demo_churn": Recipe(
        DEMO, "churn", "later cutoffs test; an embargo of gap, horizon and settling"
    ),
    "demo_repeat_call": Recipe(
        DEMO, "repeat_call", "later calls test; an embargo of horizon and settling"
    ),
}


@dataclass(frozen=True)
class Payoff:
    """What contacting somebody earns.

    Attributes:
        value: What one success is worth, EUR.
        success_rate: Share of rightly contacted people with whom it works.
        cost: What one contact costs, EUR.
    """

    value: float
    success_rate: float
    cost: float


def make_set(
    name: str, folder: Path, workspaces: Path, demo: Path | None = None
) -> dict[str, Any]:
    """Write one set into a folder.

    Args:
        name: One of RECIPES.
        folder: Where the set goes.
        workspaces: Where workspaces are kept: one each, named like its config's file.
        demo: Another config of the demo company.

    Returns:
        What stands in about.json.
    """
    recipe = RECIPES[name]
    project = _project(recipe, workspaces, demo)
    config = project.config.predictors[recipe.predictor]
    with run_lock(project.workspace):
        data = _rows(project, recipe)
    place = f"predictors.{recipe.predictor}"
    plain = replace(data, features=_plain(data.features, place))
    payoff = payoff_of(project, recipe.predictor)
    about = {
        "name": name,
        "predictor": recipe.predictor,
        "split": recipe.split,
        "payoff": asdict(payoff) if payoff else None,
        "config": config.model_dump(mode="json"),
    }
    return about | _write(folder, plain, config, place, about)


def _project(recipe: Recipe, workspaces: Path, demo: Path | None) -> Project:
    own = demo if demo and recipe.config == DEMO else CONFIGS / recipe.config
    work = workspaces.resolve() / Path(recipe.config).stem
    return Project.open(own, (*recipe.overrides, f"workspace={work}"))


def _rows(project: Project, recipe: Recipe) -> TrainingSet:
    """Read the rows of a predictor, after building what is missing or out of date."""
    prepare_missing(project)
    spine = project.config.predictors[recipe.predictor].spine
    if spine:
        build_features(project, spine)
        build_labels(project, recipe.predictor)
    data = training_set(project, recipe.predictor)
    return recipe.relabel(project, data) if recipe.relabel else data


def payoff_of(project: Project, predictor: str) -> Payoff | None:
    """Find how money is counted: in the first target list that the predictor ranks."""
    for rule in project.config.lists.values():
        if rule.predictor == predictor and rule.value_per_success_eur:
            return Payoff(
                rule.value_per_success_eur, rule.success_rate, rule.cost_per_contact_eur
            )
    return None


def _plain(features: pd.DataFrame, place: str) -> pd.DataFrame:
    """Keep texts as they are, and make floats of all else, which every peer reads."""
    columns: dict[str, pd.Series] = {}
    for name, values in features.items():
        if feature_kind(values, place) == "category":
            columns[str(name)] = values.astype("str").where(values.notna(), None)
        else:
            columns[str(name)] = pd.Series(as_numbers(values, place), values.index)
    return pd.DataFrame(columns, index=features.index)


def _write(
    folder: Path,
    data: TrainingSet,
    config: PredictorConfig,
    place: str,
    about: dict[str, Any],
) -> dict[str, Any]:
    ready = prepare(config, data, place)
    split = split_rows(config, ready, place)
    ready, _ = without_empty_features(config, ready, split.train, place)
    train, test = ready.take(split.train), ready.take(split.test)
    (folder / "all").mkdir(parents=True, exist_ok=True)
    frames = {
        "train": _with_label(train),
        "test": _with_label(test),
        "clusters": pd.DataFrame({"cluster": test.clusters}),
        "all/keys": data.keys,
        "all/features": data.features,
        "all/slices": data.slices,
        "all/label": data.label.to_frame("label"),
    }
    for title, frame in frames.items():
        frame.reset_index(drop=True).to_parquet(folder / f"{title}.parquet")
    more = {
        "train_rows": len(train),
        "test_rows": len(test),
        "features": ready.features.shape[1],
        "train_positives": float(train.y.mean()),
        "test_positives": float(test.y.mean()),
        "embargo_s": data.embargo.total_seconds(),
        "label_rule": data.label_rule,
        "digest": _digest([frames["train"], frames["test"]]),
    }
    text = json.dumps(about | more, indent=2)
    (folder / "about.json").write_text(text + "\n", encoding="utf-8")
    return more


def _with_label(part: TrainingSet) -> pd.DataFrame:
    return part.features.assign(label=part.label)


def _digest(frames: Sequence[pd.DataFrame]) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        digest.update(",".join(frame.columns).encode())
        hashed = pd.util.hash_pandas_object(frame, index=False)
        digest.update(hashed.to_numpy().tobytes())
    return digest.hexdigest()[:DIGEST_CHARACTERS]


def use_data(folder: Path | None) -> None:
    """Tell the configs where the public data sets are."""
    if folder:
        os.environ["CCML_DATA"] = str(folder.resolve())
