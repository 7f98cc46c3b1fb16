"""What is known of features: their meaning, and what is usual among those scored."""

from collections.abc import Sequence
from typing import Any

import ibis

from ccml.features.spine import spine_keys
from ccml.project import Project
from ccml.scores.rows import scoring_spine
from ccml.scores.sentences import FeatureInfo


def feature_infos(project: Project, name: str) -> dict[str, FeatureInfo]:
    """Read the catalogues of the spines that a predictor learns from and scores."""
    spines = {project.config.predictors[name].spine, scoring_spine(project, name)}
    found: dict[str, FeatureInfo] = {}
    for spine in sorted(spine for spine in spines if spine):
        frame = project.store.frame(f"catalogue__{spine}")
        columns = ["name", "statistic", "meaning", "unit", "family"]
        for row in frame[columns].itertuples(index=False):
            found[str(row.name)] = FeatureInfo(*map(str, row))
    return found


def usual_values(
    project: Project, spine: str, chosen: ibis.Table, features: Sequence[str]
) -> dict[str, Any]:
    """Find the median of number columns and the commonest value of the others."""
    keys = spine_keys(project.config.spines[spine])
    rows = project.store.read(f"features__{spine}").semi_join(chosen, keys)
    numbers = [name for name in features if rows[name].type().is_numeric()]
    usual: dict[str, Any] = {}
    if numbers:
        medians = rows.agg(
            **{name: rows[name].cast("float64").median() for name in numbers}
        )
        usual = dict(medians.to_pandas().iloc[0])
    for name in features:
        if name not in usual:
            usual[name] = _commonest(rows, name)
    return usual


def _commonest(rows: ibis.Table, name: str) -> Any:
    counts = rows.group_by(value=rows[name]).agg(n=rows.count())
    counts = counts.filter(counts.value.notnull())
    top = counts.order_by([counts.n.desc(), counts.value]).limit(1).to_pandas()
    return None if top.empty else top["value"].iloc[0]
