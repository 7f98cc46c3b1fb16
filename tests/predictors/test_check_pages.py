"""Every check has a page: what it means, what to do, where its limit comes from."""

import re
from pathlib import Path

import pytest

from ccml.predictors.checks import CHECKS

PAGES = Path(__file__).parents[2] / "docs" / "checks"
PARTS = ("What it means", "Why it matters", "What to do", "The limit")
OF_SURVIVAL = ("survival_no_better", "survival_not_judged")
NAMES = sorted({*CHECKS, "unstable_reasons", *OF_SURVIVAL})


@pytest.mark.parametrize("name", NAMES)
def test_every_check_has_a_page_with_all_parts(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text()
    assert text.startswith(f"# {name}: ")
    found = re.findall(r"^## (.+)\n(.+)", text, flags=re.MULTILINE)
    assert tuple(part for part, _ in found) == PARTS
    assert "Severity: " in text


def test_every_page_is_of_a_check_and_stands_in_the_index() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert pages == set(NAMES)
    index = (PAGES / "README.md").read_text()
    assert set(re.findall(r"^\| \[(\w+)\]\(\1\.md\)", index, re.MULTILINE)) == pages


def test_links_of_the_pages_lead_somewhere() -> None:
    for page in PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            assert (PAGES / target).resolve().is_file(), (page.name, target)
