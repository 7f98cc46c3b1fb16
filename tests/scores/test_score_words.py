import json
import re

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccml.scores.bands import BANDS, band
from ccml.scores.reasons import MIN_EFFECT, Explainer
from ccml.scores.sentences import TEMPLATES, FeatureInfo, sentence, unknown_feature
from ccml.scores.values import value_words

CAUSAL = re.compile(r"\b(because|causes?|caused|due to|leads? to|makes?|effect)\b")


def info(statistic: str, meaning: str, unit: str = "count") -> FeatureInfo:
    return FeatureInfo("f", statistic, meaning, unit, "family")


CALLS = info("count", "calls in the last 30 days")
WAIT = info("mean", "average wait in 90 days", "seconds")
LAST = info("recency", "days since the last call", "days")
TARIFF = info("attribute", "tariff", "value")


HOUR = info("calendar", "weekday of the moment", "weekday")
JOINED = info("days_since", "days since joined on", "days")
KNOWN = info("known", "days known", "days")
LATE = info("sum", "total late days in 90 days", "days")
FEE = info("attribute", "monthly fee", "EUR")
FIRST = info("first", "days since the first bill", "days")
TRANSFERRED = info("true", "calls transferred in 7 days")
WAITED = "average wait in 90 days"


@pytest.mark.parametrize(
    ("feature", "value", "usual", "said"),
    [
        (CALLS, 6, 1.0, "6 calls in the last 30 days (usual: 1)"),
        (CALLS, 1, 3.0, "1 call in the last 30 days (usual: 3)"),
        (CALLS, 0, 1.5, "no calls in the last 30 days (usual: 1.5)"),
        (CALLS, None, None, "number of calls in the last 30 days: not known"),
        (CALLS, 1234, None, "1,234 calls in the last 30 days"),
        (WAIT, 200.4, 45.0, f"{WAITED}: 3 min 20 s (usual: 45 s)"),
        (WAIT, None, 45.0, f"{WAITED}: nothing to measure (usual: 45 s)"),
        (LAST, 3.2, 20.0, "last call 3 days ago (usual: 20 days)"),
        (LAST, 0.4, 20.0, "last call less than a day ago (usual: 20 days)"),
        (LAST, None, 20.0, "last call: none on record (usual: 20 days)"),
        (FIRST, 1.0, None, "first bill 1 day ago"),
        (JOINED, -4.0, None, "joined on: in 4 days"),
        (JOINED, None, None, "joined on: not known"),
        (KNOWN, 300.0, 800.0, "customer for 300 days (usual: 800 days)"),
        (KNOWN, None, None, "not known since when a customer"),
        (TARIFF, "flex", "basic", "tariff is flex (most often: basic)"),
        (TARIFF, None, "basic", "tariff not known (most often: basic)"),
        (TARIFF, True, False, "tariff: yes (most often: no)"),
        (FEE, -3.5, 25.0, "monthly fee: -3.50 EUR (usual: 25.00 EUR)"),
        (HOUR, 2.0, None, "weekday of the moment: Wednesday"),
        (HOUR, 9.0, None, "weekday of the moment: 9"),
        (LATE, 1.0, 0.0, "total late days in 90 days: 1 day (usual: 0 days)"),
        (TRANSFERRED, 1, 0.0, "1 call transferred in 7 days (usual: 0)"),
        (unknown_feature("own_col"), 2.25, None, "own col: 2.25"),
    ],
)
def test_sentence(
    feature: FeatureInfo, value: object, usual: object, said: str
) -> None:
    assert sentence(feature, value, usual) == said


@given(
    st.sampled_from([*TEMPLATES, "attribute", "own", "last", "calendar"]),
    st.sampled_from(["count", "seconds", "days", "EUR", "minutes", "weekday", "value"]),
    st.one_of(st.none(), st.floats(-1e9, 1e9), st.integers(-10, 10), st.just(np.nan)),
    st.one_of(st.none(), st.floats(-1e9, 1e9)),
)
def test_every_value_has_a_sentence_without_causes(
    statistic: str, unit: str, value: float | None, usual: float | None
) -> None:
    feature = info(statistic, "days since the last call", unit)
    said = sentence(feature, value, usual)
    assert said.strip()
    assert "nan" not in said
    assert not CAUSAL.search(said)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (59.6, "seconds", "1 min"),
        (3660.0, "seconds", "1 h 1 min"),
        (7200.0, "seconds", "2 h"),
        (-90.0, "seconds", "-1 min 30 s"),
        (12.345, "value", "12.3"),
        (0.5, "minutes", "0.5 min"),
        (123.456, "value", "123"),
        (-1.0, "days", "-1 days"),
        (False, "value", "no"),
        (None, "EUR", "not known"),
    ],
)
def test_values_are_written_as_people_do(value: object, unit: str, words: str) -> None:
    assert value_words(value, unit) == words


def explainer(**changes: object) -> Explainer:
    counts = {"calls_30d": "calls in 30 days", "calls_90d": "calls in 90 days"}
    infos = {
        name: FeatureInfo(name, "count", meaning, "count", "calls")
        for name, meaning in counts.items()
    }
    infos["tariff"] = FeatureInfo("tariff", "attribute", "tariff", "value", "tariff")
    values: dict[str, object] = {
        "features": ("calls_30d", "calls_90d", "tariff", "x"),
        "infos": infos,
        "usual": {"calls_30d": 1.0, "calls_90d": 2.0, "tariff": "basic"},
    }
    return Explainer(**(values | changes))  # type: ignore[arg-type]


FRAME = pd.DataFrame(
    {
        "calls_30d": [6, 0],
        "calls_90d": [7, 1],
        "tariff": ["flex", None],
        "x": [1.5, 2.0],
    }
)


def reasons(
    parts: list[list[float]], **changes: object
) -> list[list[dict[str, object]]]:
    made = explainer(**changes).explain(FRAME, np.array(parts))
    return [json.loads(text) for text in made]


def test_families_are_summed_and_their_strongest_feature_speaks() -> None:
    first, second = reasons([[0.5, 0.4, 0.7, -0.2], [-0.1, -0.3, 0.0, 0.02]])
    assert [(r["feature"], r["direction"], r["effect"]) for r in first] == [
        ("calls_30d", "up", 0.9),
        ("tariff", "up", 0.7),
        ("x", "down", -0.2),
    ]
    assert first[0]["sentence"] == "6 calls in 30 days (usual: 1)"
    assert first[0]["value"] == 6
    assert first[0]["usual"] == 1
    assert [(r["feature"], r["direction"]) for r in second] == [("calls_90d", "down")]


def test_opposed_parts_of_a_family_cancel() -> None:
    first, _ = reasons([[0.5, -0.5, 0.0, 0.0], [0.0] * 4])
    assert first == []


def test_no_more_reasons_than_asked_for() -> None:
    parts = [[1.0, 0.0, 0.8, 0.6], [-1.0, 0.0, -0.8, -0.6]]
    first, second = reasons(parts, up=2, down=1)
    assert [r["feature"] for r in first] == ["calls_30d", "tariff"]
    assert [r["feature"] for r in second] == ["calls_30d"]
    assert second[0]["effect"] == -1.0


def test_silent_features_give_no_reason() -> None:
    first, _ = reasons(
        [[1.0, 1.0, 1.0, 1.0]] * 2, silent={"calls_30d", "calls_90d", "x"}
    )
    assert [r["feature"] for r in first] == ["tariff"]
    everything = {"calls_30d", "calls_90d", "x", "tariff"}
    assert reasons([[1.0] * 4] * 2, silent=everything) == [[], []]


def test_effects_too_small_to_matter_are_no_reason() -> None:
    first, second = reasons([[0, 0, MIN_EFFECT, 0], [0, 0, MIN_EFFECT * 0.99, 0]])
    assert [r["feature"] for r in first] == ["tariff"]
    assert second == []


def test_features_never_told_count_in_their_family() -> None:
    parts = [[0.5, 0.4, 0.1, 0.0], [0.5, -0.2, 0.1, 0.0]]
    first, second = reasons(parts, never={"calls_30d"})
    assert [(r["feature"], r["effect"]) for r in first] == [
        ("calls_90d", 0.9),
        ("tariff", 0.1),
    ]
    # In the second row nothing that may be told raises the family.
    assert [r["feature"] for r in second] == ["tariff"]
    nobody = reasons(parts, never={"calls_30d", "calls_90d", "tariff", "x"})
    assert nobody == [[], []]


def test_families_that_never_speak_take_no_place_of_others() -> None:
    parts = [[0.9, 0.0, 0.5, 0.3]] * 2
    first, _ = reasons(parts, never={"calls_30d", "calls_90d"}, up=2)
    assert [r["feature"] for r in first] == ["tariff", "x"]


def test_correlated_features_are_told_as_one() -> None:
    groups = {"calls_90d": "calls_90d", "x": "calls_90d", "gone": "calls_90d"}
    first, _ = reasons([[0.2, 0.1, 0.25, 0.3], [0.0] * 4], groups=groups)
    assert [(r["feature"], r["effect"]) for r in first] == [
        ("x", 0.6),
        ("tariff", 0.25),
    ]


VALUES = {
    "calls_30d": st.integers(0, 3),
    "calls_90d": st.one_of(st.none(), st.floats(-1e6, 1e6)),
    "tariff": st.sampled_from(["flex", 'a "b"', "\u00fcber", None]),
    "x": st.booleans(),
}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=6),
    st.integers(0, 2**32 - 1),
)
def test_many_rows_say_what_each_says_alone(
    rows: list[dict[str, object]], seed: int
) -> None:
    frame = pd.DataFrame(rows).astype({"tariff": "string"})
    parts = np.random.default_rng(seed).normal(size=(len(rows), 4)) * 0.4
    speaker = explainer()
    together = speaker.explain(frame, parts)
    for i, text in enumerate(together):
        alone = speaker.explain(frame.iloc[[i]], parts[[i]])
        assert json.loads(text) == json.loads(alone[0])
        assert json.dumps(json.loads(text), ensure_ascii=False) == text
        for reason in json.loads(text):
            value = frame[reason["feature"]].iloc[i]
            assert reason["value"] == (None if pd.isna(value) else value)


def test_no_rows_have_no_reasons() -> None:
    assert explainer().explain(FRAME.iloc[:0], np.zeros((0, 4))) == []


def words(probabilities: list[float]) -> list[str]:
    table = ibis.memtable(pd.DataFrame({"p": probabilities}))
    made = table.mutate(band=band(table.p, float(np.mean(probabilities))))
    return list(made.to_pandas()["band"])


def test_bands_compare_odds_with_the_average() -> None:
    # mean .2: average odds .25; very high from odds 1, high from .5, medium from 1/6.
    found = words([0.51, 0.34, 0.15, 0.14, 0.0, 0.06, 0.2, 0.2])
    assert found[:5] == ["very high", "high", "medium", "low", "low"]


def test_model_that_knows_nothing_calls_everybody_medium() -> None:
    for probability in (0.001, 0.1, 0.31, 0.9):
        assert set(words([probability] * 7)) == {"medium"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_bands_never_fall_with_the_probability(probabilities: list[float]) -> None:
    found = words(sorted(probabilities))
    places = [BANDS.index(word) for word in found]
    assert places == sorted(places, reverse=True)
