import re

from report_inputs import open_project, store_everything, store_operation
from report_tables import HOSTILE

from ccml.reports.build import build_report
from ccml.reports.page import TEMPLATES

SECTIONS = (
    "summary",
    "operation",
    "callers",
    "predictors",
    "lists",
    "quality",
    "method",
)


def test_all_sections_are_there_and_in_the_contents(html):
    for name in SECTIONS:
        assert f'<section id="{name}"' in html
        assert f'<a href="#{name}">' in html
    assert "Needed for this section" not in html


def test_the_page_asks_nothing_of_the_network(html):
    assert not re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!#)[^"']*""", html)
    assert not re.findall(r"https?://", html)
    assert not re.findall(r"@import|url\((?!#)", html)
    assert "<script src" not in html


def test_the_page_has_no_inline_event_handlers(html):
    assert not re.findall(r"<[^>]+\son\w+\s*=", html)


def test_the_page_is_small(report_file):
    assert report_file.stat().st_size < 5_000_000


def test_every_figure_has_a_sentence_and_a_table(html):
    figures = re.findall(r"<figure .*?</figure>", html, flags=re.DOTALL)
    assert len(figures) > 12
    for figure in figures:
        assert re.search(r"<figcaption>\S.{10,}</figcaption>", figure)
        assert "<details>" in figure
        assert "<td" in figure


def test_ids_are_unique(html):
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([^)]+)\)", html)) | set(
        re.findall(r'href="#([^"]+)"', html)
    )
    assert used <= set(ids)


def test_hostile_texts_are_text(html):
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in html


def test_no_customer_is_in_the_page(html):
    assert not re.findall(r"\b[cx]\d{4,5}\b", html)


def test_notes_of_the_config_are_shown(html):
    assert "What a reader must know of these data" in html
    assert "These data are made up." in html


def test_the_same_inputs_give_the_same_bytes(tmp_path, trained, html):
    again = open_project(tmp_path)
    store_everything(again, trained)
    assert build_report(again).read_text(encoding="utf-8") == html


def test_an_unchanged_report_is_not_made_again(full_project, report_file, monkeypatch):
    before = report_file.stat().st_mtime_ns
    monkeypatch.setattr("ccml.reports.build.render_page", None)
    assert build_report(full_project) == report_file
    assert report_file.stat().st_mtime_ns == before


def test_a_copy_that_somebody_changed_is_put_right(full_project, report_file, html):
    report_file.write_text("spoiled", encoding="utf-8")
    build_report(full_project)
    assert report_file.read_text(encoding="utf-8") == html


def test_a_project_with_calls_only_gets_a_report(tmp_path):
    project = open_project(tmp_path, predictors={}, lists={}, segments=None)
    store_operation(project)
    page = build_report(project).read_text(encoding="utf-8")
    assert page.count("Needed for this section") == 3
    assert '<figure id="repeat-trend"' in page


def test_colours_are_variables_in_every_theme():
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    light, dark, paper = (
        set(re.findall(r"(--fig-\w+):", part))
        for part in re.split(r"@media \((?:prefers-color-scheme)|@media print", style)
    )
    assert light == dark == paper
