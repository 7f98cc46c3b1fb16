"""Pages in a real browser, without a network."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


def run_chromium(folder: Path, *words: str) -> tuple[str, str]:
    """Run the browser once; its profile stands in a folder of the test."""
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [str(CHROMIUM), *QUIET, profile, *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, done.stderr


def probed(html: str, probe: str, folder: Path, width: int, *more: str) -> Any:
    """Open a page with a probe at its end, which leaves what it found in the title."""
    page = folder / "page.html"
    page.write_text(html.replace("</body>", probe + "</body>"), encoding="utf-8")
    dom, log = run_chromium(
        folder,
        *more,
        "--enable-logging=stderr",
        f"--window-size={width},900",
        "--virtual-time-budget=2000",
        "--dump-dom",
        page.as_uri(),
    )
    assert not [line for line in log.splitlines() if "CONSOLE" in line]
    title = re.search(r"<title>(.*?)</title>", dom, flags=re.DOTALL)
    assert title
    return json.loads(title[1])
