"""Contracts: ranges, counts that must add up, and a limit of bad rows."""

import pytest

from ccml.config.table_columns import CALL_COLUMNS
from ccml.contracts.calls import CALLS
from ccml.contracts.schema import is_harmless
from ccml.contracts.split import require_quality
from ccml.contracts.summary import summary_counts, summary_frame
from ccml.errors import DataError


def test_the_config_names_columns_that_calls_have():
    raw_only = {
        "customer_phone",
        "customer_phone_outbound",
        "dialed_number",
        "click_id",
    }
    assert set(CALL_COLUMNS) - raw_only <= set(CALLS.names)


def test_a_lost_row_is_found_out():
    with pytest.raises(AssertionError, match="10 rows in, 8 kept"):
        summary_frame("calls", 10, 8, {"missing call_id": 1})


def test_a_summary_reads_back_as_it_was_written():
    frame = summary_frame("calls", 10, 8, {"bad": 2}, {"clipped": 3, "never": 0})
    assert summary_counts(frame) == {
        "rows_in": 10,
        "rows_kept": 8,
        "set_aside": {"bad": 2},
        "notes": {"clipped": 3},
    }


@pytest.mark.parametrize(
    ("reasons", "share"),
    [
        ({"duplicate": 9}, 0.0),
        ({"older copy of the same call": 9, "phantom": 1}, 0.0),
        ({"negative talk_s": 1}, 0.1),
    ],
)
def test_copies_and_a_few_bad_rows_are_no_reason_to_stop(reasons, share):
    require_quality(10, reasons, share, "sources.calls")


def test_more_bad_rows_than_allowed_stop():
    reasons = {"negative talk_s": 1, "duplicate": 5}
    with pytest.raises(DataError, match=r"1 of 10 rows .*negative talk_s: 1\)"):
        require_quality(10, reasons, 0.09, "sources.calls")


def test_only_copies_and_phantoms_are_harmless():
    reasons = ["duplicate", "duplicate row", "phantom", "older copy of the same row"]
    assert all(is_harmless(reason) for reason in reasons)
    assert not is_harmless("missing call_id")
