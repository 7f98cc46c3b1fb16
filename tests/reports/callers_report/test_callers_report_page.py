"""The page and the stage: whole, safe, self-contained, and the same twice."""

import re
import zipfile
from dataclasses import dataclass, replace

import callers_tables
import pytest
from callers_calls import callers_summary
from callers_cast import HOSTILE, SECRET_CUSTOMER, SECRET_PHONE
from callers_project import (
    open_callers,
    store_all,
    store_calls,
    store_frame,
    store_summary,
)
from callers_segments import segment_summary

from ccml.reports import blocks
from ccml.reports.callers_report import evidence, membership, picture, segments
from ccml.reports.callers_report.build import BOOK, PAGE, build_callers_report
from ccml.reports.callers_report.gather import FOLDERS, FRAMES, CallersData
from ccml.reports.callers_report.page import SECTIONS, render_callers
from ccml.reports.callers_report.workbook import write_callers_workbook

JARGON = (
    "posterior",
    "calibrat",
    "Jaccard",
    "Lorenz",
    "Gini",
    "dispersion",
    "negative bin",
)
SECRETS = (SECRET_CUSTOMER, SECRET_PHONE, "c0007", "call00012", "w003")


def words(html: str) -> str:
    body = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body)


def test_the_answer_comes_first_and_the_method_last(callers_html):
    ids = re.findall(r'<section id="([a-z]+)"', callers_html)
    assert ids[0] == "answer"
    assert ids[1] == "picture"
    assert ids[-1] == "method"
    assert len(ids) == len(SECTIONS) + 1
    assert callers_html.index("made 53.0") < callers_html.index("<svg")


def test_every_figure_has_a_sentence_and_its_table_behind_a_click(callers_html):
    figures = re.findall(r"<figure.*?</figure>", callers_html, flags=re.DOTALL)
    assert len(figures) >= 9
    for figure in figures:
        title = re.search(r"<figcaption>(.*?)</figcaption>", figure, flags=re.DOTALL)
        assert title is not None
        assert len(title[1].split()) >= 6
        assert "<details><summary>The numbers</summary>" in figure
        assert 'role="img"' in figure


def test_no_network_is_needed(callers_html):
    assert "default-src 'none'" in callers_html
    assert not re.search(r'(?:src|href)="(?!#)', callers_html)
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", callers_html)
    assert len(callers_html.encode()) < 5_000_000


def test_hostile_names_are_escaped(callers_html):
    assert HOSTILE not in callers_html
    assert callers_html.count("<script>") == 1
    assert "&lt;script&gt;alert" in callers_html


def test_no_customer_number_or_call_is_named(callers_html, callers_page):
    texts = [callers_html]
    with zipfile.ZipFile(callers_page.with_name(BOOK)) as parts:
        texts += [parts.read(name).decode() for name in parts.namelist()]
    assert not [secret for secret in SECRETS for text in texts if secret in text]


def test_plain_words_only(callers_html):
    told = words(callers_html)
    assert not [word for word in JARGON if word.lower() in told.lower()]
    assert "nan" not in told.split()
    assert "None" not in told


def test_ids_on_the_page_are_unique(callers_html):
    ids = re.findall(r' id="([^"]+)"', callers_html)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'href="#([^"]+)"', callers_html)
    assert set(targets) <= set(ids)


def test_at_most_five_colours_and_grey(callers_html):
    used = set(re.findall(r'(?:fill|stroke)="var\((--fig-[a-z]+)\)"', callers_html))
    grey = {"--fig-ink", "--fig-quiet", "--fig-grid", "--fig-context", "--fig-paper"}
    assert len(used - grey) <= 5
    assert not re.search(r'(?:fill|stroke)="#[0-9a-f]{6}"', callers_html)


def test_an_empty_workspace_says_what_to_do(no_data, tmp_path):
    html = render_callers(no_data)
    assert "There are no calls yet" in html
    assert html.count('class="missing"') >= 8
    assert "<code>ccml run segment configs/demo.yaml</code>" in html
    assert "<figure" not in html
    write_callers_workbook(tmp_path / "book.xlsx", no_data)


def test_the_stage_runs_before_anything_is_stored(tmp_path):
    page = build_callers_report(open_callers(tmp_path))
    assert page.name == PAGE
    assert page.with_name(BOOK).is_file()


@dataclass(frozen=True)
class Undrawn:
    """A picture that takes no time."""

    title: str = "A picture"

    def properties(self, **_: object) -> "Undrawn":
        return self


CHARTS = {
    evidence: ("call_counts", "fit_bars", "thresholds"),
    membership: ("staying",),
    picture: ("follow_on", "lorenz", "repeat_trend", "trigger_map"),
    segments: ("segment_map",),
}


@pytest.fixture
def undrawn(monkeypatch):
    """Leave pictures out, which take most of the time."""
    for module, names in CHARTS.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *_: Undrawn())
    for module in (blocks, segments):
        monkeypatch.setattr(module, "inline_svg", lambda *_: "<svg></svg>")


GATHERED = {
    "early_warnings": "warned",
    "anomalies": "unusual",
    "repeat_callers": "work",
}


def without(data: CallersData, name: str) -> CallersData:
    """Give the data as if a table or folder had not been stored."""
    return replace(
        data,
        stored=data.stored - {name},
        frames={key: rows for key, rows in data.frames.items() if key != name},
        summaries={key: one for key, one in data.summaries.items() if key != name},
        **({GATHERED[name]: None} if name in GATHERED else {}),
    )


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("gone", [*FRAMES, *FOLDERS, *GATHERED])
def test_each_table_may_be_missing(callers_data, gone):
    html = render_callers(without(callers_data, gone))
    assert "</html>" in html
    assert not {"NaT", "nan", "None"} & set(words(html).split())


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", FRAMES)
def test_each_table_may_be_empty(callers_data, name, tmp_path):
    rows = callers_data.frame(name).iloc[:0]
    data = replace(callers_data, frames={**callers_data.frames, name: rows})
    assert "</html>" in render_callers(data)
    write_callers_workbook(tmp_path / "book.xlsx", data)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", FOLDERS)
def test_each_summary_may_be_bare(callers_data, name):
    summaries = {**callers_data.summaries, name: {}}
    html = render_callers(replace(callers_data, summaries=summaries))
    assert "</html>" in html


def test_the_stage_runs_on_tables_without_rows(tmp_path, callers_project):
    project = open_callers(tmp_path)
    others = ("repeat_trend", "kpis", "calls", "identity_map")
    for name in (*callers_tables.FRAMES, *others):
        frame = callers_project.store.frame(name).iloc[:0]
        store_frame(project, name, frame, list(frame.columns[:1]))
    for name in FOLDERS:
        store_summary(project, name, {})
    html = build_callers_report(project).read_text(encoding="utf-8")
    assert html.count('class="missing"') >= 8
    assert "the config names no actions" in html


@pytest.mark.usefixtures("undrawn")
def test_the_old_summary_of_segments_alone_is_enough(callers_data):
    callers = callers_summary()
    whole = segment_summary() | {
        key: callers[key] for key in ("repeat_callers", "concentration")
    }
    html = render_callers(replace(callers_data, summaries={"segment_summary": whole}))
    assert "made 53.0" in html
    assert "780" in html


def test_the_same_inputs_give_the_same_bytes(tmp_path, callers_page):
    project = open_callers(tmp_path)
    store_all(project)
    page = build_callers_report(project)
    assert page.read_bytes() == callers_page.read_bytes()
    assert (
        page.with_name(BOOK).read_bytes() == callers_page.with_name(BOOK).read_bytes()
    )


def test_a_second_run_is_skipped_and_mends_a_lost_copy(tmp_path):
    project = open_callers(tmp_path)
    store_calls(project)
    page = build_callers_report(project)
    before = page.stat().st_mtime_ns
    assert build_callers_report(project).stat().st_mtime_ns == before
    page.unlink()
    assert build_callers_report(project).is_file()
