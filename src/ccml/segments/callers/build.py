"""The stage that finds the persistent repeat callers at one cutoff."""

from typing import Any

import pandas as pd

from ccml.config.segments import SegmentsConfig
from ccml.engine.json_folder import SUMMARY_FILE, json_folder, read_json
from ccml.engine.stage import Output, Stage
from ccml.engine.store import Store, Table
from ccml.project import Project
from ccml.segments.callers.concentration import concentration
from ccml.segments.callers.judge import MONTH_DAYS, Callers, fit_laws, judge
from ccml.segments.callers.people import Watched, watched
from ccml.segments.callers.placebo import placebo
from ccml.segments.callers.reasons import caller_reasons
from ccml.segments.callers.regression import leavers_by_chance
from ccml.segments.callers.stored_laws import LAWS_FILE, SUMMARY, told_laws
from ccml.segments.callers.summary import callers_summary
from ccml.segments.inbound_calls import build_inbound_calls
from ccml.segments.material import newest_cutoff, read_source
from ccml.segments.population import Population
from ccml.segments.section import periodic_spine, segment_inputs, segments_section
from ccml.sources.watermark import data_until

TABLES = ("repeat_callers", "caller_reasons")


def build_callers(project: Project) -> bool:
    """Make repeat_callers, caller_reasons and callers_summary.

    Raises:
        ConfigError: The config has no section `segments`.
    """
    config = segments_section(project)
    build_inbound_calls(project, config)
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
    summary: dict[str, Any] = read_json(store, SUMMARY)
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
    files = {SUMMARY_FILE: told, LAWS_FILE: told_laws(callers)}
    keys = ["customer_id", "cutoff_at"]
    return {
        "repeat_callers": Table(
            people.dated(callers.table), keys, "one row per customer at the cutoff"
        ),
        "caller_reasons": Table(
            people.dated(reasons),
            [*keys, "reason"],
            "one row per customer and reason of calls at the cutoff",
        ),
        SUMMARY: json_folder("what was found about repeat callers", files),
    }
