import pytest

from ccml.kpis.handling import (
    PER_CALL,
    handle_parts,
    handle_time,
    hold,
    leg_handle_time,
    transfers,
)
from ccml.kpis.measure import measure

LOST = {"answered": False, "abandoned": True}


def found(table, figures):
    tidy = measure(table, figures)
    return tidy.set_index(["kpi", "variant"])["value"]


def test_handle_time_is_per_call_with_its_range(calls):
    table = calls(*[{"handle_s": 330.0}] * 85, {**LOST, "handle_s": 0.0})
    values = found(table, handle_time(table))
    assert values["aht", PER_CALL] == pytest.approx(330)
    assert values["handle_p10", PER_CALL] == values["handle_p90", PER_CALL] == 330


def test_dialling_counts_for_outbound_calls_only_where_it_is_asked_for(calls):
    table = calls(
        {"handle_s": 100.0, "ring_s": 9.0, "handle_src": "platform"},
        {
            "direction": "outbound",
            "handle_s": 50.0,
            "ring_s": 9.0,
            "handle_src": "parts",
        },
    )
    values = found(table, handle_time(table))["aht"]
    assert values[f"{PER_CALL}, outbound only"] == 50
    assert values[f"{PER_CALL}, outbound only, dialling included"] == 59
    assert values[f"{PER_CALL}, inbound only"] == 100
    assert values[f"{PER_CALL}, as the platform says"] == 100
    assert values[f"{PER_CALL}, where the platform gives the parts"] == 50


def test_the_parts_add_up_to_the_whole(calls):
    parts = {"talk_s": 240.0, "hold_s": 30.0, "wrap_s": 60.0}
    table = calls(*[{**parts, "handle_s": 330.0}] * 85)
    values = found(table, [*handle_parts(table), *hold(table), *handle_time(table)])
    total = values["talk_time"].item() + values["wrap_time"].item()
    total += values["hold_time", "per answered call"]
    assert total == values["aht", PER_CALL] == pytest.approx(330)


def test_a_call_of_two_agents_has_one_handle_time_per_call_and_two_per_leg(calls):
    whole = calls({"handle_s": 420.0})
    assert found(whole, handle_time(whole))["aht", PER_CALL] == 420
    legs = calls({"talk_s": 300.0}, {"talk_s": 100.0, "wrap_s": 20.0}, {})
    legs = legs.mutate(leg_type=legs.talk_s.notnull().ifelse("agent", "queue"))
    assert found(legs, leg_handle_time(legs)).item() == pytest.approx(210)


def test_legs_without_any_duration_have_no_handle_time(calls):
    legs = calls({})
    legs = legs.mutate(leg_type=legs.direction.replace("inbound", "agent"))
    assert found(legs, leg_handle_time(legs)).isna().all()


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
    values = found(table, transfers(table))
    assert values["transfer_rate"].item() == pytest.approx(0.5)
    assert values["transfer_rate_by_kind"].isna().all()


def test_transfers_of_each_kind_stand_apart(calls):
    table = calls(
        {"transferred": True, "transfer_type": "blind"},
        {"transferred": True, "transfer_type": "consult"},
        {"transferred": False},
        {"transferred": False},
    )
    values = found(table, transfers(table))["transfer_rate_by_kind"]
    assert values["blind transfers / answered inbound calls"] == 0.25
    assert values["queue transfers / answered inbound calls"] == 0
    assert values.sum() == 0.5
