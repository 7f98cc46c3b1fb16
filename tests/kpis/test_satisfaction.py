import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.config.kpis import SatisfactionConfig
from ccml.kpis.measure import measure
from ccml.kpis.satisfaction import satisfaction

USUAL = SatisfactionConfig()


def tidy(table, config=USUAL):
    return measure(table, satisfaction(table, config)).set_index("kpi")


def test_satisfaction_is_a_mean_a_top_share_and_a_response_rate(calls):
    answers = [5, 5, 4, 4, 4, 3, 3, 2, 1, 1]
    values = tidy(calls(*[{"csat": float(a)} for a in answers], *[{}] * 10))["value"]
    assert values["csat"] == pytest.approx(3.2)
    assert values["csat_top"] == pytest.approx(0.5)
    assert values["csat_above"] == pytest.approx(0.5)
    assert values["csat_response"] == pytest.approx(0.5)


def test_promoters_count_for_and_detractors_from_zero_on_against(calls):
    answers = (
        [9.0] * 25 + [10.0] * 25 + [7.0] * 15 + [8.0] * 15 + [0.0] * 10 + [6.0] * 10
    )
    rows = tidy(calls(*[{"nps": answer} for answer in answers]))
    assert rows.loc["nps", "value"] == pytest.approx(30)
    assert rows.loc["nps_response", "value"] == 1


def test_effort_is_read_on_its_scale(calls):
    table = calls(*[{"ces": float(a)} for a in (7, 6, 4, 1)])
    assert tidy(table)["value"]["ces_easy"] == 0.5
    old = SatisfactionConfig(ces_low_is_easy=True, ces_scale="1 to 7, 1 = easy")
    rows = tidy(table, old)
    assert rows.loc["ces_easy", "value"] == 0.25
    assert "1 = easy" in rows.loc["ces_easy", "variant"]
    assert rows.loc["ces", "value"] == 4.5


def test_quality_scores_are_a_mean(calls):
    rows = tidy(calls({"quality_score": 80.0}, {"quality_score": 90.0}, {}))
    assert rows.loc["quality_score", "value"] == 85
    assert rows.loc["quality_score", "n"] == 2


def test_satisfaction_is_unknown_when_nobody_was_asked(calls):
    rows = tidy(calls({}, {}))
    assert rows["value"].isna().all()
    assert rows["why_null"].str.startswith("not reported").all()


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(answers=st.lists(st.integers(0, 10), min_size=1, max_size=12))
def test_nps_stays_between_its_ends(calls, answers):
    table = calls(*[{"nps": float(answer)} for answer in answers])
    assert -100 <= tidy(table).loc["nps", "value"] <= 100
