"""`ccml run`: finds a pipeline, holds the workspace, runs it, says where to look."""

import shutil
from typing import TYPE_CHECKING, Annotated

import typer

from ccml.cli.options import Config, Json, Set, emit_json

if TYPE_CHECKING:
    from ccml.project import Project


def add_to(app: typer.Typer) -> None:
    """Register the verbs of this file."""
    app.command("run")(run)


def run(
    pipeline: Annotated[str, typer.Argument(help="Name of a file in pipelines/.")],
    config: Config,
    set_: Set = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only this predictor or list; may be repeated."),
    ] = None,
    cutoff: Annotated[
        str | None,
        typer.Option("--cutoff", help="Run as if the data ended at this instant."),
    ] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Run every stage, also unchanged ones.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would run; read and write nothing."),
    ] = False,
    json: Json = False,
) -> None:
    """Run a pipeline: prepare, segment, train, score, target, report or cycle."""
    from ccml.cli.console import ConsoleProgress
    from ccml.cli.pipelines import load_pipeline
    from ccml.cli.summary import print_summary
    from ccml.engine.atomic import remove_leftovers
    from ccml.engine.lock import run_lock
    from ccml.project import Project

    overrides = [*(set_ or []), *([f"data_until={cutoff}"] if cutoff else [])]
    project = Project.open(
        config, overrides, ConsoleProgress(), force=force, only=tuple(only or ())
    )
    work = load_pipeline(project, pipeline)
    if dry_run:
        _tell_plan(project, pipeline)
        return
    with run_lock(project.workspace):
        # What a killed run spilled to disk may hold raw values.
        shutil.rmtree(project.workspace / "spill", ignore_errors=True)
        remove_leftovers(project.workspace)
        result = work(project)
    if json:
        emit_json(result)
    else:
        print_summary(project, result)


def _tell_plan(project: "Project", pipeline: str) -> None:
    from ccml.cli.console import stdout

    config = project.config
    stdout.print(f"Pipeline {pipeline} of project {config.project} would use")
    sources = config.sources
    named = {
        "calls": sources.calls,
        "customers": sources.customers,
        "customer_phones": sources.customer_phones,
        **sources.events,
        **sources.flat,
    }
    for name, source in named.items():
        if source is not None:
            stdout.print(f"  read  {name}: {project.path(source.path)}", markup=False)
    stdout.print(f"  write {project.workspace}", markup=False)
