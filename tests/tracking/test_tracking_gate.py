"""What the gate lets through, seen through the registry and on its own."""

from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pytest
from gate_material import RULE, later, model, trained

from ccml.config.promotion import PromotionConfig
from ccml.predictors.ece_noise import ece_noise
from ccml.predictors.models import BoosterModel
from ccml.predictors.scorer import Scorer
from ccml.project import Project
from ccml.tracking.champions import history
from ccml.tracking.compare import Shadow, psi, shadow
from ccml.tracking.evidence import GateRows, later_rows
from ccml.tracking.gate import Evidence, Verdict, judge
from ccml.tracking.register import Registration
from ccml.tracking.runs import log_predictor

HIGHER = {"value": 0.02, "low": 0.01, "high": 0.03}
UNCLEAR = {"value": 0.002, "low": -0.01, "high": 0.014}
LOWER = {"value": -0.02, "low": -0.03, "high": -0.01}
ALIKE = Shadow(rows=1000, rank_agreement=0.9, score_psi=0.05, top_overlap=0.8)
RULES = PromotionConfig()


def log(
    project: Project, scorer: Scorer, rows: GateRows | None = None, **changes: object
) -> Registration:
    rows = rows or later()
    return log_predictor(
        project, "repeat", trained(scorer, rows, **changes), {}, {}, rows
    )


def against(**changes: object) -> Evidence:
    """A challenger that is clearly better than version 1, changed in one thing."""
    good = Evidence(
        {}, champion="1", log_loss_gain=HIGHER, compared_rows=1000, shadow=ALIKE
    )
    return replace(good, **changes)


def test_better_model_takes_the_place_and_says_by_how_much(project: Project) -> None:
    assert log(project, model("prior")).is_champion
    done = log(project, model())
    assert done.is_champion, done.sentence
    assert "in place of version 1" in done.sentence
    gain = done.gate["figures"]["log_loss_gain"]
    assert 0 < gain["low"] < gain["value"]
    told = history(project, "repeat")
    assert list(told["version"]) == ["1", "2"]
    assert f"{gain['value']:.4f}" in told["why"][1]


def test_another_model_as_good_stays_outside(project: Project) -> None:
    log(project, model())
    done = log(project, model(seed=2))
    assert (done.is_champion, done.champion) == (False, "1")
    assert "`ccml promote tiny.yaml --only repeat`" in done.sentence


def test_same_files_stay_champion_without_a_new_entry(project: Project) -> None:
    log(project, model())
    again = log(project, model())
    assert (again.version, again.is_champion) == ("1", True)
    assert len(history(project, "repeat")) == 1


def test_reweighted_model_without_calibration_fails_as_the_first_one(
    project: Project,
) -> None:
    done = log(project, model("weighted"))
    assert (done.is_champion, done.champion) == (False, None)
    assert "mean probability is" in done.sentence


def test_well_calibrated_first_model_needs_no_comparison(project: Project) -> None:
    assert log(project, model()).is_champion


def test_corrupted_model_is_stopped_by_its_shadow(project: Project) -> None:
    log(project, model())
    broken = replace(model(seed=2), model=corrupted(model()))
    done = log(project, broken)
    assert not done.is_champion
    assert "newest rows its ranking agrees too little" in done.sentence


def corrupted(scorer: Scorer) -> BoosterModel:
    """The same trees with their leaves' signs turned."""
    booster = lgb.Booster(model_str=scorer.model.text)
    trees = booster.dump_model()["tree_info"]
    for number, tree in enumerate(trees):
        for leaf in range(tree["num_leaves"]):
            value = booster.get_leaf_output(number, leaf)
            booster.set_leaf_output(number, leaf, -value)
    return BoosterModel.from_text(booster.model_to_string())


def test_champion_that_learnt_from_the_test_rows_is_not_compared(
    project: Project,
) -> None:
    split = {"train_period": {"from": "2025-01-01", "until": "2026-03-01T00:00:00Z"}}
    log(project, model("prior"), split=split)
    done = log(project, model())
    assert not done.is_champion
    assert "only 0 test rows, with 0 of the rarer outcome, are later" in done.sentence


def test_champion_for_another_label_is_not_compared(project: Project) -> None:
    log(project, model("prior"))
    done = log(project, model(), label_rule="another label")
    assert "cannot be compared with version 1: it was trained for another" in (
        done.sentence
    )


def test_profit_counts_where_a_payoff_is_given(project: Project) -> None:
    file = project.file
    text = file.read_text() + "    profit: {value_eur: 10, cost_per_contact_eur: 4}\n"
    file.write_text(text)
    paid = Project.open(file)
    log(paid, model("prior"))
    done = log(paid, model())
    assert done.is_champion, done.sentence
    gain = done.gate["figures"]["profit_gain"]
    # By hand: the prior of about 0.4 contacts nobody or all; a contact pays above 0.4.
    test = later().test
    p = model().predict(test.features)["probability"].to_numpy()
    earned = (p > 0.4) * (10 * test.y - 4)
    usual = model("prior").predict(test.features)["probability"].to_numpy()
    before = (usual > 0.4) * (10 * test.y - 4)
    assert gain["value"] == pytest.approx((earned - before).mean())


def test_oversampled_rows_count_as_often_as_in_reality(project: Project) -> None:
    file = project.file
    text = file.read_text() + (
        "    profit: {value_eur: 10, cost_per_contact_eur: 4}\n"
        "    calibration: {real_base_rate: 0.1}\n"
    )
    file.write_text(text)
    real = Project.open(file)
    claim = {"base_rate_train": 0.4}
    log(real, model("prior"), claim=claim)
    figures = log(real, model(), claim=claim).gate["figures"]
    # By hand: a positive stands for 1/4 of a customer, a negative for 3/2.
    test = later().test
    weight = np.where(test.y > 0, 0.25, 1.5)
    p, usual = (
        m.predict(test.features)["probability"].to_numpy()
        for m in (model(), model("prior"))
    )
    gains = np.log(np.where(test.y > 0, p / usual, (1 - p) / (1 - usual)))
    loss_gain = np.average(gains, weights=weight)
    assert figures["log_loss_gain"]["value"] == pytest.approx(loss_gain)
    earned = ((p > 0.4) * 1.0 - (usual > 0.4)) * (10 * test.y - 4)
    profit_gain = np.average(earned, weights=weight)
    assert figures["profit_gain"]["value"] == pytest.approx(profit_gain)


def test_champion_that_cannot_score_today_gives_way(project: Project) -> None:
    log(project, model())
    rows = later()
    features = rows.test.features.drop(columns="wait_s")
    fewer = GateRows(
        replace(rows.test, features=features), rows.newest.drop(columns="wait_s")
    )
    done = log(project, without_wait(), fewer)
    assert done.is_champion
    assert "could not score" in history(project, "repeat")["why"][1]


def without_wait() -> Scorer:
    whole = model("prior")
    codes = tuple(c for c in whole.encoder.codes if c.name != "wait_s")
    return replace(whole, encoder=replace(whole.encoder, codes=codes))


def test_rows_of_the_embargo_are_not_compared_on() -> None:
    rows = later("2025-12-01", embargo_days=40)
    tags = {"ccml.label_rule": RULE, "ccml.train_period": "2025-01-01 to 2025-12-01"}
    found = later_rows(rows, tags, {"label_rule": RULE})
    cutoffs = rows.test.keys["cutoff_at"].iloc[found]
    assert cutoffs.dt.strftime("%Y-%m-%d").unique().tolist() == ["2026-02-01"]


def test_flat_rows_count_only_when_they_are_the_same_test() -> None:
    rows = later()
    keys = rows.test.keys.assign(row_no=range(len(rows.test)))[["row_no"]]
    flat = GateRows(replace(rows.test, keys=keys), rows.newest)
    tags = {"ccml.label_rule": RULE, "ccml.test_rows": flat.mark}
    found = later_rows(flat, tags, {"label_rule": RULE})
    assert len(found) == len(flat.test)
    other = GateRows(replace(flat.test, keys=keys + 1), rows.newest)
    assert "another one" in later_rows(other, tags, {"label_rule": RULE})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"log_loss_gain": UNCLEAR}, "log loss is not better beyond noise"),
        ({"log_loss_gain": LOWER}, "log loss is not better beyond noise"),
        ({"profit_gain": UNCLEAR}, "profit is not better beyond noise"),
        ({"dirty": True}, "uncommitted changes"),
        ({"rolled_back": "2026-01-01"}, "rolled back on 2026-01-01"),
        ({"shadow": None}, "no newest rows"),
        ({"shadow": replace(ALIKE, rank_agreement=0.2)}, "ranking agrees too little"),
        ({"shadow": replace(ALIKE, score_psi=0.6)}, "scores lie elsewhere"),
    ],
)
def test_each_doubt_stops_the_change_and_may_be_overruled(
    changes: dict[str, object], said: str
) -> None:
    verdict = judge(against(**changes), RULES)
    assert not verdict.faults
    assert [text for text in verdict.doubts if said in text]


def test_clearly_better_challenger_meets_no_objection() -> None:
    assert judge(against(), RULES) == replace(
        judge(against(), RULES), faults=(), doubts=()
    )
    assert judge(against(profit_gain=HIGHER), RULES).promote


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {
                "evaluation": {
                    "findings": [{"severity": "error", "sentence": "A leak."}]
                }
            },
            "A leak.",
        ),
        ({"evaluation": {"audit": {"result": "failed"}}}, "audit"),
        ({"not_finite": 3}, "3 of the newest rows get no finite score"),
    ],
)
def test_faults_cannot_be_overruled(changes: dict[str, object], said: str) -> None:
    verdict = judge(against(**changes), RULES)
    assert said in verdict.faults[0]


def test_rules_of_the_config_are_followed() -> None:
    lenient = PromotionConfig(rule="not_worse", allow_dirty=True)
    assert judge(against(log_loss_gain=UNCLEAR, dirty=True), lenient).promote
    assert not judge(against(log_loss_gain=LOWER), lenient).promote
    by_hand = PromotionConfig(automatic=False)
    assert "automatic is false" in judge(against(), by_hand).doubts[0]
    audited = PromotionConfig(accept_unaudited=False)
    assert "not audited" in judge(against(), audited).doubts[0]
    passed = {"audit": {"result": "passed"}}
    assert judge(against(evaluation=passed), audited).promote


def test_first_model_from_uncommitted_changes_is_let_through_and_told() -> None:
    verdict = judge(Evidence({}, dirty=True), RULES)
    assert verdict.promote
    assert verdict.figures["uncommitted_changes"] is True


@pytest.mark.parametrize(
    ("slope", "ratio", "ece", "passes"),
    [
        (1.0, 1.0, 0.05, True),
        (0.5, 1.0, 0.05, False),
        (1.0, 2.0, 0.05, False),
        (0.5, 2.0, 0.001, True),
    ],
)
def test_calibration_is_judged_by_slope_mean_or_chance(
    slope: float, ratio: float, ece: float, passes: bool
) -> None:
    metrics = {
        "calibration_slope": {"value": slope, "low": slope - 0.1, "high": slope + 0.1},
        "mean_probability": {"value": 0.1 * ratio},
        "base_rate": {"value": 0.1, "low": 0.09, "high": 0.11},
        "ece": {"value": ece},
    }
    verdict = judge(Evidence({"metrics": metrics}, ece_noise=0.01), RULES)
    assert verdict.promote == passes


def test_true_probabilities_stay_under_the_noise_of_their_calibration_error() -> None:
    rng = np.random.default_rng(3)
    p = rng.beta(1, 12, 3000)
    limit = ece_noise(p, seed=1)
    edges = np.quantile(p, np.linspace(0, 1, 11)[1:-1])
    number = np.searchsorted(edges, p, side="right")
    below = 0
    for _ in range(100):
        gap = p - (rng.random(len(p)) < p)
        ece = np.abs(np.bincount(number, weights=gap, minlength=10)).sum() / len(p)
        below += ece <= limit
    assert 88 <= below <= 100


def test_shadow_of_a_model_with_itself_is_perfect() -> None:
    p = np.random.default_rng(1).random(2000)
    same = shadow(p, p, 100)
    assert same.rank_agreement == pytest.approx(1)
    assert (same.score_psi, same.top_overlap) == (0, 1)
    turned = shadow(1 - p, p, 100)
    assert turned.rank_agreement == pytest.approx(-1)
    assert turned.top_overlap == 0
    assert shadow(p, np.full(2000, 0.1), 100).score_psi is None


def test_psi_equals_its_sum_by_hand() -> None:
    before = np.arange(100.0)
    now = np.concatenate([np.arange(50.0), np.arange(50.0)])
    # Five tenths hold 0.2 instead of 0.1, five hold the floor of 0.0001.
    by_hand = 5 * (0.1 * np.log(2)) + 5 * ((1e-4 - 0.1) * np.log(1e-4 / 0.1))
    assert psi(before, now) == pytest.approx(by_hand)


def test_verdict_survives_the_registry() -> None:
    verdict = judge(against(dirty=True), RULES)
    assert Verdict.from_text(verdict.to_text()) == verdict
