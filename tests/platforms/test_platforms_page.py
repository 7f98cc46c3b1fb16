"""The page of platforms says what the readers say, and leaves no column open."""

import importlib.util
from pathlib import Path

import pytest

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
def test_every_column_is_given_or_a_gap_with_a_reason(writer, reader):
    platform = find_platform(reader)
    columns = {writer.RAW.get(name, name) for name in writer.columns()}
    told = set(platform.gives) | set(platform.gaps)
    assert not columns - told
    assert all(len(reason.split()) > 2 for reason in platform.gaps.values())


@pytest.mark.parametrize("reader", FOLDING)
def test_every_assumption_is_a_switch(reader):
    from ccml.config.switches import Switches

    for fact in find_platform(reader).assumptions:
        assert fact.switch in Switches.model_fields
        assert fact.words
