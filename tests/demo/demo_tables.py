"""How the tests read a simulated company."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ccml.demo.company import CompanySummary

CUSTOMERS = 4_000
SEED = 11
RAW_TABLES = (
    "calls",
    "customers",
    "customer_phones",
    "contracts",
    "bills",
    "payments",
    "tickets",
    "web_visits",
    "outages",
    "sales",
    "campaign_contacts",
)


@dataclass(frozen=True)
class Company:
    """The company's folder and how to read it."""

    folder: Path
    summary: CompanySummary

    def raw(self, name: str) -> pd.DataFrame:
        """Read a raw table as text."""
        parts = sorted((self.folder / name).glob("part-*.csv"))
        frames = [
            pd.read_csv(part, dtype=str, keep_default_na=False, na_values=[])
            for part in parts
        ]
        return pd.concat(frames, ignore_index=True)

    def truth(self, name: str) -> pd.DataFrame:
        """Read a truth table."""
        return pd.read_parquet(self.folder / "truth" / f"{name}.parquet")
