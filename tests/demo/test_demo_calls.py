"""The calls: who makes them, what planted them, what follows from them."""

import numpy as np
import pandas as pd
import pytest
from demo_tables import CUSTOMERS, Company
from sklearn.metrics import roc_auc_score

from ccml.demo import curves, names


def followable(inbound: pd.DataFrame) -> pd.DataFrame:
    """Answered calls whose seven days lie within the period."""
    last = pd.Timestamp("2026-06-23", tz="UTC")
    return inbound[(inbound.answered == "true") & (inbound.started_at < last)]


def test_a_seventh_of_the_customers_makes_half_of_the_calls(
    inbound: pd.DataFrame,
) -> None:
    counts = inbound.customer_id.value_counts().to_numpy()
    top = round(0.14 * CUSTOMERS)
    assert counts[:top].sum() / counts.sum() == pytest.approx(0.50, abs=0.015)
    assert 6 <= counts.sum() / CUSTOMERS <= 9


def test_over_thirty_percent_of_answered_calls_are_repeated(
    inbound: pd.DataFrame,
) -> None:
    assert 0.30 < followable(inbound).repeated.mean() < 0.40


def test_the_true_repeat_probability_is_calibrated_and_informative(
    inbound: pd.DataFrame,
) -> None:
    rows = followable(inbound)
    chance = rows.repeat_7d_probability
    assert chance.between(0, 1).all()
    band = pd.qcut(chance, 5, labels=False)
    gap = rows.repeated.groupby(band).mean() - chance.groupby(band).mean()
    assert gap.abs().max() < 0.025
    assert 0.75 < roc_auc_score(rows.repeated, chance) < 0.85


def test_only_inbound_calls_have_a_repeat_probability(calls: pd.DataFrame) -> None:
    inbound = calls.direction == "inbound"
    own = calls.customer_id.notna()
    assert calls.repeat_7d_probability[inbound & own].notna().all()
    outbound = calls.direction == "outbound"  # a broken row has neither direction
    assert calls.repeat_7d_probability[outbound | ~own].isna().all()


def test_wrong_bills_bring_calls_two_to_six_days_later(
    company: Company, inbound: pd.DataFrame, cancelled_at: pd.Series
) -> None:
    wrong = company.truth("billing_errors")
    wrong = wrong[wrong.makes_a_call]
    left = wrong.customer_id.map(cancelled_at)
    wrong = wrong[~(left < wrong.billed_at + pd.Timedelta(days=8))]
    about = inbound[inbound.cause == "billing_error"]
    pairs = wrong.merge(about, on="customer_id")
    days = (pairs.started_at - pairs.billed_at) / pd.Timedelta(days=1)
    first = days[days > 0].groupby([pairs.customer_id, pairs.billed_at]).min()
    assert len(first) > 0.97 * len(wrong)
    assert first.between(1.9, 7.0).mean() > 0.97
    assert set(about.reason) <= {"billing", "complaint"}


def test_faults_bring_calls_of_one_region_within_hours(
    company: Company, inbound: pd.DataFrame
) -> None:
    faults = company.truth("faults")
    about = inbound[inbound.cause == "regional_fault"].copy()
    ordered = about.sort_values("started_at")
    near = pd.merge_asof(
        ordered,
        faults.sort_values("started_at").rename(columns={"started_at": "fault_at"}),
        left_on="started_at",
        right_on="fault_at",
        by="region",
    )
    hours = (near.started_at - near.fault_at) / pd.Timedelta(hours=1)
    # The rest are repeat calls, up to days later.
    assert (hours < 8).mean() > 0.5
    assert (hours < 24 * 7 * 4).mean() > 0.97
    waits = pd.to_numeric(inbound.wait_seconds.where(inbound.wait_seconds != ""))
    fault = inbound.cause == "regional_fault"
    assert waits[fault].mean() > 1.2 * waits[inbound.cause == "ordinary"].mean()


def test_failed_visits_bring_calls_the_same_or_next_day(
    company: Company, inbound: pd.DataFrame
) -> None:
    visits = company.raw("web_visits")
    failed = visits[visits.succeeded == "false"].copy()
    failed["failed_at"] = pd.to_datetime(failed.visited_at, utc=True)
    about = inbound[inbound.cause == "failed_self_service"].sort_values("started_at")
    near = pd.merge_asof(
        about,
        failed[["customer_id", "failed_at"]].sort_values("failed_at"),
        left_on="started_at",
        right_on="failed_at",
        by="customer_id",
    )
    hours = (near.started_at - near.failed_at) / pd.Timedelta(hours=1)
    assert (hours < 36).mean() > 0.6


def test_new_customers_call_most_in_their_first_sixty_days(
    company: Company, inbound: pd.DataFrame
) -> None:
    joined = company.raw("customers").drop_duplicates("customer_id")
    joined_on = pd.to_datetime(joined.set_index("customer_id").joined_on, utc=True)
    start = inbound[inbound.cause == "onboarding"]
    days = (start.started_at - start.customer_id.map(joined_on)) / pd.Timedelta(days=1)
    assert (days < 60).mean() > 0.85
    assert days.min() > -1


def test_habit_callers_call_often_and_at_their_own_hour(
    company: Company, inbound: pd.DataFrame
) -> None:
    truth = company.truth("customers").set_index("customer_id")
    habit = inbound[inbound.cause == "habit"]
    # Hours of the first call of a day; repeats come at any hour.
    local = habit.started_at.dt.tz_convert("Europe/Warsaw")
    first = local.groupby([habit.customer_id, local.dt.date]).min()
    hour = first.dt.hour + first.dt.minute / 60
    spread = hour.groupby(level=0).agg(
        lambda h: np.subtract(*np.quantile(h, [0.75, 0.25]))
    )
    assert spread.median() < 4
    counts = inbound.customer_id.value_counts().reindex(truth.index).fillna(0)
    lasting = truth.cause == "habit"
    assert counts[lasting].mean() > 4 * counts[~truth.is_persistent].mean()
    assert truth.is_persistent[lasting].mean() > 0.9


def test_persistent_customers_make_three_calls_in_ninety_days(
    company: Company, inbound: pd.DataFrame, cancelled_at: pd.Series
) -> None:
    truth = company.truth("customers").set_index("customer_id")
    first = company.raw("customers").drop_duplicates("customer_id")
    joined = pd.to_datetime(first.set_index("customer_id").joined_on, utc=True)
    start = joined.clip(lower=pd.Timestamp("2025-01-01", tz="UTC"))
    end = cancelled_at.reindex(start.index).fillna(pd.Timestamp("2026-07-01", tz="UTC"))
    periods = (end - start).dt.days.reindex(truth.index).fillna(0) / 90
    counts = inbound.customer_id.value_counts().reindex(truth.index).fillna(0)
    lasting = truth.is_persistent
    assert 0.06 < lasting.mean() < 0.16
    assert counts[lasting].sum() / periods[lasting].sum() > 3
    assert counts[~lasting].sum() / periods[~lasting].sum() < 1.6
    # High rates come from the gamma as well as from planted causes.
    assert truth.cause[lasting].nunique() >= 4


def test_calls_follow_the_measured_hours_and_weekdays(inbound: pd.DataFrame) -> None:
    usual = inbound[inbound.cause == "ordinary"].started_at
    local = usual.dt.tz_convert("Europe/Warsaw")
    workday = local[local.dt.day_of_week < 5]
    share = workday.dt.hour.value_counts(normalize=True).reindex(range(24)).fillna(0)
    measured = np.array(curves.HOUR_SHARE_WORKDAY)
    assert np.abs(share - measured / measured.sum()).max() < 0.015
    per_day = local.dt.day_of_week.value_counts(normalize=True).sort_index().to_numpy()
    weights = np.array(curves.CALLS_PER_WEEKDAY)
    assert np.abs(per_day - weights / weights.sum()).max() < 0.04


def test_calls_hold_together(calls: pd.DataFrame) -> None:
    seconds = [f"{part}_seconds" for part in ("ivr", "wait", "talk", "hold", "wrap")]
    for column in seconds:
        calls[column] = pd.to_numeric(calls[column].where(calls[column] != ""))
    sane = calls.talk_seconds.fillna(0) >= 0  # the broken rows are tested elsewhere
    rows = calls[sane & (calls.direction == "inbound")]
    parts = rows[["ivr_seconds", "wait_seconds", "talk_seconds", "hold_seconds"]]
    length = (rows.ended_at - rows.started_at).dt.total_seconds()
    assert (parts.fillna(0).sum(axis=1) - length).abs().max() <= 1
    yes = {name: rows[name] == "true" for name in _FLAGS}
    assert not (yes["answered"] & yes["abandoned"]).any()
    assert (yes["queued"] == (yes["answered"] | yes["abandoned"])).all()
    assert (yes["ivr_only"] == ~yes["queued"]).all()
    assert (rows.talk_seconds[~yes["answered"]] == 0).all()
    assert (rows.agent_id[~yes["answered"]] == "").all()
    assert set(rows.disposition) == set(names.DISPOSITIONS)
    answered = rows[yes["answered"]]
    assert (answered.csat != "").mean() == pytest.approx(0.12, abs=0.02)
    assert (yes["abandoned"].sum() / yes["queued"].sum()) == pytest.approx(
        0.11, abs=0.03
    )
    assert ((rows.queue != rows.last_queue) == (rows.transferred == "true")).all()


_FLAGS = ("queued", "answered", "ivr_only", "abandoned")


def test_a_customer_makes_one_call_at_a_time(inbound: pd.DataFrame) -> None:
    gap = (inbound.next_at - inbound.ended_at).dropna()
    assert (gap > pd.Timedelta(0)).all()


def test_follow_ups_are_called_back(calls: pd.DataFrame) -> None:
    backs = calls[calls.callback == "true"]
    assert len(backs) > 100
    assert (backs.direction == "outbound").all()
    assert (backs.reason == "callback").all()
