"""`ccml run`: finds a pipeline, holds the workspace, runs it, says where to look."""

import shutil
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ccml.cli.options import Config, Json, Set, emit_json
from ccml.errors import ConfigError, RefusedError

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
    """Run a pipeline: prepare, audit, segment, train, score, target, report or cycle."""
    from ccml.cli.console import ConsoleProgress
    from ccml.cli.pipelines import load_pipeline
    from ccml.cli.summary import print_summary
    from ccml.engine.atomic import remove_leftovers
    from ccml.engine.lock import run_lock
    from ccml.project import Project

    until = [f"data_until={instant(cutoff)}"] if cutoff else []
    overrides = [*(set_ or []), *until]
    project = Project.open(
        config, overrides, ConsoleProgress(), force=force, only=tuple(only or ())
    )
    work = load_pipeline(project, pipeline)
    if dry_run:
        _tell_plan(project, pipeline, as_json=json)
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
    if result.get("refused"):
        raise RefusedError(str(result["refused"]))


def instant(text: str) -> str:
    """Check that an option is an instant; return it in ISO form.

    Raises:
        ConfigError: It is none, or has no zone.
    """
    form = "write it with its zone, as in 2026-07-01T00:00:00+02:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--cutoff: {text!r} is no instant; {form}.") from error
    if moment.tzinfo is None:
        raise ConfigError(f"--cutoff: {text!r} has no zone; {form}.")
    return moment.isoformat()


def _tell_plan(project: "Project", pipeline: str, *, as_json: bool) -> None:
    from ccml.cli.console import say

    reads = _sources(project)
    if as_json:
        plan = {"pipeline": pipeline, "reads": reads, "writes": project.workspace}
        emit_json(plan)
        return
    say(f"Pipeline {pipeline} of project {project.config.project} would use")
    for name, path in reads.items():
        say(f"  read  {name}: {path}")
    say(f"  write {project.workspace}")


def _sources(project: "Project") -> dict[str, str]:
    """Name the path, or the table of a database, of every source of the config."""
    sources = project.config.sources
    named = {
        "calls": sources.calls,
        "customers": sources.customers,
        "customer_phones": sources.customer_phones,
        **sources.events,
        **sources.flat,
    }
    return {
        name: source.database.label
        if source.database
        else str(project.path(source.path))
        for name, source in named.items()
        if source is not None
    }
