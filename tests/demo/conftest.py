"""One company of 4,000 customers, simulated once for all tests of the demo."""

import pandas as pd
import pytest
from demo_tables import CUSTOMERS, SEED, Company

from ccml.demo.company import write_company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("demo") / "company"
    return Company(folder, write_company(folder, CUSTOMERS, SEED))


@pytest.fixture(scope="session")
def calls(company: Company) -> pd.DataFrame:
    """Each call once, with its truth and typed times; broken rows left out."""
    rows = company.raw("calls")
    rows = rows[rows.call_id != ""].drop_duplicates("call_id")
    rows = rows.merge(company.truth("calls"), on="call_id", validate="1:1")
    for column in ("started_at", "ended_at", "loaded_at"):
        rows[column] = pd.to_datetime(rows[column], utc=True, errors="coerce")
    whole = rows.started_at.notna() & (rows.ended_at >= rows.started_at)
    return rows[whole].reset_index(drop=True)


@pytest.fixture(scope="session")
def inbound(calls: pd.DataFrame) -> pd.DataFrame:
    """Calls that customers made, with the time of each one's next call."""
    own = calls[(calls.direction == "inbound") & calls.customer_id.notna()]
    own = own.sort_values(["customer_id", "started_at"]).reset_index(drop=True)
    own["next_at"] = own.groupby("customer_id").started_at.shift(-1)
    own["repeated"] = own.next_at - own.ended_at <= pd.Timedelta(days=7)
    return own


@pytest.fixture(scope="session")
def cancelled_at(company: Company) -> pd.Series:
    contracts = company.raw("contracts")
    gone = contracts[contracts.event == "cancelled"]
    return pd.to_datetime(gone.set_index("customer_id").happened_at, utc=True)
