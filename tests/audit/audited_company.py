"""A small company with late rows, corrected rows and changing customers, to be audited."""

import random
from datetime import timedelta
from pathlib import Path

from builders import KEYS, arrow, at, bill, call, config_file, customer, link, tables

from ccml.engine.store import Table
from ccml.features.audit.finding import failed
from ccml.features.build import build_features
from ccml.labels.audit_spine import audit_spine
from ccml.labels.build import build_labels
from ccml.project import Project

BEGIN, DAYS = at("2025-01-05"), 145
CUSTOMERS = 24
REASONS = ["bill", "fault", "move"]
LATE_REASONS = ["news", "news", "news", "bill"]
FEATURES = {
    "windows_days": [7, 31],
    "attributes": ["tariff", "fee_eur"],
    "top_values": 2,
    "tables": {
        "calls": {
            "measures": ["wait_s"],
            "flags": ["answered"],
            "categories": ["reason"],
            "last": ["reason"],
            "where": "direction = 'inbound'",
        },
        "bills": {"measures": ["amount_eur"], "last": ["kind"]},
    },
    "own": {"calls_per_bill": "calls_31d / nullif(bills_31d, 0)"},
}
CONFIG = {
    "data_until": "2025-05-10T00:00:00+02:00",
    "features": FEATURES,
    "spines__basic__where": "tariff <> 'none'",
}
SPINES = {"monthly": ["billed"], "after_call": ["again"], "before_bill": []}


def written(folder: Path, **changes) -> Project:
    """Store the company's tables in a project of its own."""
    project = Project.open(config_file(folder, **{**CONFIG, **changes}))
    for name, rows in company_rows().items():
        stored = Table(arrow(name, rows), KEYS[name], f"one row of {name}")
        project.store.write(name, stored, "f" * 64)
    return project


def built(project: Project, spine: str) -> Project:
    """Make the features of a spine and the labels asked of its rows."""
    build_features(project, spine)
    for name in SPINES[spine]:
        build_labels(project, name)
    return project


def failures(project: Project, spine: str, *checks: str) -> set[tuple[str, str]]:
    """Make some checks of a spine; give (check, what it is about) of all that failed."""
    found = failed(audit_spine(project, spine, checks))
    return {(finding.check, finding.about) for finding in found}


def company_rows() -> dict:
    """Draw all canonical tables; the same in every run."""
    chance = random.Random(11)  # noqa: S311
    rows = {"calls": [], "identity_map": [], "bills": [], "customers": []}
    for person in (f"c{i:02d}" for i in range(CUSTOMERS)):
        rows["customers"] += _intervals(chance, person)
        for _ in range(18):
            made = _call(chance, len(rows["calls"]))
            rows["calls"].append(made)
            late = timedelta(days=chance.choice([0, 0, 0, 4, 15]))
            rows["identity_map"].append(
                link(made, person, known_at=made["known_at"] + late)
            )
        rows["bills"] += _bills(chance, person, len(rows["bills"]))
    return tables(**rows)


def _moment(chance: random.Random):
    return BEGIN + timedelta(seconds=chance.randrange(DAYS * 86_400))


def _call(chance: random.Random, number: int) -> dict:
    start = _moment(chance)
    end = start + timedelta(minutes=chance.randrange(2, 30))
    is_late = start > at("2025-04-01")
    return call(
        number,
        start,
        ended_at=end,
        known_at=end + timedelta(days=chance.choice([0, 0, 0, 3])),
        direction=chance.choice(["inbound", "inbound", "outbound"]),
        reason=chance.choice(LATE_REASONS if is_late else REASONS),
        wait_s=float(chance.randrange(300)),
        answered=chance.random() < 0.8,
    )


def _bills(chance: random.Random, person: str, first: int) -> list[dict]:
    made = []
    for number in range(10):
        moment = _moment(chance)
        made.append(
            bill(
                first + number,
                moment,
                customer_id=person,
                known_at=moment + timedelta(days=chance.choice([0, 0, 6])),
                amount_eur=float(chance.randrange(5, 90)),
                kind=chance.choice(["regular", "regular", "final"]),
            )
        )
    return made


def _intervals(chance: random.Random, person: str) -> list[dict]:
    """Draw validity intervals; some changes are known late, some customers leave."""
    changes = sorted(_moment(chance) for _ in range(2))
    starts = [at("2024-06-01"), *changes]
    ends = [*changes, _moment(chance) if chance.random() < 0.2 else None]
    ends[-1] = ends[-1] if ends[-1] and ends[-1] > starts[-1] else None
    return [
        customer(
            person,
            valid_from=start,
            valid_to=end,
            known_at=start + timedelta(days=chance.choice([0, 0, 9])),
            tariff=chance.choice(["basic", "plus", "gold"]),
            fee_eur=float(chance.randrange(10, 60)),
        )
        for start, end in zip(starts, ends, strict=True)
    ]
