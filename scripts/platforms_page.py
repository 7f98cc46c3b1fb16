"""Writes docs/platforms.md: what each platform's export gives, and what it cannot.

Run `python scripts/platforms_page.py` after changing a reader; a test compares the page.
"""

from collections.abc import Iterator
from pathlib import Path

from ccml.contracts.calls import CALLS
from ccml.sources.platforms.platform import Platform
from ccml.sources.platforms.registry import FOLDING, find_platform

PAGE = Path(__file__).parent.parent / "docs" / "platforms.md"
MADE_BY_CCML = {
    "call_id",
    "source_platform",
    "source_file",
    "source_rows",
    "phone_status",
    "known_at",
    "handle_src",
    "short_abandon_src",
    "parse_flags",
}
"""Columns that ccml adds itself, for every platform."""
RAW = {
    "phone_key": "customer_phone",
    "dialed_key": "dialed_number",
    "click_key": "click_id",
}
"""Stored pseudonym: the export's column that it stands for."""
INTRO = """# What each platform gives

One table of calls for all platforms; this page says which of its columns each export can
fill. A column that an export does not report is null in `calls`, never 0, and the
figures that need it say so. The page is made from the readers themselves
(`python scripts/platforms_page.py`), and every tick is compared with known truth in
`tests/platforms`.

Write `reader: NAME` under `sources.calls`; `configs/platforms/NAME.yaml` is a whole
example. Where a header is named otherwise in your export, `header: {known column: your
column}` says so. What nobody confirms about an export is a switch with a default, and
each run says which defaults it used.
"""


def page() -> str:
    """Write the whole page."""
    platforms = {name: find_platform(name) for name in sorted(FOLDING)}
    parts = [INTRO, *_table(platforms), *_gaps(platforms), *_assumptions(platforms)]
    return "\n".join(parts).rstrip() + "\n"


def columns() -> list[str]:
    """List the columns of calls that an export may give."""
    return [name for name in CALLS.names if name not in MADE_BY_CCML]


def _gives(platform: Platform, column: str) -> bool:
    return column in platform.gives or RAW.get(column) in platform.gives


def _table(platforms: dict[str, Platform]) -> Iterator[str]:
    yield "## Columns\n"
    yield "| column | " + " | ".join(platforms) + " |"
    yield "|---|" + "---|" * len(platforms)
    for column in columns():
        marks = ["yes" if _gives(p, column) else "" for p in platforms.values()]
        if any(marks):
            yield f"| `{column}` | " + " | ".join(marks) + " |"
    yield ""


def _gaps(platforms: dict[str, Platform]) -> Iterator[str]:
    yield "## Gaps, and why\n"
    for name, platform in platforms.items():
        yield f"### {name}\n"
        for column, reason in sorted(platform.gaps.items()):
            yield f"- `{column}`: {reason}"
        if not platform.gaps:
            yield "- none known"
        yield ""


def _assumptions(platforms: dict[str, Platform]) -> Iterator[str]:
    yield "## Not confirmed by any source\n"
    yield "| reader | `sources.calls.switches` | default | what is taken for granted |"
    yield "|---|---|---|---|"
    for name, platform in platforms.items():
        for fact in platform.assumptions:
            default = str(fact.default).lower()
            yield f"| {name} | `{fact.switch}` | `{default}` | {fact.words} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
