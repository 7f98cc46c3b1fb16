"""The `survival` section of a predictor."""

import pytest
from pydantic import ValidationError

from ccml.config.predictors import PredictorConfig
from ccml.config.survival import SurvivalConfig

SPINE = {"spine": "monthly", "label": {"table": "contracts", "horizon_days": 60}}


def test_usual_settings_cover_three_months():
    asked = PredictorConfig.model_validate(SPINE | {"survival": {}}).survival
    assert asked == SurvivalConfig()
    assert asked.horizons_days == (30, 60, 90)
    assert asked.max_days == 720


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"horizons_days": [45]}, "take 30 or 60"),
        ({"horizons_days": [20]}, "take 30 or 60"),
        ({"horizons_days": [60, 30]}, "must rise"),
        ({"horizons_days": [30, 30]}, "must rise"),
        ({"horizons_days": [90], "max_periods": 2}, "beyond the 60 days"),
        ({"horizons_days": []}, "at least 1 item"),
        ({"horizons_days": [0]}, "not a whole number"),
        ({"period_days": 7}, "take 28 or 35"),
    ],
)
def test_horizons_are_whole_periods_within_what_is_followed(section, told):
    with pytest.raises(ValidationError, match=told):
        SurvivalConfig.model_validate(section)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (
            {"table": "flat", "label": {"column": "left"}, "split": {"kind": "random"}},
            "does not tell when",
        ),
        (
            {**SPINE, "label": {**SPINE["label"], "kind": "inactivity"}},
            "the label has kind 'inactivity'",
        ),
        (
            {**SPINE, "label": {"table": "calls", "horizon_days": 7, "repeats": {}}},
            "the label has repeats",
        ),
        ({**SPINE, "calibration": {"real_base_rate": 0.1}}, "oversampled"),
    ],
)
def test_it_needs_the_time_of_an_event(other, told):
    with pytest.raises(ValidationError, match=told):
        PredictorConfig.model_validate(other | {"survival": {}})
