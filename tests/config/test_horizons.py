import pytest
from builders import config_file

from ccml.config.load import load_config
from ccml.errors import ConfigError

LABEL = "predictors__again__label__horizon_days"


def test_a_list_of_horizons_makes_a_predictor_of_each_in_its_place(tmp_path):
    more = {"predictors__again__title": "Callers", LABEL: [1, 3, 30]}
    config = load_config(config_file(tmp_path, **more))
    assert list(config.predictors) == ["again_1d", "again_3d", "again_30d", "billed"]
    days = [config.predictors[f"again_{d}d"].label.horizon_days for d in (1, 3, 30)]
    assert days == [1, 3, 30]
    assert config.predictors["again_3d"].title == "Callers (3 days)"
    assert config.predictors["again_3d"].label.embargo.days == 3


def test_one_horizon_may_be_set_on_the_command_line(tmp_path):
    file = config_file(tmp_path, **{LABEL: [1, 3]})
    config = load_config(file, ["predictors.again.label.horizon_days=5"])
    assert list(config.predictors) == ["again", "billed"]


def test_a_fault_of_one_horizon_is_told_where_it_was_written(tmp_path):
    file = config_file(tmp_path, **{LABEL: [1, "soon"]})
    line = next(
        number
        for number, text in enumerate(file.read_text().splitlines(), start=1)
        if "horizon_days" in text
    )
    with pytest.raises(ConfigError, match=rf":{line}: .*again_soond.*got 'soon'"):
        load_config(file)


@pytest.mark.parametrize("days", [[7, 7], [7, 14]])
def test_a_name_that_stands_for_two_predictors_is_refused(tmp_path, days):
    other = {"spine": "after_call", "label": {"table": "calls", "horizon_days": 2}}
    file = config_file(tmp_path, **{LABEL: days, "predictors__again_14d": other})
    with pytest.raises(ConfigError, match=r"again_.*stands for two predictors"):
        load_config(file)


def test_what_is_no_predictor_is_left_to_the_other_checks(tmp_path):
    with pytest.raises(ConfigError, match=r"predictors\.again"):
        load_config(config_file(tmp_path, predictors__again=3))
    with pytest.raises(ConfigError, match="horizon_days"):
        load_config(config_file(tmp_path, **{LABEL: []}))
