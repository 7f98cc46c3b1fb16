"""The stage that finds the persistent repeat callers at one cutoff."""

import json
from pathlib import Path
from typing import Any

import ibis
import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Folder, Store, Table
from ccml.errors import ConfigError
from ccml.project import Project
from ccml.segments.build import periodic_spine, segment_inputs
from ccml.segments.callers.concentration import concentration
from ccml.segments.callers.judge import MONTH_DAYS, Callers, fit_laws, judge
from ccml.segments.callers.people import Watched, watched
from ccml.segments.callers.placebo import placebo
from ccml.segments.callers.reasons import caller_reasons
from ccml.segments.callers.regression import leavers_by_chance
from ccml.segments.callers.stored_laws import SUMMARY, write_laws
from ccml.segments.callers.summary import callers_summary
from ccml.segments.material import newest_cutoff, read_source
from ccml.segments.population import Population
from ccml.sources.watermark import data_until

SUMMARY_FILE = "summary.json"
TABLES = ("repeat_callers", "caller_reasons")


def build_callers(project: Project) -> bool:
    """Make repeat_callers, caller_reasons and callers_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = project.config.segments
    if config is None:
        raise ConfigError(
            "segments: the config has no such section; add `segments: {}` to it."
        )
    spine = periodic_spine(project, config)
    stage = Stage(
        name="repeat callers",
        outputs=(*TABLES, SUMMARY),
        inputs=segment_inputs(config, spine),
        settings={
            "rule": config.repeat_callers,
            "families": config.reason_families,
            "cutoff": config.cutoff,
            "seed": config.seed,
            "time_zone": project.config.time_zone,
            "data_until": data_until(project),
        },
        code=("segments", "kpis", "identity", "features"),
    )
    return project.stages.run(stage, lambda: _build(project, config, spine))


def read_callers_summary(store: Store) -> dict[str, Any]:
    """Read the stored summary: its parts `repeat_callers` and `concentration`."""
    text = (store.folder(SUMMARY) / SUMMARY_FILE).read_text(encoding="utf-8")
    summary: dict[str, Any] = json.loads(text)
    return summary


def _build(
    project: Project, config: SegmentsConfig, spine: str | None
) -> dict[str, Output]:
    rule, step = config.repeat_callers, project.progress.step
    source = read_source(project, config, spine)
    step("calls of each customer")
    found = watched(source, pd.Timestamp(newest_cutoff(project, source)), rule)
    step("law of call rates")
    laws = fit_laws(found.everyone, found.counts, rule, config.seed)
    ids = found.people.customers["customer_id"]
    callers = judge(ids, found.seen, found.counts, laws, rule)
    step("callers about one matter")
    reasons = caller_reasons(found, source.inbound, callers, config)
    step("placebo")
    fooled = placebo(found.everyone, found.counts, laws, rule, config.seed)
    told = {
        "repeat_callers": callers_summary(
            callers, fooled, _regression(found, callers, config)
        ),
        "concentration": concentration(found.counts, config.seed),
    }
    return _outputs(found.people, callers, reasons, told)


def _regression(
    found: Watched, callers: Callers, config: SegmentsConfig
) -> dict[str, Any] | None:
    law = callers.laws.coming
    if law is None:
        return None
    rule = config.repeat_callers
    calls = found.seen.counted(0.0, MONTH_DAYS)
    belief = law.judged(found.seen, rule.memory_days)
    return leavers_by_chance(
        belief, calls, rule.top_share, MONTH_DAYS, law.clumps, config.seed
    )


def _outputs(
    people: Population, callers: Callers, reasons: pd.DataFrame, told: dict[str, Any]
) -> dict[str, Output]:
    def fill(folder: Path) -> None:
        text = json.dumps(told, indent=1, sort_keys=True, allow_nan=False)
        (folder / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")
        write_laws(folder, callers)

    keys = ["customer_id", "cutoff_at"]
    return {
        "repeat_callers": Table(
            _dated(people, callers.table), keys, "one row per customer at the cutoff"
        ),
        "caller_reasons": Table(
            _dated(people, reasons),
            [*keys, "reason"],
            "one row per customer and reason of calls at the cutoff",
        ),
        SUMMARY: Folder(fill, "what was found about repeat callers"),
    }


def _dated(people: Population, rows: pd.DataFrame) -> ibis.Table:
    table = people.dated(rows)
    return table.relocate("cutoff_at", after="customer_id")
