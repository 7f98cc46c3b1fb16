"""From gathered data to one HTML page that needs nothing else."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from ccml.reports.blocks import Section
from ccml.reports.callers import callers_section
from ccml.reports.effects import effects_section
from ccml.reports.lists import lists_section
from ccml.reports.method import method_section
from ccml.reports.operation import operation_section
from ccml.reports.predictor import predictors_section
from ccml.reports.quality import quality_section
from ccml.reports.stored import ReportData
from ccml.reports.summary import summarise

TEMPLATES = Path(__file__).parent / "templates"


def render_page(data: ReportData) -> str:
    """Write the report's HTML."""
    sections = build_sections(data)
    title = data.config.title or data.config.project.replace("_", " ").capitalize()
    return (
        environment()
        .get_template("page.html")
        .render(
            title=title,
            summary=summarise(data),
            sections=sections,
            style=inlined("style.css"),
            script=inlined("sort.js"),
        )
    )


def build_sections(data: ReportData) -> list[Section]:
    """Build all sections in the order of the page."""
    sections = [
        operation_section(data),
        callers_section(data),
        predictors_section(data),
        lists_section(data),
        quality_section(data),
        method_section(data),
    ]
    if data.config.campaigns:
        sections.insert(4, effects_section(data))
    return sections


def environment() -> jinja2.Environment:
    """Set up templates in which every text is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["commands"] = _commands
    return made


def _commands(text: str) -> Markup:
    """Set what stands between backticks as commands, everything escaped."""
    pieces = text.split("`")
    # Every second piece stands between two backticks.
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if place % 2 else piece
        for place, piece in enumerate(pieces)
    )


def inlined(name: str) -> Markup:
    """Read a file of the templates that is put into the page as it is."""
    # Our own files, not input.
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704
