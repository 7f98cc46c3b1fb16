"""The stage that tells what the campaigns of the past brought."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from ccml.config.campaigns import CampaignsConfig
from ccml.engine.stage import Stage
from ccml.engine.store import Table
from ccml.features.events import event_inputs
from ccml.project import Project
from ccml.sources.watermark import data_until
from ccml.targets.effects.measures import (
    FEWEST_HELD_OUT,
    campaign_effects,
    worst_difference,
)
from ccml.targets.effects.rows import campaign_customers, with_outcomes
from ccml.targets.effects.sentences import STATES, effect_sentence

NAME = "campaign_effects"
NUMBERS = (
    *("treated_mean", "held_out_mean", "effect", "effect_low", "effect_high"),
    *("could_show", "total", "total_low", "total_high", "worst_difference"),
)
TEXTS = ("campaign", "state", "measure", "title", "unit", "sentence")
COLUMNS = (
    *("campaign", "state", "begins_at", "ends_at", "contacted", "held_out"),
    *("contacted_although_held_out", "attempts", "worst_difference", "measure"),
    *("title", "unit", "treated_mean", "held_out_mean", "effect", "effect_low"),
    *("effect_high", "could_show", "adjusted", "total", "total_low", "total_high"),
    *("sentence", "place"),
)


def build_effects(project: Project) -> dict[str, Any]:
    """Estimate the effects of every campaign, unless they stand.

    Returns:
        {"effects": {CAMPAIGN: {state, contacted, held_out, measures: {MEASURE: {total,
        low, high, unit, sentence}}}}}; nothing without a `campaigns` section.
    """
    campaigns = project.config.campaigns
    if campaigns is None:
        return {}
    until = data_until(project)
    tables = [campaigns.table, *(o.table for o in campaigns.outcomes.values())]
    stage = Stage(
        name="campaign effects",
        outputs=[NAME],
        inputs=sorted({name for table in tables for name in event_inputs(table)}),
        settings={"campaigns": campaigns, "until": until.isoformat()},
        code=("targets",),
    )
    project.stages.run(stage, lambda: {NAME: _table(project, campaigns, until)})
    return {"effects": effects_told(project)}


def effects_told(project: Project) -> dict[str, Any]:
    """Read what is told of every campaign from the stored table."""
    stored = project.store.frame(NAME).sort_values(["begins_at", "campaign", "place"])
    told: dict[str, Any] = {}
    for row in stored.to_dict("records"):
        campaign = told.setdefault(
            row["campaign"],
            {
                "state": row["state"],
                "contacted": int(row["contacted"]),
                "held_out": int(row["held_out"]),
                "measures": {},
            },
        )
        if row["state"] == "known":
            campaign["measures"][row["measure"]] = {
                "total": row["total"],
                "low": row["total_low"],
                "high": row["total_high"],
                "unit": row["unit"],
                "sentence": row["sentence"],
            }
    return told


def _table(project: Project, campaigns: CampaignsConfig, until: datetime) -> Table:
    units = campaign_customers(project, campaigns)
    rows = [
        row
        for name, members in units.groupby("campaign", sort=True)
        for row in _of_campaign(project, campaigns, str(name), members, until)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    kinds: Mapping[str, str] = {
        **dict.fromkeys(NUMBERS, "float64"),
        **dict.fromkeys(TEXTS, "string"),
        "adjusted": "boolean",
    }
    about = (
        "one row per campaign and measure; one without a measure where none is known"
    )
    return Table(frame.astype(kinds), ["campaign", "measure"], about)


def _of_campaign(
    project: Project,
    campaigns: CampaignsConfig,
    name: str,
    members: pd.DataFrame,
    until: datetime,
) -> Iterator[dict[str, Any]]:
    begins = members["first_at"].min()
    ends = begins + timedelta(days=campaigns.days)
    held_out = members["held_out"]
    told = {
        "campaign": name,
        "state": "known",
        "begins_at": begins,
        "ends_at": ends,
        "contacted": int((~held_out).sum()),
        "held_out": int(held_out.sum()),
        "contacted_although_held_out": int((members["attempts"][held_out] > 0).sum()),
        "attempts": int(members["attempts"].sum()),
        "measure": "",
        "place": 0,
    }
    if ends + timedelta(days=campaigns.settle_days) > until:
        yield told | {"state": "not_over", "sentence": _untold(name, "not_over")}
    elif told["held_out"] < FEWEST_HELD_OUT or told["contacted"] < FEWEST_HELD_OUT:
        yield told | {
            "state": "observational",
            "sentence": _untold(name, "observational"),
        }
    else:
        units = with_outcomes(project, campaigns, members, begins)
        told["worst_difference"] = worst_difference(units)
        for place, row in enumerate(campaign_effects(units, campaigns)):
            whole = told | row | {"place": place}
            yield whole | {"sentence": effect_sentence(whole)}


def _untold(name: str, state: str) -> str:
    return f"{name}: {STATES[state]}."
