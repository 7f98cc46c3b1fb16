"""Frames from outside: order, missing, renamed, doubled, further columns, and types."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ccml.errors import DataError
from ccml.predictors.calibrate import Calibrator
from ccml.predictors.encode import fit_encoder
from ccml.predictors.incoming import incoming_frame
from ccml.predictors.scorer import Scorer

ROWS = 60


def raw() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    online = pd.Series(rng.random(ROWS) < 0.5, dtype="boolean")
    online[3] = pd.NA
    return pd.DataFrame(
        {
            "calls_30d": rng.poisson(2, ROWS),
            "wait_s": np.where(
                rng.random(ROWS) < 0.2, np.nan, rng.exponential(60, ROWS)
            ),
            "online": online,
            "tariff": pd.Series(
                rng.choice(["flex", "basic", None], ROWS), dtype="string"
            ),
        }
    )


class SumModel:
    """Adds all encoded columns up, so that each one changes the score."""

    kind = "sum"

    def raw(self, X: pd.DataFrame) -> Any:
        return X.fillna(-7.0).to_numpy() @ np.arange(1.0, X.shape[1] + 1)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    frame = raw()
    y = (np.arange(ROWS) % 3 == 0) * 1.0
    encoder = fit_encoder(frame, y, "predictors.churn")
    return Scorer("churn", encoder, SumModel(), Calibrator())


def scores(scorer: Scorer, frame: Any, **options: bool) -> pd.DataFrame:
    return scorer.predict(incoming_frame(scorer, frame, **options).frame)


def test_frame_as_trained_passes_untouched(scorer: Scorer) -> None:
    frame = raw()
    taken = incoming_frame(scorer, frame, strict=True)
    assert taken.frame is frame
    assert taken.notes == ()


def test_reversed_columns_score_the_same(scorer: Scorer) -> None:
    frame = raw()
    pd.testing.assert_frame_equal(
        scores(scorer, frame[frame.columns[::-1]]), scorer.predict(frame)
    )


def test_values_of_a_json_request_score_the_same(scorer: Scorer) -> None:
    frame = raw()
    records = json.loads(frame.to_json(orient="records", double_precision=15))
    found = scores(scorer, pd.DataFrame(records))
    expected = scorer.predict(frame)
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(calls_30d=f["calls_30d"].astype(str)),
        lambda f: f.assign(calls_30d=f["calls_30d"].astype("float32")),
        lambda f: f.assign(calls_30d=f["calls_30d"].map(Decimal)),
        lambda f: f.assign(online=f["online"].map({True: "true", False: "False"})),
        lambda f: f.assign(online=[None if v is pd.NA else v for v in f["online"]]),
        lambda f: f.assign(online=f["online"].astype("Float64").astype(float)),
        lambda f: f.assign(tariff=[None if v is pd.NA else v for v in f["tariff"]]),
        lambda f: f.assign(tariff=f["tariff"].astype("category")),
        lambda f: f.convert_dtypes(dtype_backend="pyarrow"),
    ],
)  # fmt: skip
def test_other_spellings_of_the_same_values_score_the_same(
    scorer: Scorer, change: Any
) -> None:
    frame = raw()
    pd.testing.assert_frame_equal(scores(scorer, change(frame)), scorer.predict(frame))


def test_column_that_is_wholly_missing_is_missing(scorer: Scorer) -> None:
    frame = raw()
    empty = frame.assign(wait_s=None, online=None, tariff=None)
    as_trained = frame.assign(
        wait_s=np.nan,
        online=pd.Series(pd.NA, index=frame.index, dtype="boolean"),
        tariff=pd.Series(pd.NA, index=frame.index, dtype="string"),
    )
    pd.testing.assert_frame_equal(scores(scorer, empty), scorer.predict(as_trained))


def test_missing_booleans_are_not_false(scorer: Scorer) -> None:
    frame = raw()
    absent = frame.assign(online=None)
    false = frame.assign(online=False)
    assert (scores(scorer, absent) != scores(scorer, false))["raw_score"].all()


def test_missing_columns_are_named(scorer: Scorer) -> None:
    with pytest.raises(DataError, match=r"columns \['online', 'wait_s'\] are missing|"
                       r"columns \['wait_s', 'online'\] are missing"):  # fmt: skip
        incoming_frame(scorer, raw().drop(columns=["online", "wait_s"]))


def test_renamed_column_is_refused_with_both_names(scorer: Scorer) -> None:
    renamed = raw().rename(columns={"calls_30d": "calls_30"})
    with pytest.raises(DataError, match="means 'calls_30d' for 'calls_30'"):
        incoming_frame(scorer, renamed)


def test_doubled_columns_are_named_unless_they_are_not_needed(scorer: Scorer) -> None:
    frame = raw()
    doubled = pd.concat([frame, frame[["wait_s"]] + 1], axis=1)
    with pytest.raises(DataError, match=r"\['wait_s'\] stand more than once"):
        incoming_frame(scorer, doubled)
    harmless = frame.assign(a=1, b=2).rename(columns={"b": "a"})
    pd.testing.assert_frame_equal(scores(scorer, harmless), scorer.predict(frame))


def test_further_columns_are_noted_or_refused_when_strict(scorer: Scorer) -> None:
    frame = raw().assign(customer_id="c1")
    taken = incoming_frame(scorer, frame)
    assert taken.notes == ("Columns ['customer_id'] are not used.",)
    with pytest.raises(DataError, match=r"\['customer_id'\] are no features"):
        incoming_frame(scorer, frame, strict=True)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("calls_30d", ["three", *["1"] * 59], "must hold numbers, got .* 1 of 60 rows"),
        ("calls_30d", [""] * ROWS, "must hold numbers"),
        ("calls_30d", [[1]] * ROWS, "must hold numbers"),
        ("calls_30d", pd.to_datetime(["2026-01-01"] * ROWS), "must hold numbers"),
        ("online", [5] * ROWS, "must hold true, false or nothing"),
        ("online", ["maybe"] * ROWS, "must hold true, false or nothing"),
        ("tariff", [5] * ROWS, "feature 'tariff' must hold texts"),
        ("tariff", [["flex"]] * ROWS, "feature 'tariff' must hold texts"),
    ],
)
def test_wrong_types_are_refused_by_name_without_a_value(
    scorer: Scorer, column: str, values: Any, said: str
) -> None:
    with pytest.raises(DataError, match=said) as refused:
        incoming_frame(scorer, raw().assign(**{column: values}))
    assert not {"three", "maybe", "2026"} & set(str(refused.value).split())


def test_mapping_is_a_frame_and_an_array_is_not(scorer: Scorer) -> None:
    frame = raw()
    as_lists = {name: frame[name].tolist() for name in frame}
    np.testing.assert_array_equal(
        scores(scorer, as_lists).to_numpy(), scorer.predict(frame).to_numpy()
    )
    one = {name: values[0] for name, values in as_lists.items()}
    assert scores(scorer, one)["raw_score"][0] == scorer.predict(frame)["raw_score"][0]
    with pytest.raises(DataError, match="columns with names, got ndarray"):
        incoming_frame(scorer, frame[["wait_s"]].to_numpy())


def test_no_rows_give_no_scores(scorer: Scorer) -> None:
    assert len(scores(scorer, raw().head(0))) == 0


def test_long_lists_of_names_are_cut(scorer: Scorer) -> None:
    wide = raw().assign(**{f"x{i}": 1 for i in range(14)})
    (note,) = incoming_frame(scorer, wide).notes
    assert note.endswith("and 4 more are not used.")
