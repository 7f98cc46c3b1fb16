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
        match=r"yaml:\d+: predictors\.late\.label\.where: bills has no column 'kin'\. "
        r"Did you mean 'kind'\?",
    ):
        loaded(tmp_path, where="kin = 'late'")


def test_a_text_without_quotes_is_told_how_to_write_it(tmp_path):
    with pytest.raises(ConfigError, match="no column 'late'.*in single quotes"):
        loaded(tmp_path, where="kind = late")


def test_declared_columns_may_be_asked_for(tmp_path):
    config = loaded(tmp_path, where="Kind = 'late' and event_id is not null")
    assert list(config.predictors) == ["late"]
