"""Plain numbers come out as the parser says, or are left to it."""

import ibis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccml.identity.phone_patterns import home_plan, plain_number
from ccml.identity.phones import normalise_phone

REGIONS = ("PL", "US", "DE", "GB", "FR", "IT", "IL", "ES")
digits = st.text("0123456789", min_size=3, max_size=13)
written = st.builds(
    lambda before, first, rest: before + first + rest,
    st.sampled_from(
        ["", "+", "00", "0", "+48", "+1", "+49 ", "(0)", "+44 (0) ", "48", "1"]
    ),
    digits,
    st.sampled_from(["", "-12", " 34", ".5", " ext 3", "/7", ";x"]),
)


def told(backend, texts, region):
    table = backend.create_table(
        "raw_numbers", ibis.memtable({"raw": texts}), overwrite=True
    )
    return plain_number(table.raw, region, 5).to_pyarrow().to_pylist()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    texts=st.lists(written, min_size=50, max_size=50),
    region=st.sampled_from(REGIONS),
)
def test_a_plain_number_is_what_the_parser_makes_of_it(shared_backend, texts, region):
    for text, number in zip(texts, told(shared_backend, texts, region), strict=True):
        if number is not None:
            assert normalise_phone(text, region, 5) == ("ok", number), text


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("600 700 800", "PL", "+48600700800"),
        ("+48600700800", "PL", "+48600700800"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+1 212.555.0123", "US", "+12125550123"),
    ],
)
def test_common_forms_need_no_parser(shared_backend, text, region, number):
    assert told(shared_backend, [text], region) == [number]


@pytest.mark.parametrize(
    "text", ["0049 30 1234567", "266696687", "anonymous", "12345", "sip:a@b", "+48"]
)
def test_all_else_is_left_to_the_parser(shared_backend, text):
    assert told(shared_backend, [text], "PL") == [None]


def test_a_country_without_a_code_of_its_own_has_no_plan():
    assert home_plan("CA") is None
    assert home_plan("PL").code == "48"
