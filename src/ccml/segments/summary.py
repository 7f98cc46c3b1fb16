"""What was found about repeat callers and segments, as plain values for readers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ccml.config.segments import ClustersConfig
from ccml.segments.groups import Groups
from ccml.segments.material import Material
from ccml.segments.population import Population
from ccml.segments.profiles.profile import sentences

CALLERS_ONLY = (
    "There is no record of customers without a call, so only those who called in the "
    "window are described; their rates are fitted with that in mind, and each is taken "
    "to have been a customer for the whole window."
)


def segments_summary(
    material: Material,
    callers: Mapping[str, Any],
    groups: Groups,
    cost_per_hour_eur: float,
) -> dict[str, Any]:
    """Put the summary together.

    Args:
        material: Who was described.
        callers: Its parts `repeat_callers` and `concentration`.
        groups: The segments.
        cost_per_hour_eur: Cost of an agent's hour.
    """
    people, clusters = material.people, material.source.config.clusters
    chosen = groups.clustering.chosen
    return {
        "cutoff_at": people.cutoff.isoformat(),
        "window_days": people.window_days,
        "customers": len(people.customers),
        "calls": int(material.calls.sum()),
        "population": population_words(people),
        "notes": [] if people.has_base else [CALLERS_ONLY],
        **callers,
        "segments": _segments(people, groups, cost_per_hour_eur),
        "algorithm": clusters.algorithm,
        "scaling": clusters.scaling,
        "rule": rule_words(clusters),
        "trials": [asdict(trial) for trial in groups.clustering.trials],
        "replicates": {
            "agreement": chosen.replication if chosen else None,
            "carried": chosen.carried if chosen else None,
            "words": chosen.replication_words if chosen else "not tested: no clusters",
        },
        "verdict": verdict(callers["repeat_callers"], groups),
    }


def rule_words(clusters: ClustersConfig) -> str:
    """Say by what rule the number of clusters is chosen."""
    return (
        f"A number of clusters is kept when each comes back in resampled customers "
        f"(mean Jaccard {clusters.min_jaccard:g} or more), none holds less than "
        f"{100 * clusters.min_share:g} % of the customers, they are tighter than in a "
        f"cloud without groups and with columns shuffled, clusters made of the period "
        f"before put today's customers into the same groups (adjusted Rand index "
        f"{clusters.min_replication:g} or more), and customers who called in both "
        f"periods are in the same cluster more often than by chance (kappa "
        f"{clusters.min_carried:g} or more). Of those kept, the one with the greatest "
        f"gain over the cloud is taken."
    )


def population_words(people: Population) -> str:
    """Say who all customers are."""
    return "customers on record" if people.has_base else "customers who called"


def verdict(callers: Mapping[str, Any] | None, groups: Groups) -> str:
    """Say in plain words what can be relied upon.

    Args:
        callers: Part `repeat_callers` of the summary, where there is one.
        groups: The segments.
    """
    return " ".join([*_callers_words(callers), _segments_words(groups)])


def _callers_words(callers: Mapping[str, Any] | None) -> list[str]:
    if callers is None:
        return []
    if callers["is_overdispersed"]:
        persistent = int(callers["persistent_customers"])
        return [f"{persistent:,} customers call persistently more than others."]
    return [
        "Customers do not differ in how often they call by more than chance, so nobody "
        "is called a persistent caller."
    ]


def _segments_words(groups: Groups) -> str:
    chosen = groups.clustering.chosen
    if chosen is None:
        return "No reliable clusters: the customers who called are kept together."
    untold = (
        ""
        if chosen.carried is not None
        else " Whether another period shows them, too, could not be tested."
    )
    return (
        f"{groups.clustering.k} reliable segments: each comes back when customers are "
        f"resampled, none is tiny, and chance makes none as tight.{untold}"
    )


def _segments(
    people: Population, groups: Groups, cost_per_hour_eur: float
) -> list[dict[str, Any]]:
    base = population_words(people)
    rows = groups.profile
    return [
        {
            "id": segment,
            "name": groups.names[segment],
            **asdict(size),
            "cost_per_30d_eur": size.handle_hours_per_30d * cost_per_hour_eur,
            "sentences": sentences(rows[rows["segment_id"] == segment], size, base),
            "rule": asdict(groups.rules[segment]) if segment in groups.rules else None,
            "shap": [asdict(one) for one in groups.drivers.get(segment, [])],
        }
        for segment, size in groups.sizes.items()
    ]
