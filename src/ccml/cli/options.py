"""Options and outputs that the verbs share."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

Config = Annotated[Path, typer.Argument(help="The project's config file.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a key of the config: key.sub=value."),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, nothing else.")
]


def emit_json(result: Any) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(result, indent=2, default=str, allow_nan=False))
