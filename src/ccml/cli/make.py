"""Verbs that make something: `init`, `demo`, `check`, `config`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ccml.cli.options import Config, Json, Set, emit_json


def add_to(app: typer.Typer) -> None:
    """Register the verbs of this file."""
    app.command("init")(init)
    app.command("check")(check)
    app.command("demo")(demo)
    app.command("schema")(schema)


def init(config: Config, set_: Set = None, *, json: Json = False) -> None:
    """Make a workspace, its pseudonym key and its model store."""
    from ccml.cli.console import say
    from ccml.identity.keys import ensure_key
    from ccml.project import Project
    from ccml.tracking.store import create_local_store, local_folder, tracking_uri

    project = Project.open(config, set_ or [])
    project.workspace.mkdir(parents=True, exist_ok=True)
    if project.config.tracking.uri is None:
        create_local_store(local_folder(project))
    made = {
        "workspace": str(project.workspace),
        "key": ensure_key(project.config.identity, project.folder),
        "store": tracking_uri(project),
    }
    if json:
        emit_json(made)
        return
    say(f"The workspace {made['workspace']} is ready.")
    say(f"Pseudonym key: {made['key']}")
    say(f"Runs and models: {made['store']}")


def check(config: Config, set_: Set = None, *, json: Json = False) -> None:
    """Check config and sources: all faults at once; writes nothing."""
    from ccml.cli.console import say
    from ccml.identity.check import check_sources, raise_faults
    from ccml.project import Project

    project = Project.open(config, set_ or [])
    faults = check_sources(project)
    if json:
        emit_json({"faults": [str(fault) for fault in faults]})
    raise_faults(faults)
    if not json:
        say(f"{config}: config and sources are in order.")


def demo(
    config: Config,
    customers: Annotated[
        int, typer.Option(help="How many customers.", min=100)
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the made-up company.", min=0)] = 1,
    file_format: Annotated[
        Literal["csv", "parquet"] | None,
        typer.Option("--format", help="Default: csv, parquet above 100,000 customers."),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(help="Write the call log as this platform exports it."),
    ] = None,
    crm: Annotated[
        str | None,
        typer.Option(help="Write customers and tickets as this CRM exports them."),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Make up a company's exports, with the truth kept apart in a truth folder."""
    from dataclasses import asdict

    from ccml.cli.console import counted, say
    from ccml.config.load import project_folder
    from ccml.demo.company import write_company
    from ccml.project import Project

    project = Project.open(config)
    folder = project_folder(config) / "data" / "raw" / project.config.project
    with counted("making up customers", "customers") as counter:
        summary = write_company(
            folder,
            customers,
            seed,
            file_format=file_format,
            platform=platform,
            crm=crm,
            progress=counter,
        )
    if json:
        emit_json(asdict(summary))
        return
    calls = "calls" if platform is None else f"records of {platform}"
    say(
        f"{summary.customers:,} customers and {summary.calls:,} {calls} stand in "
        f"{folder}; the truth stands apart in {folder / 'truth'}."
    )


def schema(
    file: Annotated[
        Path | None, typer.Argument(help="File to write; else stdout.")
    ] = None,
) -> None:
    """Print the JSON schema of configs, so that editors complete keys."""
    import json

    from ccml.config.project import ProjectConfig
    from ccml.engine.atomic import write_text

    text = json.dumps(ProjectConfig.model_json_schema(), indent=2) + "\n"
    if file is None:
        typer.echo(text, nl=False)
    else:
        write_text(file, text)
