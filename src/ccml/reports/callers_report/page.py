"""From gathered data to one HTML page that needs nothing else."""

from collections.abc import Callable

from ccml.reports.blocks import Section
from ccml.reports.callers_report.actions import actions_section
from ccml.reports.callers_report.early import early_section
from ccml.reports.callers_report.evidence import evidence_section
from ccml.reports.callers_report.gather import CallersData
from ccml.reports.callers_report.headline import headline, month_name
from ccml.reports.callers_report.membership import membership_section
from ccml.reports.callers_report.method import method_section
from ccml.reports.callers_report.movement import movement_section
from ccml.reports.callers_report.picture import picture_section
from ccml.reports.callers_report.segments import segments_section
from ccml.reports.callers_report.unusual import unusual_section
from ccml.reports.callers_report.windows import last_day
from ccml.reports.numbers import day
from ccml.reports.page import environment, inlined

SECTIONS: tuple[Callable[[CallersData], Section], ...] = (
    picture_section,
    segments_section,
    movement_section,
    membership_section,
    early_section,
    unusual_section,
    actions_section,
    evidence_section,
    method_section,
)


def render_callers(data: CallersData) -> str:
    """Write the report's HTML."""
    return (
        environment()
        .get_template("callers_report.html")
        .render(
            title=data.title,
            until=_until(data),
            month=f", {month_name(data.months[-1])}" if data.months else "",
            headline=headline(data),
            sections=[section(data) for section in SECTIONS],
            style=inlined("style.css") + inlined("callers_report.css"),
            script=inlined("sort.js"),
        )
    )


def _until(data: CallersData) -> str:
    if data.until is None:
        return "There are no calls yet"
    return (
        f"Data to {day(last_day(data.until))}; the last {data.repeat_days} days are not "
        "yet final"
    )
