import pytest

from ccml.kpis.figures import measure
from ccml.kpis.handling import (
    containment,
    handle_time,
    hold,
    satisfaction,
    transfers,
)

LOST = {"answered": False, "abandoned": True}


def found(table, figures):
    tidy = measure(table, figures)
    return tidy.set_index(["kpi", "variant"])["value"]


def test_handle_time_is_per_call_with_its_range(calls):
    table = calls(*[{"handle_s": 330.0}] * 85, {**LOST, "handle_s": 0.0})
    values = found(table, handle_time(table)).droplevel("variant")
    assert values["aht"] == pytest.approx(330)
    assert values["handle_p10"] == values["handle_p90"] == 330


def test_handle_time_of_a_log_without_it_is_unknown(calls):
    table = calls({}, {})
    assert found(table, handle_time(table)).isna().all()


def test_hold_per_held_call_is_not_hold_per_answered_call(calls):
    holds = [30.0, 50.0, *[0.0] * 8]
    table = calls(*[{"hold_s": s} for s in holds])
    values = found(table, hold(table))
    assert values["hold_share"].item() == pytest.approx(0.2)
    assert values["hold_time", "per held call"] == pytest.approx(40)
    assert values["hold_time", "per answered call"] == pytest.approx(8)


def test_transfers_leave_out_calls_that_do_not_tell(calls):
    table = calls({"transferred": True}, {"transferred": False}, {}, LOST)
    assert found(table, transfers(table)).item() == pytest.approx(0.5)


def test_satisfaction_is_a_mean_a_top_share_and_a_response_rate(calls):
    answers = [5, 5, 4, 4, 4, 3, 3, 2, 1, 1]
    table = calls(*[{"csat": float(a)} for a in answers], *[{}] * 10)
    values = found(table, satisfaction(table)).droplevel("variant")
    assert values["csat"] == pytest.approx(3.2)
    assert values["csat_top"] == pytest.approx(0.5)
    assert values["csat_response"] == pytest.approx(0.5)


def test_satisfaction_is_unknown_when_nobody_was_asked(calls):
    table = calls({}, {})
    assert found(table, satisfaction(table)).isna().all()


def test_menu_hang_ups_are_not_contained(calls):
    asked = [{"ivr_s": 30.0, "ivr_only": False}] * 40
    early = [{**LOST, "ivr_s": 4.0, "ivr_only": True}] * 15
    served = [{**LOST, "ivr_s": 60.0, "ivr_only": True}] * 45
    table = calls(*asked, *early, *served)
    assert found(table, containment(table)).item() == pytest.approx(0.45)
