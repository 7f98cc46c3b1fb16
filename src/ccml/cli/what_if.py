"""The tables of `ccml show what-if`."""

from ccml.cli.shown import Shown
from ccml.errors import ConfigError
from ccml.project import Project

WHAT_IF = "what-if"


def refuse_elsewhere(what: str, **options: object) -> None:
    """Refuse options that only `what-if` has.

    Raises:
        ConfigError: One is given.
    """
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given and what != WHAT_IF:
        raise ConfigError(
            f"{', '.join(given)}: only `ccml show what-if` has this; take it out of "
            f"`ccml show {what}`."
        )


def what_if_shown(
    project: Project,
    segment: str | None,
    reason: str | None,
    queue: str | None,
    percent: float,
    rows: int,
) -> Shown:
    """Collect what changes, the hours of the week, and what it rests on."""
    import pandas as pd

    from ccml.segments.strategies.what_if import Cut, what_if

    found = what_if(project, Cut(percent, segment, reason, queue))
    notes = pd.DataFrame({"what it rests on": list(found.assumptions)})
    return {
        found.title: found.figures,
        "by hour of the week": found.hours.head(rows),
        "assumptions": notes,
    }
