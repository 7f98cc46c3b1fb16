"""Key figures of the Anonymous Bank's log equal those of its description."""

import os
from datetime import UTC
from pathlib import Path

import pytest
from source_projects import KEY, project

from ccml.identity.link import linked_calls
from ccml.identity.prepare import prepare_all
from ccml.kpis.build import build_kpis
from ccml.kpis.measure import measure
from ccml.kpis.repeats import RepeatRule, base_calls, repeat_figures

MONTHS = [31_599, 33_344, 38_801, 32_036, 39_553, 37_935, 39_022]
ANSWERED, HUNG_UP, IDENTIFIED = 196_364, 53_578, 128_345
REPEATED = {1: 0.49, 3: 0.60, 7: 0.70, 14: 0.78, 30: 0.86}
EVERY = RepeatRule(base="all")
HEAD = """
version: 1
project: bank
workspace: work
time_zone: Asia/Jerusalem
data_until: "1999-08-01T00:00:00+03:00"
kpis: {repeat_base: all, groups: []}
"""
SOURCE = """
calls:
  reader: anonymous_bank
  path: {path}
  time_zone: Asia/Jerusalem
  max_bad_share: 0.5
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(
        "CCML_DATA" not in os.environ,
        reason="needs CCML_DATA, the folder of the public data sets",
    ),
    # Ibis 12 calls a method that DuckDB 2 has renamed.
    pytest.mark.filterwarnings("ignore:fetch_arrow_table"),
]


@pytest.fixture(scope="module")
def bank(shared_backend, tmp_path_factory):
    path = Path(os.environ["CCML_DATA"]) / "anonymous_bank_1999" / "*.txt.gz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCML_PSEUDONYM_KEY", KEY)
        folder = tmp_path_factory.mktemp("bank")
        opened = project(shared_backend, folder, SOURCE.format(path=path), head=HEAD)
        prepare_all(opened)
        build_kpis(opened)
        return opened


def figure(bank, kpi, start):
    rows = bank.store.frame("kpis")
    rows = rows[(rows["kpi"] == kpi) & (rows["period"] == "all")]
    return rows[rows["variant"].str.startswith(start)].iloc[0]


def test_rows_per_month_are_the_published_ones(bank):
    files = bank.store.frame("calls")["source_file"].value_counts()
    aside = bank.store.frame("quarantine__calls")["source_file"].value_counts()
    assert files.add(aside, fill_value=0).sort_index().tolist() == MONTHS


def test_outcomes_and_the_identified_share_are_the_published_ones(bank):
    answered = figure(bank, "calls", "inbound, answered")
    assert answered["value"] == ANSWERED
    assert answered["n"] - answered["value"] == HUNG_UP
    unknown = figure(bank, "unknown_callers", "inbound")
    assert unknown["denominator"] - unknown["numerator"] == IDENTIFIED


def test_a_quarter_of_those_who_queued_hung_up(bank):
    assert figure(bank, "abandonment", "AB1")["numerator"] < HUNG_UP
    queued = linked_calls(bank.store).filter(lambda calls: calls.queued)
    hung_up = (~queued.answered).mean().execute()
    assert hung_up == pytest.approx(0.25, abs=0.005)


@pytest.mark.parametrize(("days", "rate"), REPEATED.items())
def test_repeat_rates_before_july_are_the_published_ones(bank, days, rate):
    calls = linked_calls(bank.store)
    base = base_calls(calls, EVERY).filter(
        lambda rows: rows.started_at < "1999-06-30T21:00:00+00:00"
    )
    end = bank.config.data_until.astimezone(UTC)
    row = measure(base, repeat_figures(base, days, end, EVERY)).iloc[0]
    assert row["n"] == 106_776
    assert row["value"] == pytest.approx(rate, abs=0.005)


def test_the_log_says_which_figures_it_cannot_give(bank):
    for kpi, column in (("hold_time", "hold_s"), ("csat", "csat"), ("nps", "nps")):
        row = figure(bank, kpi, "")
        assert row["value"] != row["value"]
        assert column in row["why_null"]
