"""Facts about calls for BI tools: by hour, and call by call without any caller."""

import ibis

from ccml.config.kpis import KpisConfig
from ccml.engine.local_time import local_time
from ccml.identity.link import linked_calls
from ccml.kpis.groups import UNNAMED
from ccml.kpis.repeats import base_calls, is_closed, is_repeated
from ccml.kpis.table import chosen_rule
from ccml.project import Project
from ccml.reports.bi_measures import measures
from ccml.reports.bi_star import StarTable
from ccml.sources.watermark import data_until

GRAIN = ("date", "hour", "direction", "queue_key", "reason_key")
PLACE = {
    "date": "local day of the call's start, joins dim_date",
    "hour": "local hour of the call's start, 0 to 23",
    "direction": "inbound, outbound, internal or callback",
    "queue_key": "joins dim_queue",
    "reason_key": "joins dim_reason",
}
# What a call may tell without telling who called: no key, number, name or free text.
TOLD = {
    "channel": "voice, chat, email, ...",
    "disposition": "outcome as the agent or platform named it",
    "ivr_s": "seconds in the voice menu",
    "wait_s": "seconds in the queue",
    "talk_s": "seconds of talk",
    "hold_s": "seconds on hold",
    "wrap_s": "seconds of work after the call",
    "handle_s": "talk + hold + wrap, or as the platform reports it",
    "queued": "waited in a queue",
    "answered": "an agent answered",
    "abandoned": "hung up in the queue",
    "short_abandon": "hung up so soon that it counts as short",
    "ivr_only": "ended in the voice menu",
    "transferred": "was passed on",
    "callback": "asked for, or is, a callback",
    "csat": "answer of the satisfaction survey, in its own scale",
    "nps": "would recommend us, 0 to 10",
    "ces": "effort, in its own scale",
    "quality_score": "as the quality team gave it",
}


def located_calls(
    project: Project, queues: ibis.Table, reasons: ibis.Table
) -> ibis.Table:
    """Add local date and hour, the keys of queue and reason, and was_repeated."""
    calls = linked_calls(project.store)
    calls = calls.left_join(_repeats(calls, project), "call_id").drop("call_id_right")
    local = local_time(calls.started_at, project.zone)
    calls = calls.mutate(
        date=local.date(),
        hour=local.hour().cast("int64"),
        started_at_local=local.truncate("s"),
        queue_name=calls.queue.fill_null(UNNAMED),
        reason_name=calls.reason.fill_null(UNNAMED),
    )
    for kind, names in (("queue", queues), ("reason", reasons)):
        keys = names.rename(name=kind)
        calls = calls.join(keys, calls[f"{kind}_name"] == keys.name).drop("name")
    return calls


def _repeats(calls: ibis.Table, project: Project) -> ibis.Table:
    """Tell which calls were repeated; those whose window is open are left out."""
    config = project.config.kpis
    rule = chosen_rule(config, calls, project.zone)
    base = base_calls(calls, rule)
    days = config.main_window_days
    closed = base.filter(is_closed(base, days, data_until(project), rule))
    return closed.select("call_id", was_repeated=is_repeated(closed, days, rule))


def hourly(calls: ibis.Table, config: KpisConfig) -> StarTable:
    """Sum the calls of each date, hour, direction, queue and reason."""
    columns = measures(calls, config)
    rows = calls.group_by(list(GRAIN)).agg(**{m.name: m.value for m in columns})
    return StarTable(
        name="fact_calls_hourly",
        about="one row per local date, hour, direction, queue and reason with calls; "
        "all measures add up, ratios are quotients of sums (dim_kpi has the formulas)",
        keys=GRAIN,
        rows=rows,
        columns=PLACE | {m.name: m.about for m in columns},
    )


def single_calls(
    calls: ibis.Table, window_days: int, *, with_customers: bool, with_agents: bool
) -> StarTable:
    """List the calls, without pseudonyms unless the config asks for them."""
    order = ibis.window(order_by=[calls.started_at, calls.call_id])
    told = {name: words for name, words in TOLD.items() if name in calls.columns}
    people = _people(with_customers=with_customers, with_agents=with_agents)
    chosen = {name: calls[name] for name in (*PLACE, *told, *people)}
    repeated = f"repeated_within_{window_days:g}d"
    rows = calls.select(
        call_no=ibis.row_number().over(order) + 1,
        started_at_local=calls.started_at_local,
        **chosen,
        **{repeated: calls.was_repeated},
    )
    first = {
        "call_no": "number of the call in order of time; counts anew in every export",
        "started_at_local": "local clock time of the call's start",
    }
    after = "the customer called again within the window; null while that is open"
    return StarTable(
        name="fact_calls",
        about="one row per call",
        keys=("call_no",),
        rows=rows,
        columns=first | PLACE | told | people | {repeated: after},
    )


def _people(*, with_customers: bool, with_agents: bool) -> dict[str, str]:
    customers = {
        "call_id": "the platform's id of the call",
        "customer_id": "the customer, null when unknown",
    }
    agents = {"agent_id": "pseudonym of the agent"}
    return (customers if with_customers else {}) | (agents if with_agents else {})
