from dataclasses import replace
from typing import Any

import aging_rows
import numpy as np
import pandas as pd

from ccml.predictors.dataset import TrainingSet, prepare
from ccml.predictors.judgement.learning import SHARES, learning_curve
from ccml.predictors.split import split_rows


def curve(data: TrainingSet, candidate: str = "logistic") -> dict[str, Any] | None:
    settings = aging_rows.config()
    ready = prepare(settings, data, "p")
    split = split_rows(settings, ready, "p")
    return learning_curve(ready, split, candidate, settings, settings.model, "p")


def wide(data: TrainingSet, columns: int) -> TrainingSet:
    """Add columns of noise, so that few rows teach little."""
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(rng.normal(size=(len(data), columns)))
    named = noise.set_axis([f"x{i}" for i in range(columns)], axis=1)
    return replace(data, features=pd.concat([data.features, named], axis=1))


def test_more_rows_pay_where_a_model_still_learns() -> None:
    found = curve(wide(aging_rows.rows(customers=100), 40))
    assert found is not None
    assert found["more_rows"]["pays"]
    assert "would pay" in found["more_rows"]["sentence"]
    losses = [point["log_loss"] for point in found["rows"]]
    assert losses == sorted(losses, reverse=True)
    assert [point["share"] for point in found["rows"]] == list(SHARES)
    assert found["rows"][-1]["behind"]["value"] == 0


def test_more_rows_do_not_pay_where_two_weights_are_known() -> None:
    found = curve(aging_rows.rows(customers=400))
    assert found is not None
    assert found["more_rows"]["pays"] is False
    assert found["longer_history"]["pays"] is False


def test_within_chance_nothing_is_advised() -> None:
    found = curve(aging_rows.rows(customers=30, seed=2), "lightgbm_default")
    assert found is not None
    assert found["longer_history"]["pays"] is None
    assert "cannot be told" in found["longer_history"]["sentence"]


def test_old_rows_that_teach_something_else_are_said_to_harm() -> None:
    found = curve(aging_rows.rows(0.25, customers=300))
    assert found is not None
    assert found["longer_history"]["pays"] is False
    assert "leave old rows out" in found["longer_history"]["sentence"]
    assert [point["months"] for point in found["history"]] == [1, 2, 4, None]
    rows = [point["rows"] for point in found["history"]]
    assert rows == sorted(rows)


def test_the_test_rows_teach_and_judge_nothing() -> None:
    data = aging_rows.rows(customers=100)
    late = (data.keys.cutoff_at >= "2024-11-01").to_numpy()
    turned = replace(data, label=data.label.where(~late, 1 - data.label))
    assert curve(turned) == curve(data)


def test_the_prior_learns_nothing() -> None:
    assert curve(aging_rows.rows(customers=100), "prior") is None
