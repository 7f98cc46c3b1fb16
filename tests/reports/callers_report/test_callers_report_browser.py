"""The page in a real browser: nothing fails, all is seen, letters can be read."""

import re

import pytest
from browser import NEEDS_CHROMIUM, probed, run_chromium

pytestmark = NEEDS_CHROMIUM
PROBE = """
<script>
if (window.WIDTH) {
  document.body.style.margin = 0;
  document.body.style.width = window.WIDTH + "px";
}
document.querySelectorAll("details").forEach((part) => { part.open = true; });
const width = window.WIDTH || innerWidth;
const inside = (part) => part.closest(".scroll, .slide, .hidden, .skip");
const over = [...document.body.querySelectorAll("*")].filter(
  (part) => !inside(part) && !part.closest("svg")
    && part.getBoundingClientRect().right > width + 1);
const seen = [...document.querySelectorAll("section, figure svg")].map(
  (part) => part.getBoundingClientRect().height);
const small = [...document.querySelectorAll("p, li, td, dd, figcaption")].filter(
  (part) => part.textContent.trim() && parseFloat(getComputedStyle(part).fontSize) < 13);
const light = (text) => {
  const [r, g, b] = text.match(/[0-9.]+/g).map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (part) => {
  for (let at = part; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
const pale = [...document.querySelectorAll("p, li, h3, h4, td, dd, dt, summary, caption")]
  .filter((part) => part.textContent.trim()).filter((part) => {
    const ink = light(getComputedStyle(part).color), paper = light(ground(part));
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) < 4.5;
  });
document.title = JSON.stringify({
  over: over.map((part) => part.tagName + "." + part.className).slice(0, 5),
  seen, dark: matchMedia("(prefers-color-scheme: dark)").matches,
  small: small.length, pale: pale.length,
  sorted: document.querySelectorAll("th button").length});
</script>
"""


@pytest.mark.parametrize(
    ("window", "width", "dark"),
    [(1280, 0, False), (500, 400, False), (1280, 0, True)],
)
def test_the_callers_page_is_whole_in_a_browser(
    callers_html, tmp_path, window, width, dark
):
    probe = PROBE.replace("window.WIDTH", str(width))
    more = ["--blink-settings=preferredColorScheme=0"] if dark else []
    found = probed(callers_html, probe, tmp_path, window, *more)
    assert found["dark"] is dark
    assert found["over"] == []
    assert len(found["seen"]) > 15
    assert min(found["seen"]) > 20
    assert found["small"] == 0
    assert found["pale"] == 0
    assert found["sorted"] > 20


def test_the_callers_page_prints(callers_page, tmp_path):
    file = tmp_path / "callers.pdf"
    to = f"--print-to-pdf={file}"
    run_chromium(tmp_path, "--no-pdf-header-footer", to, callers_page.as_uri())
    pages = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", file.read_bytes())
    assert 3 <= len(pages) <= 20
    assert {(round(float(w)), round(float(h))) for w, h in pages} == {(595, 842)}
