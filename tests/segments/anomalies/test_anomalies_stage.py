"""The stage on a small centre, with and without an outage."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from anomaly_calls import FIRST, company, outages, project_with, store_customers

from ccml.errors import ConfigError
from ccml.segments.anomalies.build import ANOMALIES, build_anomalies

HIT = 100
CAUSES = "{anomalies: {known_causes: [bills, outages]}}"


def bills(rng):
    """Bill everybody at the begin of each month: no cause of anything here."""
    return outages(rng, None).assign(event_id=lambda f: "b" + f["event_id"])


def found_in(project):
    return project.store.frame("anomalies")


def test_an_outage_is_found_and_named_by_its_cause(tmp_path):
    rng = np.random.default_rng(1)
    rows = company(rng, HIT)
    events = {"outages": outages(rng, HIT), "bills": bills(rng)}
    project = project_with(tmp_path, rows, CAUSES, **events)
    store_customers(project)
    assert build_anomalies(project)
    assert not build_anomalies(project)
    found = found_in(project).set_index(["kind", "value"])
    day = FIRST.date() + timedelta(days=HIT)
    north = found.loc[[("region", "north")]].iloc[0]
    assert north["known_cause"] == "outages"
    assert np.datetime64(north["day"], "D") == np.datetime64(day)
    assert north["ratio"] == pytest.approx(north["calls"] / north["expected"])
    assert f"{day:%A} {day.isoformat()}" in north["words"]
    assert "Known cause: outages." in north["words"]
    assert ("reason", "fault") in found.index
    that_day = found[found["day"].astype(str) == day.isoformat()]
    assert ("region", "south") not in that_day.index


def test_an_unexplained_day_says_so(tmp_path):
    rng = np.random.default_rng(1)
    project = project_with(tmp_path, company(rng, HIT), CAUSES, bills=bills(rng))
    build_anomalies(project)
    found = found_in(project).set_index(["kind", "value"])
    north = found.loc[[("region", "north")]].iloc[0]
    assert not isinstance(north["known_cause"], str)
    assert "No known cause." in north["words"]


def test_a_calm_centre_keeps_the_budget(tmp_path):
    numbers = []
    for seed in range(3):
        project = project_with(
            tmp_path / str(seed), company(np.random.default_rng(seed))
        )
        store_customers(project)
        build_anomalies(project)
        numbers.append(len(found_in(project)))
    assert np.mean(numbers) <= 5  # one for each kind


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    for seed in range(4):
        (tmp_path / str(seed)).mkdir()


def one_caller(rows, customer, phone, number=25, known=True):
    more = [
        rows[0]
        | {
            "call_id": f"x{phone}{n:03d}",
            "customer_id": customer if known else None,
            "phone_key": phone,
            "started_at": FIRST + timedelta(days=90 + n % 20, hours=9, minutes=n),
        }
        for n in range(number)
    ]
    return rows + more


def test_a_caller_who_suddenly_calls_more_is_told_without_a_name(tmp_path):
    rows = one_caller(company(np.random.default_rng(2)), "C0399", "k1:0399")
    rows = one_caller(rows, None, "k1:stranger", known=False)
    project = project_with(tmp_path, rows)
    store_customers(project)
    build_anomalies(project)
    found = found_in(project).set_index("kind")
    assert found.loc[["customer"], "value"].tolist() == ["C0399"]
    # The customer's own number would say the same again.
    assert found.loc[["phone"], "value"].tolist() == ["k1:stranger"]
    words = " ".join(found.loc[["customer", "phone"], "words"])
    assert "One customer:" in words
    assert "One phone number: 25 calls" in words
    assert "0399" not in words
    assert "stranger" not in words


def test_a_customers_calls_after_their_outages_are_explained(tmp_path):
    rng = np.random.default_rng(2)
    rows = one_caller(company(rng), "C0399", "k1:0399")
    calm = outages(rng, None)
    own = calm.iloc[:7].assign(customer_id="C0399")
    own["event_at"] = [FIRST + timedelta(days=88 + 3 * n) for n in range(7)]
    own["event_id"] = [f"own{n}" for n in range(7)]
    told = pd.concat([calm, own], ignore_index=True)
    project = project_with(tmp_path, rows, CAUSES, outages=told)
    store_customers(project)
    build_anomalies(project)
    customer = found_in(project).set_index("kind").loc["customer"]
    assert customer["known_cause"] == "outages"


def test_holidays_of_the_key_figures_are_not_tested(tmp_path):
    rows = company(np.random.default_rng(1), HIT)
    project = project_with(tmp_path, rows)
    day = FIRST.date() + timedelta(days=HIT)
    kpis = project.config.kpis.model_copy(update={"holidays": [day]})
    config = project.config.model_copy(update={"kpis": kpis})
    object.__setattr__(project, "config", config)
    build_anomalies(project)
    days = found_in(project)
    days = days[days["kind"].isin(["reason", "queue", "region"])]
    assert np.datetime64(day) not in days["day"].to_numpy().astype("datetime64[D]")


def test_an_earlier_cutoff_looks_at_earlier_days(tmp_path):
    rows = company(np.random.default_rng(1), HIT)
    cutoff = (FIRST + timedelta(days=HIT)).date().isoformat()
    project = project_with(tmp_path, rows, f'{{cutoff: "{cutoff}"}}')
    build_anomalies(project)
    assert (found_in(project)["day"].astype(str) < cutoff).all()


@pytest.mark.parametrize("day", ["2025-03-03", "2025-03-20"])
def test_without_a_history_the_table_is_empty(tmp_path, day):
    rows = company(np.random.default_rng(1), HIT)
    project = project_with(tmp_path, rows, f'{{cutoff: "{day}"}}')
    assert build_anomalies(project)
    assert found_in(project).empty
    assert list(found_in(project).columns) == ANOMALIES.names


def test_without_calls_nothing_breaks(tmp_path):
    project = project_with(tmp_path, company(np.random.default_rng(1)))
    project.store.remove("calls")
    assert build_anomalies(project)
    assert found_in(project).empty


def test_an_unknown_cause_is_an_error(tmp_path):
    rows = company(np.random.default_rng(1))
    with pytest.raises(ConfigError, match="Did you mean 'outages'"):
        project_with(tmp_path, rows, "{anomalies: {known_causes: [outage]}}")


def test_a_config_without_segments_says_so(tmp_path):
    rows = company(np.random.default_rng(1))
    with pytest.raises(ConfigError, match="add `segments: "):
        build_anomalies(project_with(tmp_path, rows, "null"))


def test_dates_are_dates(tmp_path):
    rows = company(np.random.default_rng(1), HIT)
    project = project_with(tmp_path, rows)
    build_anomalies(project)
    schema = project.store.read("anomalies").schema()
    assert schema["day"].is_date()
    assert isinstance(
        project.store.read("anomalies").to_pyarrow()["day"][0].as_py(), date
    )
