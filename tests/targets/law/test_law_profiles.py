"""The profiles of configs/contact_law, and what a profile may say."""

import pytest
from law_profiles import FILES, PROFILES
from pydantic import ValidationError

from ccml.config.contact_law import CallingHours


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_profile_says_first_that_counsel_has_to_check_it(file):
    first = file.read_text().splitlines()[0]
    assert first.startswith("# Settings to be checked by counsel before use, not legal")


def test_every_file_holds_the_profile_it_is_named_after():
    assert sorted(PROFILES) == [file.stem for file in FILES]
    assert {law.country for law in PROFILES.values()} >= {"US", "GB", "FR", "DE"}


def test_every_profile_says_how_sure_its_rules_are():
    marks = ("(documented)", "(unconfirmed)", "assumption")
    for law in PROFILES.values():
        assert all(any(mark in text for mark in marks) for text in law.sources)


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        ("20:00", "08:00", "is not before"),
        ("08:00", "08:00", "is not before"),
        ("8:00", "20:00", "no time of day"),
        ("08:00", "24:30", "no time of day"),
    ],
)
def test_hours_that_are_none_are_refused(begin, end, words):
    with pytest.raises(ValidationError, match=words):
        CallingHours(days=["mon"], begin=begin, end=end)
