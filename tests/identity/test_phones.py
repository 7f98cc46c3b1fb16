"""Phone numbers as platforms write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccml.identity.phones import normalise_phone
from ccml.identity.pseudonyms import agent_pseudonym, phone_pseudonym

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("+48 600 700 800", "PL", "+48600700800"),
        ("0048600-700-800", "PL", "+48600700800"),
        ("600.700.800", "PL", "+48600700800"),
        ("48600700800", "PL", "+48600700800"),
        ("tel:+48600700800;ext=5", "PL", "+48600700800"),
        ("(0) 20 7946 0958", "GB", "+442079460958"),
    ],
)
def test_one_number_has_one_form(raw, region, number):
    assert normalise_phone(raw, region, 5) == ("ok", number)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        *((word, "anonymous") for word in ("", " ", "Anonymous", "restricted", "0")),
        *((word, "anonymous") for word in ("Private number", "+266696687", "unknown")),
        (None, "anonymous"),
        ("4711", "internal"),
        ("sip:alice@host;user=phone", "sip"),
        ("alice@host", "sip"),
        ("+48 1", "invalid"),
        ("hello", "invalid"),
        ("123456789012345678", "invalid"),
    ],
)
def test_what_is_no_number_says_why(raw, status):
    assert normalise_phone(raw, "PL", 5) == (status, None)


@given(st.text(max_size=20))
def test_any_text_is_normalised_and_the_form_is_stable(raw):
    status, number = normalise_phone(raw, "PL", 5)
    assert (status == "ok") == (number is not None)
    if number:
        assert normalise_phone(number, "US", 5) == ("ok", number)


def test_three_spellings_give_one_pseudonym():
    spellings = ["+44 7700 900123", "07700900123", "0044 7700-900123"]
    numbers = {normalise_phone(raw, "GB", 5)[1] for raw in spellings}
    assert len(numbers) == 1


def test_pseudonyms_depend_on_the_key_and_the_kind():
    one = phone_pseudonym(KEY, "+48600700800")
    assert len(one) == len("k1:") + 32
    assert one == phone_pseudonym(KEY, "+48600700800")
    assert one != phone_pseudonym(KEY[::-1], "+48600700800")
    assert agent_pseudonym(KEY, "+48600700800")[3:] != one[3:]
