"""Counts text values that training did not know, and says where they are too many."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ccml.predictors.scorer import Scorer
from ccml.project import Project

Shares = Sequence[tuple[int, pd.Series]]
"""Of every part of the rows: how many they are, and the share of unknown values."""


def unseen_values(scorer: Scorer, parts: Shares) -> pd.DataFrame:
    """Compare the share of unknown values of each text feature with that in training.

    Values too rare to be stored count as unknown in training, too, so it is the rise
    that tells of a changed export.

    Returns:
        By feature, the highest rise first: share, share_in_training.
    """
    shares = pd.DataFrame([share for _, share in parts])
    if shares.empty or not len(shares.columns):
        return pd.DataFrame({"share": [], "share_in_training": []})
    now = np.average(shares, axis=0, weights=[count for count, _ in parts])
    before = pd.Series(scorer.training_unseen_shares)[shares.columns]
    found = pd.DataFrame({"share": now, "share_in_training": before})
    rise = found["share"] - found["share_in_training"]
    return found.loc[rise.sort_values(ascending=False, kind="stable").index]


def unseen_columns(found: pd.DataFrame, most: float) -> dict[str, list[object]]:
    """Give the columns of the score summary: the highest rise, and what is too high."""
    rise = found["share"] - found["share_in_training"]
    alarmed = [str(name) for name in found.index[rise > most]]
    if found.empty:
        first: tuple[object, float, float] = (pd.NA, 0.0, 0.0)
    else:
        top = found.iloc[0]
        first = (str(found.index[0]), top["share"], top["share_in_training"])
    return {
        "unseen_feature": [first[0]],
        "unseen_share": [float(first[1])],
        "unseen_share_in_training": [float(first[2])],
        "unseen_alarm": [", ".join(alarmed) or pd.NA],
    }


def alarmed_features(row: pd.Series) -> list[str]:
    """Read the features with too many unknown values from a score summary."""
    told = row["unseen_alarm"]
    return [] if pd.isna(told) else str(told).split(", ")


def tell_unseen(project: Project, name: str) -> None:
    """Say in the run's output where too many values are unknown, each time it runs."""
    row = project.store.frame(f"score_summary__{name}").iloc[0]
    alarmed = alarmed_features(row)
    if not alarmed:
        return
    most = project.config.predictors[name].scoring.max_unseen_share
    project.progress.note(
        f"predictors.{name}: more values than scoring.max_unseen_share: {most:g} allows "
        f"are unknown to the model, in {', '.join(alarmed)} "
        f"({row['unseen_share']:.0%} of the rows in {row['unseen_feature']}, "
        f"{row['unseen_share_in_training']:.0%} in training); see whether the export "
        f"changed, or train again."
    )
