"""The stored tables that `ccml show` shows."""

from collections.abc import Callable, Mapping

import pandas as pd

from ccml.errors import unknown_name
from ccml.project import Project

Shown = dict[str, pd.DataFrame]
STRATEGY_HEAD = (
    "segment_id", "rank", "title", "channel", "spared", "spared_low", "spared_high",
    "net_eur", "cost_eur",
)  # fmt: skip
LABEL_COUNTS = ["predictor", "status", "rows", "mean_label"]


def shown(project: Project, what: str, only: str | None, rows: int) -> Shown:
    """Collect the tables of one kind.

    Args:
        project: The project.
        what: A key of `KINDS`.
        only: One predictor, list or spine; all when not given.
        rows: Rows of each table at the most.
    """
    return KINDS[what](project, only, rows)


def _tables(project: Project, _only: str | None, _rows: int) -> Shown:
    manifests = [project.store.manifest(name) for name in project.store.names()]
    found = [
        {"name": m.name, "rows": m.rows, "what one row is": m.about}
        for m in manifests
        if m is not None
    ]
    return {"tables": pd.DataFrame(found)}


def _stored(*names: str) -> Callable[[Project, str | None, int], Shown]:
    def collect(project: Project, _only: str | None, rows: int) -> Shown:
        return {name: _head(project, name, rows) for name in names}

    return collect


def _stored_from(name: str, *first: str) -> Callable[[Project, str | None, int], Shown]:
    """Show a table with the columns first that people read first."""

    def collect(project: Project, _only: str | None, rows: int) -> Shown:
        frame = _head(project, name, rows)
        rest = [column for column in frame if column not in first]
        return {name: frame[[*first, *rest]]}

    return collect


def _kpis(project: Project, only: str | None, rows: int) -> Shown:
    """Show the headlines of the whole centre, or the figures asked for."""
    from ccml.kpis.headlines import headlines

    frame = project.store.frame("kpis")
    if only is not None:
        return {"kpis": _figures(frame, only).head(rows)}
    first = headlines(frame, project.config.kpis.main_window_days)
    more = pd.DataFrame(
        {
            "for more": ["one figure, every variant and group", "one kind of group",
                         "everything"],
            "say": ["--only repeat_rate", "--only queue", "--only all --rows 1000"],
        }
    )  # fmt: skip
    counted = first[["figure", "whole_period", "counted_as"]].head(rows)
    first = first.drop(columns=["whole_period", "counted_as"])
    return {"kpis": first.head(rows), "how they are counted": counted, "more": more}


def _figures(frame: pd.DataFrame, only: str) -> pd.DataFrame:
    """Choose figures or a kind of group; the whole period comes first.

    A kind of group is called all too, so that everything has this name.
    """
    named = (frame["kpi"] == only) | (frame["group_kind"] == only)
    if only != "all" and not named.any():
        known = [*frame["kpi"].unique(), *frame["group_kind"].unique()]
        raise unknown_name("figure or kind of group", only, known, "--only")
    cells = ["period", "group_kind", "group"]
    kept = frame if only == "all" else frame[named]
    ordered = kept.assign(
        later=kept["period"] != "all", part=kept["group_kind"] != "all"
    ).sort_values(["later", "part", *cells, "kpi", "variant"], kind="stable")
    first = [*cells, "kpi", "variant", "value", "unit", "n", "why_null"]
    rest = [name for name in frame if name not in first]
    return ordered[[*first, *rest]]


def _of_each(prefix: str, section: str) -> Callable[[Project, str | None, int], Shown]:
    def collect(project: Project, only: str | None, rows: int) -> Shown:
        known: Mapping[str, object] = getattr(project.config, section)
        if only is not None and only not in known:
            raise unknown_name(section.removesuffix("s"), only, known, "--only")
        names = [f"{prefix}__{n}" for n in ([only] if only else known)]
        present = set(project.store.names())
        wanted = [name for name in names if name in present]
        # Where there is none, reading the first says what to run.
        return {name: _head(project, name, rows) for name in wanted or names[:1]}

    return collect


def _features(project: Project, only: str | None, rows: int) -> Shown:
    """Show each feature once for all windows, by spine; one spine in full if asked."""
    from ccml.features.overview import overview

    if only is not None:
        return _of_each("catalogue", "spines")(project, only, rows)
    made = set(project.store.names())
    names = [f"catalogue__{name}" for name in project.config.spines]
    wanted = [name for name in names if name in made] or names[:1]
    found = {}
    for name in wanted:
        told = overview(project.store.frame(name))
        for source, features in told.groupby("source", sort=False):
            title = f"{name.removeprefix('catalogue__')}: {source}"
            found[title] = features.drop(columns="source").head(rows)
    return found


def _audit(project: Project, only: str | None, rows: int) -> Shown:
    """Show how many checks hold, and what does not; one audit in full if asked."""
    from ccml.features.audit.finding import HOLDS
    from ccml.features.audit.results import by_check, subjects

    known = subjects(project)
    if only is not None and only not in known:
        raise unknown_name("spine or flat table", only, known, "--only")
    made = set(project.store.names())
    wanted = (
        [only] if only else [n for n in known if f"audit__{n}" in made] or known[:1]
    )
    found = {}
    for name in wanted:
        frame = project.store.frame(f"audit__{name}")
        told = frame.drop(columns=["features_mark", "position"])
        if only is not None:
            return {f"audit__{name}": told.head(rows)}
        found[f"audit__{name}: by check"] = by_check(frame)
        others = told[told.verdict != HOLDS]
        if len(others):
            found[f"audit__{name}: not held"] = others.head(rows)
    return found


def _metrics(project: Project, only: str | None, _rows: int) -> Shown:
    import json

    known = project.config.predictors
    if only is not None and only not in known:
        raise unknown_name("predictor", only, known, "--only")
    found = {}
    present = set(project.store.names())
    trained = [name for name in known if f"model__{name}" in present]
    for name in [only] if only else trained or list(known)[:1]:
        folder = project.store.folder(f"model__{name}")
        evaluation = json.loads((folder / "evaluation.json").read_text("utf-8"))
        metrics = {"recommended": evaluation["metrics"], **evaluation["baselines"]}
        rows = [
            {"model": model, "metric": metric, **figure}
            for model, figures in metrics.items()
            for metric, figure in figures.items()
        ]
        found[str(name)] = pd.DataFrame(rows)
    return found


def _champions(project: Project, only: str | None, rows: int) -> Shown:
    """Show which model version was champion when, and why."""
    from ccml.tracking.champions import history

    known = project.config.predictors
    if only is not None and only not in known:
        raise unknown_name("predictor", only, known, "--only")
    told = [history(project, name) for name in ([only] if only else known)]
    frame = pd.concat([one for one in told if len(one)] or told[:1])
    columns = [
        "predictor",
        "n",
        "version",
        "now",
        "kind",
        "at",
        "former",
        "why",
        "run_id",
    ]
    return {"champions": frame[columns].tail(rows).reset_index(drop=True)}


def _labels(project: Project, only: str | None, rows: int) -> Shown:
    """Show what each label means, and how many rows have one or why they have none."""
    from ccml.labels.words import label_rule

    known = {n: p for n, p in project.config.predictors.items() if p.spine}
    if only is not None and only not in known:
        raise unknown_name("predictor with a spine", only, known, "--only")
    present = set(project.store.names())
    made = [name for name in known if f"labels__{name}" in present]
    counts, means = [], []
    for name in [only] if only else made or list(known)[:1]:
        table = project.store.read(f"labels__{name}")
        found = table.group_by("status").agg(
            rows=table.count(), mean_label=table.label.mean()
        )
        counts.append(found.order_by("status").to_pandas().assign(predictor=name))
        means.append({"predictor": name, "label": label_rule(project, name)})
    frame = pd.concat(counts) if counts else pd.DataFrame(columns=LABEL_COUNTS)
    return {
        "labels": frame[LABEL_COUNTS].head(rows).reset_index(drop=True),
        "what a label means": pd.DataFrame(means),
    }


def _sources(project: Project, _only: str | None, _rows: int) -> Shown:
    from ccml.identity.prepare import source_tables

    names = [f"ingest_summary__{table}" for table in source_tables(project)]
    counts = pd.concat([project.store.frame(name) for name in names])
    return {"sources": counts.reset_index(drop=True)}


def _strategies(project: Project, only: str | None, rows: int) -> Shown:
    """Show what is proposed for each segment, and what is not with its reason."""
    from ccml.segments.strategies.build import read_strategies

    table = project.store.frame("strategies")
    told = read_strategies(project.store)
    known = [one["segment_id"] for one in told["segments"]]
    if only is not None and only not in known:
        raise unknown_name("segment", only, known, "--only")
    refused = [
        {"segment_id": one["segment_id"], "action": line["action"],
         "net_eur": line["net_eur"]["value"], "why_not": line["reason"]}
        for one in told["segments"]
        for line in one["not_proposed"]
    ]  # fmt: skip
    columns = ["segment_id", "action", "net_eur", "why_not"]
    rest = pd.DataFrame(refused, columns=columns)
    nowhere = pd.DataFrame(told["does_not_apply"], columns=["action", "reason"])
    if only is not None:
        table = table[table["segment_id"] == only]
        rest = rest[rest["segment_id"] == only]
    first = [name for name in STRATEGY_HEAD if name in table]
    others = [name for name in table if name not in first]
    return {
        "strategies: calls, hours and EUR of 30 days": table[[*first, *others]].head(
            rows
        ),
        "not proposed": rest.head(rows),
        "fits no segment": nowhere.head(rows),
        "notes": pd.DataFrame({"note": [*told["notes"], told["total_words"]]}),
    }


def _head(project: Project, name: str, rows: int) -> pd.DataFrame:
    frame: pd.DataFrame = project.store.read(name).limit(rows).to_pandas()
    return frame


KINDS: dict[str, Callable[[Project, str | None, int], Shown]] = {
    "tables": _tables,
    "kpis": _kpis,
    "alerts": _stored_from("kpi_alerts", "band", "sentence", "what_to_do"),
    "agents": _stored_from(
        "agent_bands",
        "agent_id",
        "reason",
        "n",
        "handle_p50_s",
        "type_p10_s",
        "type_p90_s",
        "repeat_rate",
        "fcr",
        "coaching",
    ),
    "call-types": _stored_from("call_types", "reason", "inbound", "sentence"),
    "segments": _stored("segment_profiles", "repeat_callers"),
    "metrics": _metrics,
    "features": _features,
    "labels": _labels,
    "audit": _audit,
    "scores": _of_each("scores", "predictors"),
    "lists": _of_each("list", "lists"),
    "exclusions": _of_each("exclusions", "lists"),
    "effects": _stored("campaign_effects"),
    "sources": _sources,
    "matches": _stored("match_quality"),
    "contracts": _stored("contract_checks"),
    "contacts": _stored("contacts"),
    "duplicates": _stored("customer_duplicates"),
    "strategies": _strategies,
    "champions": _champions,
}
