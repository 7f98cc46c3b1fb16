"""The last section: how the figures were made, and how to make them again."""

from ccml.reports.blocks import Section, table
from ccml.reports.numbers import count
from ccml.reports.stored import ReportData


def method_section(data: ReportData) -> Section:
    """Build the section from config, versions and manifests."""
    name = data.config_name
    facts = [
        ("Config", name),
        ("Fingerprint of config, inputs and code", data.fingerprint[:16]),
        ("To make it again", f"ccml run cycle configs/{name}"),
        ("Time zone of the site", data.config.time_zone),
        ("Seed", str(data.config.seed)),
    ]
    stored = table(
        "Stored tables that this report was made from",
        ("table", "one row per", "rows", "hash"),
        [
            (
                m.name,
                m.about.removeprefix("one row per "),
                (count(m.rows) if m.rows is not None else "folder", m.rows),
                m.content[:12],
            )
            for m in data.manifests.values()
        ],
        (0, 1, 3),
    )
    versions = table(
        "Versions", ("part", "version"), sorted(data.versions.items()), (0, 1)
    )
    lead = (
        "Features use only what was known before each cutoff; labels look only after it; "
        "a label whose time is not over is unknown, not zero."
    )
    return Section(
        "method",
        "Method and reproduction",
        lead,
        {"facts": facts, "stored": stored, "versions": versions},
    )
