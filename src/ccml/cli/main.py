"""The `ccml` command: one file per group of verbs, errors as one sentence."""

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from ccml import __version__
from ccml.cli import ask, make, promote, run
from ccml.cli.console import stderr
from ccml.errors import CcmlError

TRACEBACK = "CCML_TRACEBACK"

app = typer.Typer(
    name="ccml",
    help="Finds the customers who call again and again, predicts who leaves, buys or "
    "calls, and makes lists that can be acted on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
make.add_to(app)
run.add_to(app)
promote.add_to(app)
ask.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Version."),
    ] = False,
) -> None:
    """Hold the options before a verb."""


def main() -> None:
    """Run the command; a user's error ends in one sentence and its exit code."""
    try:
        app()
    except CcmlError as error:
        stderr.print(f"[bold red]{error_title(error)}[/bold red]")
        stderr.print(str(error), markup=False)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        if isinstance(error, OSError) and error.filename and error.strerror:
            # A full disk or a missing right; a file's name is no customer's value.
            stderr.print("[bold red]The system said no[/bold red]")
            stderr.print(f"{error.filename}: {error.strerror}", markup=False)
            sys.exit(1)
        stderr.print("[bold red]This is a bug in ccml[/bold red]")
        stderr.print(_where(error), markup=False)
        sys.exit(1)


def _where(error: Exception) -> str:
    """Say where an unexpected error arose; its message may hold customers' values."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "ccml" in frame.filename] or frames
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}"
    return (
        f"{type(error).__name__} at {place}. Its message is not shown, since it may hold "
        f"customers' data; set {TRACEBACK}=1 to see all of it, and report it without "
        f"such data."
    )


def error_title(error: CcmlError) -> str:
    """Name the kind of an error for people."""
    titles = {2: "The config is not right", 3: "The data are not right", 4: "Refused"}
    return titles.get(error.exit_code, "Error")
