"""A small company read from its own tables and from the exports of CRMs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import yaml
from source_projects import KEY

from ccml.contracts.summary import summary_counts
from ccml.demo.chunk import chunk_tables, simulate_chunk
from ccml.demo.crm_exports import CRM_WRITERS, dynamics, hubspot, salesforce
from ccml.demo.faults import draw_faults
from ccml.engine.store import Store
from ccml.identity.call_links import call_links_recipe
from ccml.identity.prepare import prepare_all
from ccml.project import Project
from ccml.sources.files import find_files
from ccml.sources.ingest import ingest
from ccml.sources.parts import source_files

CUSTOMERS = 300
SEED = 5
CONFIGS = Path(__file__).parents[1] / "configs"
IDS = {
    "salesforce": salesforce.contact_ids,
    "hubspot": hubspot.contact_ids,
    "dynamics": dynamics.contact_ids,
}


@dataclass(frozen=True)
class CrmCompany:
    """What was read, under the customer numbers of the company."""

    crm: str
    project: Project
    counts: Mapping[str, Any]
    numbers: Mapping[str, str]

    def frame(self, name: str) -> pd.DataFrame:
        """Read a stored table; customers have the company's own numbers."""
        frame: pd.DataFrame = self.project.store.frame(name)
        if self.numbers and "customer_id" in frame:
            own = frame.customer_id.map(self.numbers)
            frame = frame.assign(customer_id=own.fillna(frame.customer_id))
        return frame


def simulate() -> dict[str, pa.Table]:
    """Simulate one chunk of customers and give its raw tables."""
    life = simulate_chunk(SEED, 0, 0, CUSTOMERS, draw_faults(SEED))
    return chunk_tables(life).raw


def read_back(
    crm: str, tables: Mapping[str, pa.Table], backend: Any, folder: Path
) -> CrmCompany:
    """Write the company's files, and read them by the config of the CRM."""
    _write_own(tables, folder / "data/raw/demo")
    numbers = {}
    if crm == "own":
        values = yaml.safe_load((CONFIGS / "demo/sources.yaml").read_text())
        values["sources"]["calls"]["max_bad_share"] = 1
        values = HEAD | values
    else:
        exported = folder / f"data/raw/demo_{crm}"
        _write_own({"calls": tables["calls"]}, exported)
        CRM_WRITERS[crm](tables, exported, 0)
        values = yaml.safe_load((CONFIGS / f"platforms/{crm}.yaml").read_text())
        known = pd.Series(sorted(set(tables["customers"]["customer_id"].to_pylist())))
        numbers = dict(zip(IDS[crm](known), known, strict=True))
    values["workspace"] = "work"
    config = folder / "configs/company.yaml"
    config.parent.mkdir()
    config.write_text(yaml.safe_dump(values))
    return CrmCompany(crm, *_prepared(config, backend), numbers)


def read_links(project: Project) -> tuple[pd.DataFrame, dict[str, int]]:
    """Read the CRM's records of calls: the links, and why others were set aside."""
    source = project.config.sources.call_links
    assert source
    files = find_files(project.folder, source, "sources.call_links")
    named = source_files(project, source, files)
    made = ingest(project.store, "call_links", named, call_links_recipe(source))
    counts = made["ingest_summary__call_links"].rows
    return made["call_links"].rows.to_pandas(), summary_counts(counts)["set_aside"]


HEAD = {"version": 1, "project": "own", "time_zone": "Europe/Warsaw"}


def _write_own(tables: Mapping[str, pa.Table], folder: Path) -> None:
    for name, table in tables.items():
        (folder / name).mkdir(parents=True)
        pa_csv.write_csv(table, folder / name / "part-0000.csv")


def _prepared(config: Path, backend: Any) -> tuple[Project, Mapping[str, Any]]:
    key = config.parents[1] / ".ccml/pseudonym.key"
    key.parent.mkdir()
    key.touch(mode=0o600)
    key.write_text(KEY)
    opened = Project.open(config)
    opened.__dict__["store"] = Store(opened.workspace / "tables", backend)
    return opened, prepare_all(opened)
