"""Texts reach 4.5:1 and marks 3:1 against their background, in light and dark."""

import re

import pytest

from ccml.reports.page import TEMPLATES
from ccml.reports.theme import VARIABLES

TEXTS = (
    "--ink",
    "--quiet",
    "--link",
    "--good",
    "--watch",
    "--bad",
    "--fig-ink",
    "--fig-quiet",
)
MARKS = (
    "--fig-blue",
    "--fig-vermilion",
    "--fig-green",
    "--fig-purple",
    "--fig-sky",
    "--fig-context",
)


def themes() -> dict[str, dict[str, str]]:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    light, dark, paper = re.split(r"@media \(prefers-color-scheme|@media print", style)
    pairs = r"(--[\w-]+):\s*(#[0-9a-f]{6})"
    return {
        "light": dict(re.findall(pairs, light)),
        "dark": dict(re.findall(pairs, dark)),
        "print": dict(re.findall(pairs, paper)),
    }


def brightness(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_can_be_read(theme, name):
    colours = themes()[theme]
    for ground in ("--paper", "--raised"):
        assert contrast(colours[name], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_the_warning_can_be_read(theme):
    colours = themes()[theme]
    assert contrast(colours["--bad"], colours["--bad-paper"]) >= 4.5
    assert contrast(colours["--ink"], colours["--bad-paper"]) >= 4.5
    assert contrast(colours["--ink"], colours["--note-paper"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize("name", MARKS)
def test_marks_can_be_seen(theme, name):
    colours = themes()[theme]
    assert contrast(colours[name], colours["--paper"]) >= 3


def test_charts_use_no_colour_that_the_page_does_not_know():
    assert set(VARIABLES.values()) <= set(themes()["light"])
