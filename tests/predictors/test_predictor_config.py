from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from ccml.config.labels import ColumnLabelConfig, EventLabelConfig
from ccml.config.predictors import PredictorConfig

EVENT = {"table": "contracts", "gap_days": 7, "horizon_days": 60, "settle_days": 3}
COLUMN = {"column": "Churn"}


def test_a_date_means_midnight_utc_and_an_offset_is_kept() -> None:
    split = {"test_from": "2026-01-01", "test_until": "2026-02-01T00:00:00+01:00"}
    config = PredictorConfig.model_validate(
        {"spine": "monthly", "label": EVENT, "split": split}
    )
    assert config.split.test_from == datetime(2026, 1, 1, tzinfo=UTC)
    assert config.split.test_until == datetime(2026, 1, 31, 23, tzinfo=UTC)


def test_the_embargo_lasts_until_the_label_is_known() -> None:
    assert EventLabelConfig.model_validate(EVENT).embargo == timedelta(days=70)


def test_the_label_is_told_apart_by_its_keys() -> None:
    flat = PredictorConfig.model_validate(
        {"table": "t", "label": COLUMN, "split": {"kind": "random"}}
    )
    again = PredictorConfig.model_validate(flat.model_dump())
    assert isinstance(again.label, ColumnLabelConfig)
    assert again == PredictorConfig(table="t", label=flat.label, split=flat.split)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        pytest.param({"label": EVENT}, "exactly one of", id="no-rows"),
        pytest.param(
            {"spine": "s", "table": "t", "label": EVENT}, "exactly one", id="both"
        ),
        pytest.param({"spine": "s", "label": COLUMN}, "horizon_days", id="spine-label"),
        pytest.param({"table": "t", "label": EVENT}, "`column`", id="flat-label"),
        pytest.param({"table": "t", "label": COLUMN}, "no cutoffs", id="flat-time"),
        pytest.param(
            {"spine": "s", "label": EVENT, "split": {"kind": "random"}},
            "needs split.kind 'time'",
            id="spine-random",
        ),
        pytest.param(
            {
                "table": "t",
                "label": COLUMN,
                "split": {"kind": "random", "test_from": "2026-01-01"},
            },
            "use test_share",
            id="random-dates",
        ),
        pytest.param(
            {"spine": "s", "label": EVENT, "split": {"test_until": "2026-01-01"}},
            "needs test_from",
            id="until-alone",
        ),
        pytest.param(
            {
                "spine": "s",
                "label": EVENT,
                "split": {"test_from": "2026-01-01", "test_until": "2026-01-01"},
            },
            "must be later",
            id="empty-test",
        ),
        pytest.param({"spine": "s", "label": {"tabel": "x"}}, "tabel", id="typo"),
    ],
)
def test_a_section_that_contradicts_itself_is_refused(
    values: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValidationError, match=match):
        PredictorConfig.model_validate(values)
