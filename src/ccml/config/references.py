"""Names in a config that must point at something in the same config."""

from collections.abc import Iterator

from ccml.config.contacting_faults import campaign_faults, contacting_faults
from ccml.config.document import KeyPath
from ccml.config.labels import CALLS, EventLabelConfig
from ccml.config.missing import Fault, missing
from ccml.config.project import ProjectConfig
from ccml.config.questions import column_faults

FIXED_TABLES = frozenset(
    [
        "action_effects",
        "agent_bands",
        "anomalies",
        "attempts_to_conversion",
        "call_legs",
        "call_links",
        "call_types",
        "caller_reasons",
        "callers_report",
        "callers_summary",
        "calls",
        "calls_by_day",
        "calls_by_hour",
        "campaign_effects",
        "contacts",
        "customer_duplicates",
        "customer_keys",
        "customer_phones",
        "customers",
        "early_warnings",
        "episode_calls",
        "episodes",
        "episodes_summary",
        "history_summary",
        "identity_map",
        "kpi_alerts",
        "kpis",
        "kpis_by_time",
        "match_quality",
        "membership",
        "next_issues",
        "refusals",
        "repeat_callers",
        "repeat_matrix",
        "repeat_trend",
        "report",
        "segment_figures",
        "segment_history",
        "segment_migration",
        "segment_outlook",
        "segment_profiles",
        "segment_summary",
        "segments",
        "strategies",
        "strategies_summary",
    ]
)
"""What a workspace holds under a name of its own."""


def broken_references(config: ProjectConfig) -> list[Fault]:
    """List every name that points at nothing."""
    return [
        *_name_faults(config),
        *_spine_faults(config),
        *_feature_faults(config),
        *_predictor_faults(config),
        *column_faults(config),
        *contacting_faults(config, event_tables(config)),
        *campaign_faults(config, event_tables(config)),
        *_other_faults(config),
    ]


def event_tables(config: ProjectConfig) -> set[str]:
    """Name the tables whose rows are events of customers."""
    events = config.sources.events
    calls = {"calls"} if config.sources.calls else set()
    is_told = any(source.contact for source in events.values())
    return calls | set(events) | ({"contacts"} if is_told else set())


def _name_faults(config: ProjectConfig) -> Iterator[Fault]:
    """Find event tables that would overwrite another table, such as `scores__churn`."""
    for name in config.sources.events:
        if name in FIXED_TABLES or "__" in name:
            yield (
                ("sources", "events", name),
                f"{name!r} may be the name of another table that is stored; choose "
                f"another name, without two _ in a row.",
            )


def _spine_faults(config: ProjectConfig) -> Iterator[Fault]:
    for name, spine in config.spines.items():
        if spine.each:
            here = ("spines", name, "each")
            yield from missing(here, "event table", spine.each, event_tables(config))
        elif config.sources.customers is None:
            yield (
                ("spines", name),
                "regular cutoffs need sources.customers, so that it is known who was a "
                "customer; add it, or use `each: calls`.",
            )


def _feature_faults(config: ProjectConfig) -> Iterator[Fault]:
    for name in config.features.tables:
        here: KeyPath = ("features", "tables", name)
        yield from missing(here, "event table", name, event_tables(config))
    customers = config.sources.customers
    known = customers.attributes if customers else []
    for name in config.features.attributes:
        here = ("features", "attributes")
        yield from missing(here, "attribute of sources.customers", name, known)
    if customers and customers.current_only and not customers.i_know_this_leaks:
        for path in _uses_of_attributes(config):
            yield (
                path,
                "sources.customers is current_only, so its attributes would leak the "
                "future into the past; give valid_from, take the attributes out, or set "
                "i_know_this_leaks: true.",
            )


def _uses_of_attributes(config: ProjectConfig) -> Iterator[KeyPath]:
    """Find where customers' attributes, as of a cutoff, are asked for."""
    if config.features.attributes:
        yield "features", "attributes"
    if config.features.ages:
        yield "features", "ages"
    for name, spine in config.spines.items():
        if spine.every and spine.where:
            yield "spines", name, "where"


def _predictor_faults(config: ProjectConfig) -> Iterator[Fault]:
    for name, predictor in config.predictors.items():
        path: KeyPath = ("predictors", name)
        for spine, key in (
            (predictor.spine, (*path, "spine")),
            (predictor.scoring.spine, (*path, "scoring", "spine")),
        ):
            if spine is not None:
                yield from missing(key, "spine", spine, config.spines)
        if isinstance(predictor.label, EventLabelConfig):
            here = (*path, "label", "table")
            tables = event_tables(config)
            yield from missing(here, "event table", predictor.label.table, tables)
            yield from _repeat_faults(config, name, predictor.label)
        if predictor.table is not None:
            here = (*path, "table")
            flat = config.sources.flat
            yield from missing(here, "flat source", predictor.table, flat)


def _repeat_faults(
    config: ProjectConfig, name: str, label: EventLabelConfig
) -> Iterator[Fault]:
    """Find labels that ask for the reason of a call where rows are no calls."""
    spine = config.spines.get(str(config.predictors[name].spine))
    if label.repeats and label.repeats.same and spine and spine.each != CALLS:
        yield (
            ("predictors", name, "label", "repeats", "same"),
            f"only a call has a {label.repeats.same} to be repeated; take a spine with "
            f"`each: calls`, or take `same` out.",
        )


def _other_faults(config: ProjectConfig) -> Iterator[Fault]:
    for name, target in config.lists.items():
        path: KeyPath = ("lists", name, "predictor")
        yield from missing(path, "predictor", target.predictor, config.predictors)
        predictor = config.predictors.get(target.predictor)
        if predictor and predictor.spine is None:
            yield (
                path,
                f"predictor {target.predictor!r} learns from a flat table, so it scores "
                f"no customers; name a predictor with a `spine`.",
            )
    if config.segments and config.segments.spine:
        path = ("segments", "spine")
        yield from missing(path, "spine", config.segments.spine, config.spines)
    yield from _segment_faults(config)


def _segment_faults(config: ProjectConfig) -> Iterator[Fault]:
    if config.segments is None:
        return
    warning = config.segments.history.early_warning
    if warning is not None:
        here: KeyPath = ("segments", "history", "early_warning")
        yield from missing(here, "predictor", warning, config.predictors)
    causes = event_tables(config) - {"calls"}
    for name in config.segments.anomalies.known_causes:
        here = ("segments", "anomalies", "known_causes")
        yield from missing(here, "event table", name, causes)
    for name, trigger in config.segments.clusters.triggers.items():
        here = ("segments", "clusters", "triggers", name, "table")
        yield from missing(here, "event table", trigger.table, config.sources.events)
