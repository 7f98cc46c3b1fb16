"""Features that tell the label by themselves, or that nobody could know in time."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import config_file, config_values

from ccml.config.project import ProjectConfig
from ccml.errors import ConfigError
from ccml.features.audit import alone, leaks
from ccml.features.audit.finding import FAILS, HOLDS, LOOK
from ccml.project import Project
from ccml.reports.summary import summarise

ROWS = 400
LABEL = pd.Series(([0, 1, 0, 0] * ROWS)[:ROWS])


def config(**changes):
    return ProjectConfig.model_validate(config_values(**changes))


def verdicts(found):
    return {finding.about: finding.verdict for finding in found}


def of_columns(spine, **changes):
    project = SimpleNamespace(config=config(**changes))
    case = SimpleNamespace(project=project, sample=SimpleNamespace(spine=spine))
    return leaks.check_columns(case)


@pytest.mark.parametrize(
    ("values", "auc"),
    [
        (LABEL * 3.0, 1.0),
        (LABEL * -3.0, 1.0),
        (LABEL == 1, 1.0),
        (LABEL.map({0: None, 1: 12.5}), 1.0),
        (LABEL.map({0: "stays", 1: "cancelled"}), 1.0),
        (LABEL.map({0: None, 1: "2025-03-01"}), 1.0),
        (pd.Series(5.0, range(ROWS)), 0.5),
        (pd.Series(None, range(ROWS), dtype="float64"), 0.5),
        (pd.Series([f"customer {i}" for i in range(ROWS)]), 0.5),
    ],
    ids=[
        "number", "reversed", "flag", "only when positive", "text", "date as text",
        "constant", "empty", "key",
    ],
)  # fmt: skip
def test_a_feature_is_judged_by_how_it_ranks_the_label_alone(values, auc):
    assert alone.single_auc(values, LABEL.to_numpy(float)) == pytest.approx(auc)


def test_noise_ranks_nothing():
    dice = np.random.default_rng(3)
    noise = pd.Series(dice.normal(size=ROWS))
    words = pd.Series(dice.choice(list("abcdefgh"), ROWS))
    for values in (noise, words):
        assert alone.single_auc(values, LABEL.to_numpy(float)) < 0.6


def test_a_class_of_a_few_rows_gives_no_verdict():
    few = pd.Series([1] * 5 + [0] * 300)
    features = pd.DataFrame({"same": few * 1.0})
    assert np.isnan(alone.single_auc(features.same, few.to_numpy(float)))
    found = leaks.leaks_of_label(features, few, config())
    assert verdicts(found) == {"same": HOLDS}


def test_a_perfect_feature_fails_unless_it_is_accepted():
    features = pd.DataFrame({"is_churned_now": LABEL * 1.0, "age": range(ROWS)})
    found = leaks.leaks_of_label(features, LABEL, config())
    assert verdicts(found) == {"is_churned_now": FAILS, "age": HOLDS}
    assert "AUC of 1.000, above 0.95" in found[0].detail
    accepted = config(audit={"accepted": ["is_churned_now"]})
    assert verdicts(leaks.leaks_of_label(features, LABEL, accepted)) == {
        "is_churned_now": LOOK,
        "age": HOLDS,
    }
    named = leaks.by_predictor("churn", found)
    assert [f.about for f in named] == ["churn: is_churned_now", "churn: age"]


def test_columns_of_a_calls_end_are_refused_at_its_start():
    own = ["direction", "reason", "wait_s", "talk_s", "disposition", "ended_at", "csat"]
    before = {"each": "calls", "at": "started_at", "own": own}
    found = verdicts(of_columns("before_call", spines__before_call=before))
    assert found["this_direction"] == HOLDS
    late = {f"this_{column}" for column in own[1:]}
    assert {about for about, verdict in found.items() if verdict == FAILS} == late
    after = {**before, "at": "ended_at"}
    found = verdicts(of_columns("after", spines__after=after))
    assert found["this_talk_s"] == HOLDS
    assert found["this_csat"] == found["this_disposition"] == LOOK
    assert FAILS not in found.values()


def test_names_that_tell_the_end_and_todays_state_ask_for_a_look():
    found = of_columns(
        "monthly",
        sources__customers={
            "path": "c.csv",
            "attributes": ["tariff", "cancelled_on"],
            "current_only": True,
            "i_know_this_leaks": True,
        },
        features__attributes=["tariff", "cancelled_on"],
    )
    assert {(f.check, f.about) for f in found if f.verdict == LOOK} == {
        (leaks.TODAY, "tariff"),
        (leaks.TODAY, "cancelled_on"),
        (leaks.ENDS, "cancelled_on"),
    }


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"features__attributes": ["tariff"]}, "features.attributes"),
        ({"features__ages": ["tariff"]}, "features.ages"),
        ({"spines__basic__where": "tariff = 'basic'"}, "spines.basic.where"),
    ],
)
def test_todays_state_is_refused_wherever_it_is_asked_for(tmp_path, changes, place):
    usual = {"features__attributes": [], "spines__basic__where": None}
    file = config_file(
        tmp_path, sources__customers__current_only=True, **{**usual, **changes}
    )
    with pytest.raises(ConfigError, match=f"{place}: .*would leak the future"):
        Project.open(file)


def test_the_reports_first_page_says_that_a_leak_was_accepted():
    def notes(**customers):
        changes = {
            f"sources__customers__{key}": value for key, value in customers.items()
        }
        data = SimpleNamespace(
            config=config(notes=["Made up."], **changes),
            calls_period=(None, None),
            sources=pd.DataFrame(columns=["source", "rows_in", "rows_kept"]),
            segments=None,
            predictors={},
            lists={},
        )
        return summarise(data).notes

    assert notes() == ("Made up.",)
    warning, note = notes(current_only=True, i_know_this_leaks=True)
    assert "i_know_this_leaks" in warning
    assert "tariff, fee_eur, joined_on" in warning
    assert note == "Made up."
