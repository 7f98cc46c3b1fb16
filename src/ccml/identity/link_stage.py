"""The stage that links calls to customers, with everything that can be known of them."""

from ccml.engine.stage import Output, Stage
from ccml.engine.store import Table
from ccml.errors import ConfigError
from ccml.identity.link import identity_map
from ccml.identity.quality import QUALITY_KEYS, match_quality
from ccml.project import Project

CODE = ("contracts", "identity", "config/identity")
KNOWN = ("customers", "customer_phones", "call_links", "customer_keys")
"""Tables that say whose a call could be; all but the calls may be missing."""


def link_calls(project: Project) -> bool:
    """Make `identity_map` and `match_quality`; tell whether the stage ran.

    Raises:
        ConfigError: Numbers shall be customers although customers are known.
    """
    config, sources = project.config.identity, project.config.sources
    others = [name for name in KNOWN if getattr(sources, name)]
    if config.callers_without_crm == "phone" and {"customers", "customer_phones"} & {
        *others
    }:
        raise ConfigError(
            "identity.callers_without_crm: 'phone' makes every number a customer, where "
            "no customers are known; take it out, or take sources.customers and "
            "sources.customer_phones out."
        )
    stage = Stage(
        name="link calls",
        outputs=("identity_map", "match_quality"),
        inputs=("calls", *others),
        settings={
            "time_zone": project.config.time_zone,
            "rules": config.model_dump(
                include={
                    "shared_by_at_most",
                    "ambiguous",
                    "phone_waits_hours",
                    "callers_without_crm",
                }
            ),
        },
        code=CODE,
    )
    return project.stages.run(stage, lambda: _links(project, others))


def _links(project: Project, others: list[str]) -> dict[str, Output]:
    store = project.store
    known = {name: store.read(name) for name in others}
    calls = store.read("calls")
    links = identity_map(
        calls,
        known.get("customers"),
        known.get("customer_phones"),
        known.get("call_links"),
        known.get("customer_keys"),
        project.config.identity,
    ).cache()
    quality = match_quality(calls, links, project.config.time_zone)
    return {
        "identity_map": Table(links, ("call_id",), "one row per call"),
        "match_quality": Table(
            quality, QUALITY_KEYS, "one row per platform, local month and queue"
        ),
    }
