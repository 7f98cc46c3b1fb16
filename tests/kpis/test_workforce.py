from datetime import UTC, datetime

import ibis
import pandas as pd
import pytest

from ccml.config.kpi_tables import AgentStatesConfig, RosterConfig
from ccml.engine.store import Store, Table
from ccml.errors import ConfigError
from ccml.kpis.workforce import (
    Attrition,
    attrition_of,
    attrition_rows,
    occupancy_rows,
    stored_table,
)

pytestmark = pytest.mark.usefixtures("backend")
STATES = AgentStatesConfig(
    table="states", state="state", seconds="seconds", idle_states=["idle"]
)
START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)


def states(*rows):
    return ibis.memtable(
        pd.DataFrame(rows, columns=["customer_id", "state", "seconds"])
    )


def shares(rows):
    return rows.set_index("kpi")["value"]


def test_occupancy_of_the_vector_takes_the_handle_time_of_the_calls():
    table = states(("a", "idle", 5000), ("b", "idle", 4000), ("b", "break", 999))
    found = occupancy_rows(table, STATES, 85 * 330.0)
    assert shares(found)["occupancy"] == pytest.approx(0.7571, abs=5e-5)
    assert found["n"].tolist() == [2, 2]


def test_occupancy_may_come_from_states_alone():
    config = STATES.model_copy(update={"handling_states": ["talk", "wrap"]})
    table = states(
        ("a", "talk", 60), ("a", "wrap", 15), ("a", "idle", 25), ("a", "out", 50)
    )
    found = shares(occupancy_rows(table, config, float("nan")))
    assert found["occupancy"] == 0.75
    assert found["utilisation"] == 0.5


@pytest.mark.parametrize(
    ("table", "config", "handled", "why"),
    [
        pytest.param(None, None, 1.0, "kpis.agent_states", id="no-table"),
        pytest.param(
            (("a", "idle", 5),), STATES, float("nan"), "handle", id="no-handle"
        ),
        pytest.param((("a", "out", 5),), STATES, 5.0, "states named", id="no-state"),
    ],
)
def test_what_is_missing_for_occupancy_is_said(table, config, handled, why):
    rows = occupancy_rows(states(*table) if table else None, config, handled)
    occupancy = rows[rows["kpi"] == "occupancy"]
    assert occupancy["value"].isna().all()
    assert why in occupancy["why_null"].item()


def test_attrition_of_the_vector():
    found = list(Attrition(start=100, end=90, leavers=15, months=3).rates().values())
    assert found[:3] == pytest.approx([0.1579, 0.15, 0.6316], abs=5e-5)


def test_no_headcount_gives_no_attrition():
    rows = attrition_rows(Attrition(0, 0, 0, 3))
    assert rows["value"].isna().all()
    assert set(rows["why_null"]) == {"the headcount is 0"}


def test_new_agents_who_leave_are_leavers_and_moves_stand_apart():
    roster = ibis.memtable(
        pd.DataFrame(
            [
                ("2024-01-01", None, None),
                ("2024-01-01", "2025-02-01", "quit"),
                ("2025-01-15", "2025-02-15", "quit"),
                ("2024-06-01", "2025-03-01", "moved"),
                ("2024-06-01", "2024-12-31", "quit"),
                ("2025-02-01", None, None),
            ],
            columns=["hired", "gone", "why"],
        )
    )
    config = RosterConfig(
        table="roster", started="hired", left="gone", why="why", moves=["moved"]
    )
    found = attrition_of(roster, config, START, END)
    assert (found.start, found.end, found.leavers, found.moved) == (3, 2, 2, 1)
    rows = attrition_rows(found).set_index("variant")["value"]
    assert rows["leavers / mean of start and end headcount"] == pytest.approx(2 / 2.5)


def test_tables_and_columns_that_are_not_there_are_named(backend, tmp_path):
    store = Store(tmp_path, backend)
    frame = pd.DataFrame({"row_no": [1], "hired": ["2025-01-01"]})
    store.write("flat__roster", Table(frame, ["row_no"], "a roster"), "0" * 16)
    rows = stored_table(store, "roster", "kpis.roster.table")
    config = RosterConfig(table="roster", started="hired", left="gone")
    with pytest.raises(
        ConfigError, match=r"kpis\.roster\.left: no column named 'gone'"
    ):
        attrition_of(rows, config, START, END)
    with pytest.raises(ConfigError, match="no stored table named 'rooster'"):
        stored_table(store, "rooster", "kpis.roster.table")
