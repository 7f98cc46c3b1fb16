"""A label's columns and dates are checked before anything is read."""

import pytest
from builders import config_file

from ccml.config.load import load_config
from ccml.config.questions import date_faults
from ccml.errors import ConfigError

LABEL = {"table": "bills", "where": "kind = 'late'", "horizon_days": 30}


def loaded(folder, **changes):
    bills = {"path": "b.csv", "id": "i", "event_at": "t", "categories": ["kind"]}
    return load_config(
        config_file(
            folder,
            sources__events={"bills": bills},
            features__tables={},
            segments=None,
            predictors={"late": {"spine": "monthly", "label": LABEL | changes}},
        )
    )


def test_a_column_that_the_event_table_lacks_is_named_with_its_line(tmp_path):
    with pytest.raises(
        ConfigError,
        match=r"yaml:\d+: predictors\.late\.label\.where: no column named 'kin' "
        r"in bills\. Did you mean 'kind'\?",
    ):
        loaded(tmp_path, where="kin = 'late'")


def test_a_text_without_quotes_is_told_how_to_write_it(tmp_path):
    with pytest.raises(
        ConfigError, match=r"no column named 'late' in bills.*in single quotes"
    ):
        loaded(tmp_path, where="kind = late")


def test_declared_columns_may_be_asked_for(tmp_path):
    config = loaded(tmp_path, where="Kind = 'late' and event_id is not null")
    assert list(config.predictors) == ["late"]


def with_dates(folder, test_from=None, first="2025-03-01", **label):
    until = "2025-07-01T00:00:00+02:00"
    return load_config(
        config_file(
            folder,
            data_until=until,
            sources__events={"bills": {"path": "b.csv", "id": "i", "event_at": "t"}},
            features__tables={},
            segments=None,
            spines={"monthly": {"every": "month", "first": first}},
            predictors={
                "late": {
                    "spine": "monthly",
                    "label": {"table": "bills", "horizon_days": 30, **label},
                    "split": {"test_from": test_from} if test_from else {},
                }
            },
        )
    )


def test_a_horizon_longer_than_the_data_is_told_with_both_lengths(tmp_path):
    (fault,) = date_faults(with_dates(tmp_path, horizon_days=200, settle_days=3))
    assert fault.startswith("predictors.late.label.horizon_days: got 200;")
    assert "203 days after its cutoff" in fault
    assert "there are 121 days" in fault


def test_a_test_without_known_labels_is_told_the_last_date(tmp_path):
    (fault,) = date_faults(with_dates(tmp_path, test_from="2025-06-02"))
    assert fault.startswith("predictors.late.split.test_from: got 2025-06-02;")
    assert "2025-06-01 is the last cutoff" in fault
    assert not list(date_faults(with_dates(tmp_path, test_from="2025-06-01")))


def test_without_a_first_cutoff_or_with_room_nothing_is_said(tmp_path):
    assert not list(date_faults(with_dates(tmp_path)))
    assert not list(date_faults(with_dates(tmp_path, first=None, horizon_days=900)))


def test_keys_that_are_indented_too_little_are_told_so(tmp_path):
    with pytest.raises(
        ConfigError, match=r"predictors\.late: nothing stands below it; .*further in"
    ):
        load_config(config_file(tmp_path, predictors={"late": None}))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("spines__monthly__first", "1.3.2025", "write a date such as 2026-02-01"),
        ("features__top_values", "5x", "give a whole number, without a unit"),
    ],
)
def test_what_to_write_is_told_in_plain_words(tmp_path, path, value, told):
    with pytest.raises(ConfigError, match=f"got '{value}'; {told}"):
        load_config(config_file(tmp_path, **{path: value}))
