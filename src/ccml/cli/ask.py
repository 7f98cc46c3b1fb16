"""Verbs that ask: `show` and `explain`."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

from ccml.cli.options import Config, Json, Set, emit_json

What = Literal[
    "tables", "kpis", "alerts", "agents", "call-types", "segments", "metrics", "features",
    "labels", "scores", "lists", "exclusions", "sources", "matches", "contracts",
    "contacts", "duplicates", "audit", "effects", "strategies", "champions", "what-if",
]  # fmt: skip
MOST_COLUMNS = 9
DEFAULT_CUT = 30.0
"""Percent of the repeat calls that `what-if` cuts when nothing else is said."""


def add_to(app: typer.Typer) -> None:
    """Register the verbs of this file."""
    app.command("show")(show)
    app.command("explain")(explain)


def show(
    what: Annotated[What, typer.Argument(help="What to show.")],
    config: Config,
    set_: Set = None,
    only: Annotated[
        str | None,
        typer.Option("--only", help="This predictor, list, spine or figure."),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Rows at the most.", min=1)] = 20,
    *,
    segment: Annotated[
        str | None,
        typer.Option("--segment", help="what-if: repeat calls of this segment, by id."),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="what-if: repeats of calls about this reason."),
    ] = None,
    queue: Annotated[
        str | None,
        typer.Option("--queue", help="what-if: repeats of calls in this queue."),
    ] = None,
    cut: Annotated[
        float | None,
        typer.Option("--cut", help="what-if: percent of them that do not come [30]."),
    ] = None,
    json: Json = False,
) -> None:
    """Show what a run has stored, or what would be without part of the repeat calls."""
    from ccml.cli.shown import shown
    from ccml.cli.what_if import WHAT_IF, refuse_elsewhere, what_if_shown
    from ccml.project import Project

    refuse_elsewhere(what, segment=segment, reason=reason, queue=queue, cut=cut)
    project = Project.open(config, set_ or [])
    if what == WHAT_IF:
        percent = DEFAULT_CUT if cut is None else cut
        frames = what_if_shown(project, segment, reason, queue, percent, rows)
    else:
        frames = shown(project, what, only, rows)
    if json:
        emit_json({name: _records(frame) for name, frame in frames.items()})
        return
    for name, frame in frames.items():
        _print_table(name, frame)


def explain(
    config: Config,
    customer: Annotated[str, typer.Option("--customer", help="Customer id.")],
    predictor: Annotated[
        str | None, typer.Option("--predictor", help="One predictor; default: all.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", help="Latest cutoff at or before this UTC moment."),
    ] = None,
    set_: Set = None,
    *,
    json: Json = False,
) -> None:
    """Explain one customer's scores: events used, features, sums, reasons."""
    from ccml.project import Project
    from ccml.scores.explain import explain_customer

    project = Project.open(config, set_ or [])
    told = explain_customer(project, customer, predictor, as_of)
    if json:
        emit_json(told)
        return
    for name, one in told["predictors"].items():
        _print_explanation(name, one, project.zone)


def _print_explanation(name: str, told: dict[str, Any], zone: ZoneInfo) -> None:
    from ccml.cli.console import stdout

    local = datetime.fromisoformat(told["cutoff_at"]).astimezone(zone)
    stdout.print(f"[bold]{name}[/bold] at {local:%Y-%m-%d %H:%M} ({zone})")
    stdout.print(
        f"  probability {told['probability']:.3f}, raw score {told['raw_score']:+.4f} = "
        f"sum of contributions {told['contribution_sum']:+.4f}; model {told['version']}"
    )
    for table, count in told["events"].items():
        stdout.print(f"  {count:>6,} {table} were known", markup=False)
    for reason in told["reasons"]:
        stdout.print(f"  {reason['direction']:<5} {reason['sentence']}", markup=False)


def _records(frame: Any) -> list[dict[str, Any]]:
    """Lay a table out as plain rows; JSON knows null, but no NaN."""
    plain = frame.astype(object).where(frame.notna(), None)
    records: list[dict[str, Any]] = plain.to_dict("records")
    return records


def _print_table(name: str, frame: Any) -> None:
    from rich.table import Table

    from ccml.cli.console import stdout

    table = Table(title=name, title_justify="left")
    columns = list(frame.columns)[:MOST_COLUMNS]
    for column in columns:
        is_number = frame[column].dtype.kind in "iuf"
        table.add_column(
            str(column), justify="right" if is_number else "left", overflow="fold"
        )
    for row in frame[columns].itertuples(index=False):
        table.add_row(*[_cell(value) for value in row])
    stdout.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:,.4g}"  # noqa: PLR0124 - NaN
    return "" if value is None else str(value)
