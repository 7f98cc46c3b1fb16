"""The page in a real browser: nothing fails, everything is seen."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PROBE = """
<script>
const seen = [...document.querySelectorAll("section, figure svg")].map(
  (part) => [part.id || "svg", part.getBoundingClientRect().height]);
const wide = document.documentElement.scrollWidth > innerWidth;
const sorted = document.querySelector("table[data-sortable] button");
sorted.click();
document.title = JSON.stringify({seen, wide, sort: sorted.parentNode.ariaSort});
</script>
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


def load(page: Path, profile: Path, width: int) -> tuple[str, str]:
    done = subprocess.run(
        [
            str(CHROMIUM),
            *QUIET,
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            f"--window-size={width},900",
            "--virtual-time-budget=2000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize("width", [1280, 500])
def test_the_page_is_whole_in_a_browser(html, tmp_path, width):
    page = tmp_path / "report.html"
    page.write_text(html.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    dom, log = load(page, tmp_path / "profile", width)
    assert not [line for line in log.splitlines() if "CONSOLE" in line]
    title = re.search(r"<title>(.*?)</title>", dom, flags=re.DOTALL)
    assert title
    found = json.loads(title[1])
    heights = found["seen"]
    assert len(heights) > 20
    assert min(height for _, height in heights) > 20
    assert not found["wide"]
    assert found["sort"] == "ascending"
