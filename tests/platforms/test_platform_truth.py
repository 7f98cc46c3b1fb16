"""Each platform's export of the made-up company gives its calls again."""

import pandas as pd
import pytest
from told_cases import CASES, IN_ANY_ORDER, WITH_REASONS, WITH_TALK
from truth import counts, differences, in_two_steps, read_calls, talk_of_legs


def on(names):
    """Run a test on the company of these platforms."""
    return pytest.mark.parametrize("prepared", names, indirect=True, scope="session")


@on(CASES)
def test_calls_equal_the_truth(prepared):
    assert differences(prepared.calls, prepared.case) == {}


@on(CASES)
def test_every_row_is_kept_or_set_aside(prepared):
    rows_in, kept, aside = counts(prepared.opened)
    assert rows_in == prepared.rows == kept + aside > 0


@on(WITH_TALK)
def test_the_legs_talk_as_long_as_the_truth(prepared):
    assert talk_of_legs(prepared.opened) == prepared.case.talk(prepared.case) > 0


@on(WITH_REASONS)
def test_rows_are_set_aside_for_known_reasons(prepared):
    reasons = set(prepared.opened.store.frame("quarantine__calls").reason)
    assert reasons == prepared.case.reasons


@pytest.mark.slow
@on(IN_ANY_ORDER)
def test_the_order_of_files_and_later_files_change_nothing(
    prepared, shared_backend, tmp_path
):
    again = in_two_steps(shared_backend, tmp_path, prepared.case)
    changing = ["source_file"]
    pd.testing.assert_frame_equal(
        again.drop(columns=changing), prepared.calls.drop(columns=changing)
    )
    assert read_calls(prepared.opened).equals(prepared.calls)
