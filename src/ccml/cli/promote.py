"""Verbs that change the champion: `promote` and `rollback`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ccml.cli.options import Config, Json, Set, emit_json

if TYPE_CHECKING:
    from ccml.project import Project
    from ccml.tracking.champions import Change

Only = Annotated[str, typer.Option("--only", help="The predictor.")]
Why = Annotated[str, typer.Option("--why", help="Reason, kept in the history.")]


def add_to(app: typer.Typer) -> None:
    """Register the verbs of this file."""
    app.command("promote")(promote)
    app.command("rollback")(rollback)


def promote(
    config: Config,
    only: Only,
    set_: Set = None,
    version: Annotated[
        str | None, typer.Option("--version", help="Version; default: the newest.")
    ] = None,
    why: Why = "",
    *,
    allow_dirty: Annotated[
        bool,
        typer.Option(
            "--allow-dirty", help="Also if trained from uncommitted changes; recorded."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make a version champion by hand; doubts are overruled, faults are not."""
    from ccml.engine.lock import run_lock
    from ccml.tracking.champions import promote as promoted

    project = _project(config, set_, only)
    with run_lock(project.workspace):
        change = promoted(
            project,
            only,
            version,
            at=datetime.now(UTC),
            why=why,
            allow_dirty=allow_dirty,
        )
    _tell(only, change, as_json=json)


def rollback(
    config: Config, only: Only, set_: Set = None, why: Why = "", *, json: Json = False
) -> None:
    """Bring the champion before the present one back; the present one is barred."""
    from ccml.engine.lock import run_lock
    from ccml.tracking.champions import rollback as rolled_back

    project = _project(config, set_, only)
    with run_lock(project.workspace):
        change = rolled_back(project, only, at=datetime.now(UTC), why=why)
    _tell(only, change, as_json=json)


def _project(config: "Config", overrides: "Set", only: str) -> "Project":
    from ccml.errors import unknown_name
    from ccml.project import Project

    project = Project.open(config, overrides or [])
    if only not in project.config.predictors:
        raise unknown_name("predictor", only, project.config.predictors, "--only")
    return project


def _tell(name: str, change: "Change", *, as_json: bool) -> None:
    from dataclasses import asdict

    from ccml.cli.console import say

    if as_json:
        emit_json({"predictor": name, **asdict(change)})
        return
    before = f", in place of version {change.former}" if change.former else ""
    say(f"{name}: version {change.version} is the champion now{before}. {change.why}")
    say("The next `ccml run score` uses it.")
