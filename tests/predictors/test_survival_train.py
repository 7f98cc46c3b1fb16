"""A survival model learns from rows that still wait, and from nothing of the test."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from survival_rows import (
    CUTOFFS,
    FEATURES,
    START,
    TEST_FROM,
    UNTIL,
    config,
    leavers,
    rates,
    trained,
)

from ccml.errors import DataError
from ccml.predictors.survival.hazard import JSON_NAME, TEXT_NAME, HazardModel
from ccml.predictors.survival.train import Parts, train_survival, with_survival
from ccml.tracking.records import metric_values

HORIZONS = (30, 60, 90)


@pytest.fixture(scope="module")
def rows():
    return leavers()


@pytest.fixture(scope="module")
def done(rows):
    return trained(rows)


@pytest.fixture(scope="module")
def model(done):
    return done.model


def test_churn_is_recovered_and_dropping_the_censored_does_not(rows, model):
    """Acceptance test B3.4: 90-day churn within 2 standard errors of the truth."""
    truth = float((1 - np.exp(-90 * rates(rows.features["risk"]))).mean())
    told = float((1 - model.survival(rows.features, [90])[:, 0]).mean())
    cutoff = rows.keys["cutoff_at"]
    before = cutoff < TEST_FROM
    left = rows.keys["customer_id"].map(
        rows.followed.events.set_index("customer_id")["event_at"]
    )
    error = np.sqrt(truth * (1 - truth) / before.sum())
    came = before & (left < TEST_FROM) & (left < cutoff + timedelta(days=90))
    whole = before & (cutoff + timedelta(days=90) <= TEST_FROM)
    dropped = came.sum() / (came | whole).sum()
    assert abs(told - truth) < 2 * error
    assert abs(dropped - truth) > 2 * error


def test_each_customer_gets_the_own_chance(rows, model):
    truth = 1 - np.exp(-60 * rates(rows.features["risk"]))
    told = 1 - model.survival(rows.features, [60])[:, 0]
    assert np.corrcoef(truth, told)[0, 1] > 0.95


def test_probabilities_rise_with_the_horizon_and_days_stay_within_the_period(
    rows, model
):
    table = model.table(rows.features)
    by_horizon = table[[f"probability_{days}d" for days in HORIZONS]].to_numpy()
    assert (np.diff(by_horizon, axis=1) >= 0).all()
    assert ((by_horizon >= 0) & (by_horizon <= 1)).all()
    days = table[f"expected_days_{model.days}d"]
    assert ((days > 0) & (days <= model.days)).all()
    assert np.corrcoef(days, by_horizon[:, 0])[0, 1] < -0.9


def test_expected_days_are_the_area_under_the_curve(rows, model):
    few = rows.features.head(5)
    ends = [30 * number for number in range(1, model.periods + 1)]
    curve = np.column_stack([np.ones(5), model.survival(few, ends)])
    area = np.trapezoid(curve, dx=30, axis=1)
    assert model.expected_days(few) == pytest.approx(area)


def test_the_judgement_finds_a_good_model_good(done):
    section = done.section
    assert set(section["horizons"]) == {"30", "60", "90"}
    for found in section["horizons"].values():
        assert found["beats_kaplan_meier"]
        assert found["brier"]["value"] < found["brier_kaplan_meier"]["value"]
        assert 0.6 < found["auc"]["low"] < found["auc"]["high"] < 0.9
        gap = found["observed_minus_promised"]
        assert abs(gap["value"]) < 0.03
    assert "Better than one curve" in section["sentence"]
    assert [third["group"] for third in section["thirds"]][-1] == "highest third"
    assert section["expected_days"]["low"] < section["expected_days"]["high"]


def test_its_figures_are_recorded_with_their_intervals(done):
    recorded = dict(metric_values({"survival": done.section}))
    brier = done.section["horizons"]["90"]["brier"]
    assert recorded["survival.brier_90d"] == brier["value"]
    assert recorded["survival.brier_90d_low"] == brier["low"]
    assert json.dumps(done.section, allow_nan=False)


def test_a_model_without_a_signal_is_said_to_be_no_better():
    section = trained(leavers(3000, seed=5, strength=0.0)).section
    evaluation = {"findings": []}
    assert not section["horizons"]["90"]["beats_kaplan_meier"]
    assert "not better beyond noise" in section["sentence"]
    with_survival(evaluation, replace(trained(leavers(3000, seed=5)), section=section))
    assert {f["check"] for f in evaluation["findings"]} == {"survival_no_better"}
    assert {f["severity"] for f in evaluation["findings"]} == {"note"}


def test_nothing_that_happens_in_the_test_changes_the_model(rows, model):
    events = rows.followed.events
    before = events["known_at"] < TEST_FROM
    blind = replace(rows, followed=replace(rows.followed, events=events[before]))
    other = blind.keys["cutoff_at"] >= TEST_FROM
    features = rows.features.mask(np.repeat(other.to_numpy()[:, None], 2, axis=1), 0.5)
    again = trained(replace(blind, features=features)).model
    assert again.booster.text == model.booster.text
    assert again.everybody == model.everybody
    assert again.encoder == model.encoder


def test_models_are_byte_identical_again_and_under_permuted_rows(rows, model, tmp_path):
    order = np.random.default_rng(9).permutation(len(rows.keys))
    shuffled = replace(
        rows,
        keys=rows.keys.iloc[order],
        features=rows.features.iloc[order][list(FEATURES)],
        followed=replace(
            rows.followed, events=rows.followed.events.sample(frac=1, random_state=3)
        ),
    )
    trained(shuffled).model.save(tmp_path / "shuffled")
    model.save(tmp_path / "model")
    for name in (JSON_NAME, TEXT_NAME):
        one, other = (tmp_path / folder / name for folder in ("model", "shuffled"))
        assert one.read_bytes() == other.read_bytes()


def test_a_stored_model_answers_alike_and_a_changed_byte_is_refused(
    rows, model, tmp_path
):
    model.save(tmp_path)
    again = HazardModel.load(tmp_path)
    few = rows.features.head(50)
    pd.testing.assert_frame_equal(again.table(few), model.table(few))
    assert again.everybody_at(HORIZONS) == pytest.approx(model.everybody_at(HORIZONS))
    assert sorted(file.name for file in tmp_path.iterdir()) == [JSON_NAME, TEXT_NAME]
    text = tmp_path / TEXT_NAME
    text.write_bytes(text.read_bytes().replace(b"tree", b"twig", 1))
    with pytest.raises(DataError, match="was changed after training"):
        HazardModel.load(tmp_path)
    text.unlink()
    with pytest.raises(DataError, match="no such file"):
        HazardModel.load(tmp_path)


@pytest.mark.parametrize("days", [45, 0, 3600])
def test_a_horizon_that_was_not_learnt_is_refused(rows, model, days):
    with pytest.raises(DataError, match=f"no probability by {days} days"):
        model.survival(rows.features.head(1), [days])


def test_a_horizon_that_nobody_was_followed_to_is_left_out_and_said(rows):
    early = START + timedelta(days=60)
    short = Parts(early, FEATURES)
    asked = config()
    found = train_survival(asked, rows, short, asked.model, "churn")
    assert found.model.horizons == (30, 60)
    assert "followed for 60 days" in found.section["not_judged"]["90"]


def test_too_little_history_is_said(rows):
    asked = config()
    parts = Parts(START + timedelta(days=20), FEATURES)
    with pytest.raises(DataError, match="0 periods of 30 days"):
        train_survival(asked, rows, parts, asked.model, "churn")


def test_customers_of_the_test_do_not_train_where_customers_are_split(rows):
    asked = config(split={"group": "customer_id"})
    ids = rows.keys["customer_id"]
    names = frozenset(ids[ids.str[-1].isin(list("01234"))])
    parts = Parts(TEST_FROM, FEATURES, None, "customer_id", names)
    section = train_survival(asked, rows, parts, asked.model, "churn").section
    in_test = rows.keys["cutoff_at"] >= TEST_FROM
    assert section["test"]["customers"] == int((in_test & ids.isin(names)).sum())
    assert section["training"]["customers"] == int((~in_test & ~ids.isin(names)).sum())


def test_constraints_hold_and_the_period_may_act_with_every_feature():
    found = trained(
        leavers(4000, seed=6),
        monotone={"risk": "falling"},
        interactions=[["risk", "noise"]],
    ).model
    steps = pd.DataFrame({"risk": np.linspace(-2, 2, 30), "noise": 0.0})
    assert (np.diff(found.survival(steps, [60])[:, 0]) >= 0).all()


def test_the_test_ends_where_the_config_says(rows):
    asked = config()
    until = START + timedelta(days=CUTOFFS[-1])
    parts = Parts(TEST_FROM, FEATURES, until)
    section = train_survival(asked, rows, parts, asked.model, "churn").section
    inside = rows.keys["cutoff_at"].between(TEST_FROM, until, inclusive="left")
    assert section["test"]["spells"] == int(inside.sum())
    assert section["test"]["followed_days"] == (UNTIL - TEST_FROM).days
