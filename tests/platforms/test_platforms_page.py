"""The page of platforms says what the readers say, and leaves no column open."""

import importlib.util
from pathlib import Path

import pytest

from ccml.contracts.calls import CALLS
from ccml.sources.platforms.registry import FOLDING, find_platform

SCRIPT = Path(__file__).parents[2] / "scripts" / "platforms_page.py"


@pytest.fixture(scope="module")
def writer():
    spec = importlib.util.spec_from_file_location("platforms_page", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_readers_say(writer):
    stored = writer.PAGE.read_text("utf-8")
    assert stored == writer.page(), "run `python scripts/platforms_page.py`"


@pytest.mark.parametrize("reader", FOLDING)
def test_what_a_reader_gives_are_columns_of_calls(writer, reader):
    platform = find_platform(reader)
    known = {writer.RAW.get(name, name) for name in CALLS.names} | set(CALLS.names)
    assert platform.gives
    assert not set(platform.gives) - known
    assert not set(platform.gaps) - known
    assert all(len(reason.split()) > 2 for reason in platform.gaps.values())


@pytest.mark.parametrize("reader", FOLDING)
def test_every_assumption_is_a_switch(reader):
    from ccml.config.switches import Switches

    for fact in find_platform(reader).assumptions:
        assert fact.switch in Switches.model_fields
        assert fact.words
