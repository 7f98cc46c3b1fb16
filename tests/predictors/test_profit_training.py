import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from ccml.config.predictors import PredictorConfig
from ccml.errors import ConfigError, DataError
from ccml.predictors.dataset import TrainingSet
from ccml.predictors.train import train
from ccml.tracking.records import metric_values

Config = Callable[..., PredictorConfig]
Maker = Callable[..., TrainingSet]


def trained(config: PredictorConfig, data: TrainingSet) -> dict[str, Any]:
    sigmoid = config.calibration.model_copy(update={"kind": "sigmoid"})
    config = config.model_copy(update={"calibration": sigmoid})
    found = train(
        config, data, name="churn", study_storage=None, progress=lambda _: None
    )
    evaluation: dict[str, Any] = json.loads(
        json.dumps(found.evaluation, allow_nan=False)
    )
    return evaluation


def test_a_predictor_is_judged_in_money(spine_config: Config, spine_set: Maker) -> None:
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 8}
    evaluation = trained(spine_config(profit=payoff | {"capacity": 20}), spine_set())
    found = evaluation["profit"]
    assert not found["nobody"]
    assert 0 < found["decision"]["contacts"] <= 20 * found["decision"]["periods"]
    assert found["decision"]["profit"]["low"] > 0
    assert found["promised"]["profit"]["low"] > 0
    assert found["threshold"]["probability"] == pytest.approx(0.4)
    assert set(found["candidates"]) == set(evaluation["baselines"])
    own = found["candidates"][evaluation["recommended"]]
    assert own["profit"] == found["decision"]["profit"]
    assert own["difference"]["value"] == 0
    assert found["candidates"]["prior"]["nobody"]
    assert found["sentence"].startswith("Contacting ")
    assert "works on at least" in found["sentence"]
    metrics = dict(metric_values(evaluation))
    assert metrics["profit.expected"] == found["decision"]["profit"]["value"]
    assert metrics["profit.expected_low"] == found["decision"]["profit"]["low"]
    assert metrics["profit.empc"] == found["empc"]["value"]


def test_a_payoff_that_nothing_pays_advises_nobody(
    spine_config: Config, spine_set: Maker
) -> None:
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 19}
    evaluation = trained(spine_config(profit=payoff), spine_set(weeks=16))
    found = evaluation["profit"]
    assert found["nobody"]
    assert found["decision"]["contacts"] == found["decision"]["profit"]["value"] == 0
    assert "Contact nobody" in found["sentence"]
    checks = {f["check"]: f["severity"] for f in evaluation["findings"]}
    assert checks["contact_nobody"] == "warning"


def test_a_flat_table_is_judged_in_money_by_own_values(
    flat_config: Config, flat_set: Maker
) -> None:
    data = flat_set(800)
    fee = pd.Series(np.random.default_rng(1).choice([1.0, 50.0], 800))
    data = replace(data, features=data.features.assign(fee=fee))
    payoff = {"value_column": "fee", "value_factor": 12, "cost_per_contact_eur": 30}
    found = trained(flat_config(profit=payoff), data)["profit"]
    dear = found["decision"]["contacts"]
    assert found["threshold"]["probability"] is None
    # A fee of 1 never earns what a contact costs.
    assert 0 < dear <= (fee == 50).sum()
    assert "expected to earn" in found["sentence"]
    assert found["value_mean"] == pytest.approx(12 * 25.5, rel=0.15)


def test_oversampled_rows_count_as_often_as_in_reality(
    spine_config: Config, spine_set: Maker
) -> None:
    """Each positive stands for fewer customers, so fewer contacts pay."""
    payoff = {"value_eur": 100, "success_rate": 0.2, "cost_per_contact_eur": 6}
    real = {"kind": "sigmoid", "real_base_rate": 0.1}
    as_drawn = trained(spine_config(profit=payoff), spine_set())["profit"]
    config = spine_config(profit=payoff, calibration=real)
    found = trained(config, spine_set())["profit"]
    assert found["decision"]["contacts"] < as_drawn["decision"]["contacts"]
    everybody = found["everybody"]
    share = everybody["positives"] / everybody["rows"]
    assert share == pytest.approx(0.1, abs=0.02)
    each = everybody["profit"]["value"] / everybody["rows"]
    assert each == pytest.approx(share * 20 - 6, abs=0.05)
    assert found["curve"][-1]["profit"] == pytest.approx(everybody["profit"]["value"])
    assert found["empc"] == {"value": None, "share": None}


def test_a_capacity_does_not_fit_oversampled_rows(spine_config: Config) -> None:
    with pytest.raises(ValidationError, match="take one of them out"):
        spine_config(
            profit={"value_eur": 1, "capacity": 5}, calibration={"real_base_rate": 0.1}
        )


def test_without_a_payoff_nothing_is_said_of_money(
    spine_config: Config, spine_set: Maker
) -> None:
    evaluation = trained(spine_config(), spine_set(weeks=16))
    assert "profit" not in evaluation
    assert not [key for key, _ in metric_values(evaluation) if "profit" in key]


@pytest.mark.parametrize(
    ("column", "error", "match"),
    [
        pytest.param("cals", ConfigError, "Did you mean 'calls'", id="unknown"),
        pytest.param("tariff", DataError, "must hold numbers", id="text"),
    ],
)
def test_a_value_column_must_be_a_number_that_is_there(
    spine_config: Config,
    spine_set: Maker,
    column: str,
    error: type[Exception],
    match: str,
) -> None:
    data = spine_set()
    data = replace(data, features=data.features.assign(tariff="a"))
    config = spine_config(profit={"value_column": column})
    with pytest.raises(error, match=match):
        trained(config, data)
