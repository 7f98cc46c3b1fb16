"""The stage that makes a target list and the account of who is not on it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd

from ccml.config.contact_law import ContactLawConfig
from ccml.config.lists import ListConfig
from ccml.config.sources import CustomersSource
from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError, DataError, unknown_name
from ccml.identity.pseudonyms import key_fingerprint, load_key
from ccml.project import Project
from ccml.targets.export.files import write_files
from ccml.targets.holdout import drawn_lots, holdout_places
from ccml.targets.law.history import barred_customers, history_inputs
from ccml.targets.reasons import reason_columns
from ccml.targets.rules import (
    Asked,
    expected_value,
    has_values,
    newest_customers,
    open_questions,
    rule_column,
    with_refusals,
)
from ccml.targets.summary import list_summary

FIXED = ("list_id", "rank", "customer_id", "probability", "band", "expected_value_eur")
SCORE_COLUMNS = ("customer_id", "cutoff_at", "raw_score", "probability", "band")


def build_list(project: Project, name: str) -> dict[str, Any]:
    """Make a list, its exclusions and its files, unless they stand.

    Returns:
        {"lists": {NAME: {title, predictor, model_version, cutoff_at, rows_in,
        rows_listed, rows_held_out, excluded, expected_value_eur, notes, files}}}.

    Raises:
        ConfigError: There is no customer table, or a column is not in it.
        DataError: There are no scores yet.
    """
    config = project.config.lists[name]
    source = _customers_source(project, name)
    _check_columns(name, config, source)
    scores = f"scores__{config.predictor}"
    _require_scores(project, name, scores)
    summary = f"score_summary__{config.predictor}"
    key = _key(project) if config.holdout_share else b""
    stage = Stage(
        name=f"list {name}",
        outputs=[f"list__{name}", f"exclusions__{name}", f"list_summary__{name}"],
        inputs=[
            *(scores, summary, "customers", "refusals"),
            *history_inputs(project.config.contacting),
        ],
        settings={
            "list": config,
            "contacting": project.config.contacting,
            "law": law_of(project, name),
            "refusals": [source.opted_out, source.do_not_call],
            "notes": list(open_questions(config, project.config)),
            "key": key_fingerprint(key) if key else None,
        },
        code=("targets",),
    )
    project.stages.run(stage, lambda: _build(project, name, source, key))
    files = write_files(project, name)
    return {"lists": {name: list_summary(project, name) | {"files": files}}}


def _customers_source(project: Project, name: str) -> CustomersSource:
    source = project.config.sources.customers
    if source is None:
        raise ConfigError(
            f"lists.{name}: without sources.customers it is not known who refuses to be "
            f"contacted, so no list is made; add the source."
        )
    return source


def _require_scores(project: Project, name: str, scores: str) -> None:
    if project.store.manifest(scores) is None:
        raise DataError(
            f"lists.{name}.predictor: {project.config.lists[name].predictor!r} has no "
            f"scores yet; run `ccml run score` first."
        )


def _check_columns(name: str, config: ListConfig, source: CustomersSource) -> None:
    fixed = {*FIXED, *(f"reason_{i + 1}" for i in range(config.reasons))}
    for column in config.columns:
        if column in fixed:
            raise ConfigError(
                f"lists.{name}.columns: {column!r} is a column of every list already; "
                f"take it out, or give the attribute another name."
            )
        if column not in source.attributes:
            where = f"lists.{name}.columns"
            raise unknown_name("attribute", column, source.attributes, where)


def _key(project: Project) -> bytes:
    return load_key(project.config.identity, project.folder)


def _build(
    project: Project, name: str, source: CustomersSource, key: bytes
) -> Mapping[str, Table]:
    config = project.config.lists[name]
    law, moment = law_of(project, name), list_moment(project, name)
    candidates = _candidates(project, config)
    barred = barred_customers(project, law, moment)
    if barred is not None:
        candidates = candidates.left_join(
            barred, candidates.customer_id == barred.barred_id
        )
    asked = Asked(name, config, source, project.config.contacting, law, moment)
    rule = rule_column(candidates, asked)
    value = _value_column(candidates.probability, config)
    frame = candidates.select(
        *SCORE_COLUMNS, rule=rule, expected_value_eur=value
    ).to_pandas()
    frame["list_id"] = list_id(project, name)
    campaign = f"{project.config.project}:{name}"
    decided = decide(frame, config, key, campaign)
    listed = _listed(decided, candidates, config)
    excluded = _excluded(decided)
    if len(listed) + len(excluded) != len(frame):
        raise AssertionError(f"{name}: rows in differ from listed plus excluded")
    summary = _summary(project, name, listed, excluded)
    return {
        f"list__{name}": Table(listed, ["rank"], "one row per customer to contact"),
        f"exclusions__{name}": Table(
            excluded, ["customer_id"], "one row per customer left out"
        ),
        f"list_summary__{name}": Table(summary, ["list_id"], "one row per list"),
    }


def list_moment(project: Project, name: str) -> datetime:
    """Return up to when the list's scores know their customers, by the site's clock."""
    predictor = project.config.lists[name].predictor
    row = project.store.frame(f"score_summary__{predictor}").iloc[0]
    moment: datetime = row["cutoff_until"].astimezone(project.zone)
    return moment


def law_of(project: Project, name: str) -> ContactLawConfig | None:
    """Return the profile of contact law that a list obeys, if any."""
    law = project.config.lists[name].contact_law
    return project.config.contact_law[law] if law else None


def list_id(project: Project, name: str) -> str:
    """Name this edition of a list: list, data day and model version."""
    predictor = project.config.lists[name].predictor
    row = project.store.frame(f"score_summary__{predictor}").iloc[0]
    day = list_moment(project, name)
    return f"{name}-{day:%Y%m%d}-v{row['model_version']}"


def _candidates(project: Project, config: ListConfig) -> ibis.Table:
    """Join every score with the newest row of its customer, and what they refuse."""
    scores = project.store.read(f"scores__{config.predictor}")
    customers = newest_customers(project.store.read("customers"))
    customers = with_refusals(customers, project.store.read("refusals"))
    taken = {*scores.columns, "is_known", "scored_id"}
    known = customers.select(
        scored_id=customers.customer_id,
        is_known=ibis.literal(value=True),
        **{c: customers[c] for c in customers.columns if c not in taken},
    )
    joined = scores.left_join(known, scores.customer_id == known.scored_id)
    return joined.mutate(is_known=joined.is_known.fill_null(False))


def _value_column(probability: ibis.Value, config: ListConfig) -> ibis.Value:
    if has_values(config):
        return expected_value(probability, config)
    return ibis.null("float64")


def decide(
    frame: pd.DataFrame, config: ListConfig, key: bytes, campaign: str
) -> pd.DataFrame:
    """Hold out, rank and cut those whom no rule has left out yet.

    Args:
        frame: customer_id, probability, raw_score, rule (null = nothing against it).
        config: The list.
        key: Secret of the holdout; not used when nobody is held out.
        campaign: What the holdout is for.

    Returns:
        The frame in order of rank, with `rule` completed, `rank` (null when left out)
        and `above_cut`: whether a held-out customer would have been listed.
    """
    lots = drawn_lots(campaign, frame["customer_id"])
    by = ["probability", "raw_score", "lot", "customer_id"]
    ascending = [False, False, True, True]
    ordered = frame.assign(lot=lots).sort_values(by, ascending=ascending)
    ordered = ordered.drop(columns="lot").reset_index(drop=True)
    rule = ordered["rule"].astype("object").where(ordered["rule"].notna(), None)
    free = np.flatnonzero(rule.isna())
    if config.holdout_share:
        ids = ordered["customer_id"].iloc[free]
        held = holdout_places(key, campaign, ids) < config.holdout_share
        rule.iloc[free[held]] = "held_out"
        free = free[~held]
    on, over = free[: config.capacity], free[config.capacity :]
    rule.iloc[over] = "over_capacity"
    rank = pd.Series(pd.NA, index=ordered.index, dtype="Int64")
    rank.iloc[on] = np.arange(1, len(on) + 1)
    # Behind the last listed one a held-out customer would not have been called either.
    last = on[-1] if len(over) else len(ordered)
    above = pd.Series(np.arange(len(ordered)) < last, dtype="boolean")
    above = above.where(rule.eq("held_out").to_numpy())
    return ordered.assign(rule=rule, rank=rank, above_cut=above)


def _listed(
    decided: pd.DataFrame, candidates: ibis.Table, config: ListConfig
) -> pd.DataFrame:
    rows = decided[decided["rank"].notna()]
    wanted = candidates.select("customer_id", "reasons", *config.columns)
    more = wanted.filter(wanted.customer_id.isin(list(rows["customer_id"]))).to_pandas()
    joined = rows.merge(more, on="customer_id", how="left", validate="one_to_one")
    texts = reason_columns(joined["reasons"], config.reasons)
    columns = [*FIXED, *texts.columns, *config.columns]
    listed = pd.concat([joined, texts], axis=1).sort_values("rank")[columns]
    numbers = ["probability", "expected_value_eur"]
    return listed.astype({"rank": "int64", **dict.fromkeys(numbers, "float64")})


def _excluded(decided: pd.DataFrame) -> pd.DataFrame:
    rows = decided[decided["rank"].isna()]
    columns = ["list_id", "customer_id", "rule", "above_cut"]
    return rows[columns].astype({"list_id": "string", "rule": "string"})


def _summary(
    project: Project, name: str, listed: pd.DataFrame, excluded: pd.DataFrame
) -> pd.DataFrame:
    config = project.config.lists[name]
    scored = project.store.frame(f"score_summary__{config.predictor}").iloc[0]
    value = float(listed["expected_value_eur"].sum()) if has_values(config) else np.nan
    return pd.DataFrame(
        {
            "list_id": [list_id(project, name)],
            "list": [name],
            "title": [config.title or name],
            "predictor": [config.predictor],
            "model_version": [scored["model_version"]],
            "cutoff_at": [scored["cutoff_until"]],
            "rows_in": [len(listed) + len(excluded)],
            "rows_listed": [len(listed)],
            "expected_value_eur": [value],
            "notes": [json.dumps(list(open_questions(config, project.config)))],
        }
    )
