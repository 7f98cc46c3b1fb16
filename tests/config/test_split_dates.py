"""Dates of a split are midnights at the site."""

from datetime import UTC, datetime

import pytest
from builders import config_file

from ccml.config.load import load_config


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        pytest.param("2026-02-01", datetime(2026, 1, 31, 23, tzinfo=UTC), id="winter"),
        pytest.param("2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC), id="summer"),
        pytest.param(
            "2026-02-01T00:00:00Z", datetime(2026, 2, 1, tzinfo=UTC), id="with-zone"
        ),
    ],
)
def test_a_date_without_a_zone_is_a_midnight_at_the_site(tmp_path, written, instant):
    file = config_file(tmp_path)
    split = f"predictors.again.split={{test_from: '{written}'}}"
    config = load_config(file, ["time_zone=Europe/Warsaw", split])
    assert config.predictors["again"].split.test_from == instant
