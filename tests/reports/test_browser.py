"""The page in a real browser: nothing fails, everything is seen."""

import pytest
from browser import NEEDS_CHROMIUM, probed

pytestmark = NEEDS_CHROMIUM
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


@pytest.mark.parametrize("width", [1280, 500])
def test_the_page_is_whole_in_a_browser(html, tmp_path, width):
    found = probed(html, PROBE, tmp_path, width)
    heights = found["seen"]
    assert len(heights) > 20
    assert min(height for _, height in heights) > 20
    assert not found["wide"]
    assert found["sort"] == "ascending"
